//! From a request to its answer.

use super::kinds::FakeKind;
use super::patch;
use super::select::Selection;
use super::store::{ObjectName, Refusal, name_of};
use super::watch::{Asked, Watch, too_new};
use super::{Seen, Shared, State, discovery};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::stream;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What a server takes of a body: etcd's limit and some room.
const BODY_MAX: usize = 3 * 1024 * 1024;

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
type Answer = Result<Response<Body>, Refusal>;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Target {
    group: String,
    version: String,
    namespace: Option<String>,
    plural: String,
    name: Option<String>,
    /// `status`, `log`, `proxy/stats/summary`; empty for the object itself.
    sub: String,
}

impl Target {
    /// Reads a path of objects; `None` for everything else.
    fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let group = match parts.next()? {
            "api" => String::new(),
            "apis" => parts.next()?.to_owned(),
            _ => return None,
        };
        let version = parts.next()?.to_owned();
        let mut rest: Vec<&str> = parts.collect();
        let mut namespace = None;
        let of_namespace = rest.get(2).is_some_and(|word| !matches!(*word, "status" | "finalize"));
        if rest.first() == Some(&"namespaces") && of_namespace {
            namespace = rest.get(1).map(|name| (*name).to_owned());
            rest.drain(..2);
        }
        let plural = (*rest.first()?).to_owned();
        let name = rest.get(1).map(|name| (*name).to_owned());
        Some(Self {
            group,
            version,
            namespace,
            plural,
            name,
            sub: rest.get(2..).unwrap_or_default().join("/"),
        })
    }

    fn space(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// `pods`, `pods/log`: as rules name it.
    fn resource(&self) -> String {
        match self.sub.split('/').next() {
            Some("") | None => self.plural.clone(),
            Some(sub) => format!("{}/{sub}", self.plural),
        }
    }
}

/// What a request says, read to its end.
struct Call {
    method: Method,
    path: String,
    query: BTreeMap<String, String>,
    content_type: String,
    authorization: String,
    accept: String,
    body: Bytes,
}

impl Call {
    async fn read(request: Request<Incoming>) -> io::Result<Self> {
        let (Parts { method, uri, headers, .. }, body) = request.into_parts();
        let body = Limited::new(body, BODY_MAX).collect().await.map_err(io::Error::other)?.to_bytes();
        let header =
            |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Ok(Self {
            path: uri.path().to_owned(),
            query: query.into_owned().collect(),
            content_type: header(header::CONTENT_TYPE),
            authorization: header(header::AUTHORIZATION),
            accept: header(header::ACCEPT),
            method,
            body,
        })
    }

    fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), "true" | "1")
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok()
    }

    /// The body as a value, from JSON or YAML.
    fn value(&self) -> Result<Value, Refusal> {
        if self.content_type.contains("protobuf") {
            return Err(Refusal::new(415, "UnsupportedMediaType", "this server takes JSON only"));
        }
        let bad =
            |error: String| Refusal::new(400, "BadRequest", format!("the body cannot be read: {error}"));
        if self.content_type.contains("yaml") {
            let text = String::from_utf8_lossy(&self.body);
            return crate::yaml::objects(&text)
                .map_err(bad)?
                .pop()
                .ok_or_else(|| bad("it is empty".to_owned()));
        }
        serde_json::from_slice(&self.body).map_err(|error| bad(error.to_string()))
    }

    fn verb(&self, target: &Target) -> &'static str {
        match (self.method.as_str(), &target.name) {
            ("GET", None) if self.is_set("watch") => "watch",
            ("GET", None) => "list",
            ("GET", Some(_)) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", None) => "deletecollection",
            _ => "delete",
        }
    }
}

/// Answers a request; an error breaks the connection.
pub(super) async fn serve(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let call = Call::read(request).await?;
    let target = Target::parse(&call.path);
    shared.note(Seen {
        verb: target
            .as_ref()
            .map_or_else(|| call.method.as_str().to_lowercase(), |target| call.verb(target).to_owned()),
        resource: target.as_ref().map(Target::resource).unwrap_or_default(),
        group: target.as_ref().map(|target| target.group.clone()).unwrap_or_default(),
        namespace: target.as_ref().and_then(|target| target.namespace.clone()),
        path: call.path.clone(),
        query: call.query.clone(),
    });
    shared.wait_while_paused().await;
    let slow = shared.state().faults.slow;
    if !slow.is_zero() {
        tokio::time::sleep(slow).await;
    }
    if shared.state().faults.hang_up {
        return Err(io::Error::other("the test hangs up"));
    }
    let answer = answer(&shared, &call, target);
    Ok(answer.unwrap_or_else(|refusal| json(refusal.code, &refusal.status())))
}

fn answer(shared: &Arc<Shared>, call: &Call, target: Option<Target>) -> Answer {
    {
        let state = shared.state();
        if let Some(code) = state.faults.failing {
            return Err(Refusal::new(
                code,
                "InternalError",
                "an error on the server has prevented the request",
            ));
        }
        let shown = call.authorization.strip_prefix("Bearer ").unwrap_or_default();
        let wrong = state.faults.token.as_ref().is_some_and(|token| token != shown);
        if wrong || state.faults.unauthorized {
            return Err(Refusal::new(401, "Unauthorized", "Unauthorized"));
        }
        if let Some((code, kind, body)) = state.raw.get(&call.path) {
            return Ok(text(*code, kind, body.clone()));
        }
    }
    match about(shared, call) {
        Some(response) => Ok(response),
        None => {
            let target = target.ok_or_else(no_such_page)?;
            objects(shared, call, &target)
        }
    }
}

fn no_such_page() -> Refusal {
    Refusal::new(404, "NotFound", "the server could not find the requested resource")
}

/// What is not about objects.
fn about(shared: &Shared, call: &Call) -> Option<Response<Body>> {
    let state = shared.state();
    let kinds = &state.store.kinds;
    let path = call.path.trim_end_matches('/');
    if let Some(rest) = path.strip_prefix("/openapi/v3") {
        let rest = rest.trim_start_matches('/');
        return Some(json(
            200,
            &if rest.is_empty() { discovery::openapi_index(kinds) } else { discovery::openapi(kinds, rest) },
        ));
    }
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let value = match *parts.as_slice() {
        ["healthz" | "livez" | "readyz"] => return Some(text(200, "text/plain", "ok".to_owned())),
        // An empty description: kubectl then checks no fields.
        ["openapi", "v2"] if call.accept.contains("protobuf") => {
            return Some(text(200, "application/octet-stream", String::new()));
        }
        ["openapi", "v2"] => json!({"swagger": "2.0", "info": {}, "paths": {}, "definitions": {}}),
        ["version"] => state.version.clone(),
        ["api"] => discovery::core_versions(&shared.address.to_string()),
        ["apis"] => discovery::groups(kinds),
        ["apis", group] => discovery::group(kinds, group)?,
        ["api", version] => discovery::resources(kinds, "", version)?,
        ["apis", group, version] => discovery::resources(kinds, group, version)?,
        ["apis", "authorization.k8s.io", _, "selfsubjectaccessreviews"] => match call.value() {
            Ok(review) => access(&state, &review),
            Err(refusal) => return Some(json(refusal.code, &refusal.status())),
        },
        ["apis", "authorization.k8s.io", _, "selfsubjectrulesreviews"] => rules(&state),
        _ => return None,
    };
    Some(json(if call.method == Method::POST { 201 } else { 200 }, &value))
}

/// SelfSubjectAccessReview (authorization.k8s.io/v1).
fn access(state: &State, review: &Value) -> Value {
    let attribute = |name: &str| review.pointer("/spec/resourceAttributes")?.get(name)?.as_str();
    let (resource, sub) =
        (attribute("resource").unwrap_or_default(), attribute("subresource").unwrap_or_default());
    let resource = if sub.is_empty() { resource.to_owned() } else { format!("{resource}/{sub}") };
    let namespace = attribute("namespace").filter(|space| !space.is_empty());
    let refused = state.faults.forbids(attribute("group").unwrap_or_default(), &resource, namespace);
    let mut review = review.clone();
    review["status"] = json!({"allowed": !refused});
    review
}

/// SelfSubjectRulesReview: every kind that is not forbidden everywhere.
fn rules(state: &State) -> Value {
    let allowed =
        state.store.kinds.iter().filter(|kind| !state.faults.forbids(&kind.group, &kind.plural, Some("")));
    let rule = |kind: &FakeKind| json!({"verbs": ["get", "list", "watch"], "apiGroups": [kind.group], "resources": [kind.plural]});
    json!({
        "kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "spec": {},
        "status": {"incomplete": false, "nonResourceRules": [], "resourceRules": allowed.map(rule).collect::<Vec<_>>()},
    })
}

fn objects(shared: &Arc<Shared>, call: &Call, target: &Target) -> Answer {
    let verb = call.verb(target);
    let mut state = shared.state();
    if state.faults.forbids(&target.group, &target.resource(), target.namespace.as_deref()) {
        return Err(forbidden(verb, target));
    }
    let kind = state.store.kind(&target.group, &target.plural).ok_or_else(no_such_page)?.clone();
    if !kind.versions.contains(&target.version) {
        return Err(no_such_page());
    }
    let one = |object: &Value| json(200, &in_version(&kind, &target.version, object));
    match (verb, target.sub.as_str()) {
        ("watch", "") => watch(shared, &state, call, target, kind),
        ("list", "") => list(&state, call, target, &kind),
        ("get", "" | "status") => Ok(one(found(&state, target, &kind)?)),
        ("get", "log") => log(&state, call, target, &kind),
        ("create", "") => {
            let made = create(&mut state, call, target, &kind, &shared.now())?;
            shared.told(&state);
            Ok(json(201, &in_version(&kind, &target.version, &made)))
        }
        ("update" | "patch", "" | "status") => {
            let changed = change(&mut state, call, target, &kind, &shared.now())?;
            shared.told(&state);
            Ok(one(&changed))
        }
        ("delete", "") => {
            let gone = delete(&mut state, call, target, &kind, &shared.now())?;
            shared.told(&state);
            Ok(json(200, &gone))
        }
        ("deletecollection", "") => {
            let selection = selection(call)?;
            let page = state.store.list(&kind, target.namespace.as_deref(), &selection, None, 0);
            for object in &page.items {
                let (space, name) = name_of(object);
                state.store.delete(&kind, &space, &name, &shared.now());
            }
            shared.told(&state);
            Ok(json(200, &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})))
        }
        _ => Err(no_such_page()),
    }
}

fn forbidden(verb: &str, target: &Target) -> Refusal {
    let scope = target
        .namespace
        .as_ref()
        .map_or("at the cluster scope".to_owned(), |space| format!("in the namespace \"{space}\""));
    let what = target.name.as_ref().map_or_else(String::new, |name| format!(" \"{name}\""));
    let group = &target.group;
    let in_group = if group.is_empty() { String::new() } else { format!(".{group}") };
    Refusal::new(
        403,
        "Forbidden",
        format!(
            "{}{in_group}{what} is forbidden: User \"fake\" cannot {verb} resource \"{}\" in API group \"{group}\" {scope}",
            target.plural,
            target.resource()
        ),
    )
}

fn selection(call: &Call) -> Result<Selection, Refusal> {
    Selection::parse(call.get("labelSelector"), call.get("fieldSelector"))
        .map_err(|error| Refusal::new(400, "BadRequest", error))
}

fn found<'a>(state: &'a State, target: &Target, kind: &FakeKind) -> Result<&'a Arc<Value>, Refusal> {
    let name = target.name.as_deref().unwrap_or_default();
    state.store.get(kind, target.space(), name).ok_or_else(|| Refusal::not_found(kind, name))
}

fn in_version(kind: &FakeKind, version: &str, object: &Value) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = kind.api_version_of(version).into();
    object
}

fn list(state: &State, call: &Call, target: &Target, kind: &FakeKind) -> Answer {
    let selection = selection(call)?;
    let mut version = state.store.version;
    let mut after = None;
    if let Some(asked) = call.number("resourceVersion").filter(|asked| *asked > version) {
        return Err(too_new(asked, version));
    }
    if !call.get("continue").is_empty() {
        let (began, name) = read_continue(call.get("continue"))?;
        if began < state.store.oldest {
            return Err(Refusal::new(
                410,
                "Expired",
                "The provided continue parameter is too old to display a consistent list result.",
            ));
        }
        // What changed meanwhile is told to whoever watches from where the list began.
        version = began;
        after = Some(name);
    }
    let limit = call.number("limit").unwrap_or(0).try_into().unwrap_or(usize::MAX);
    let page = state.store.list(kind, target.namespace.as_deref(), &selection, after, limit);
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let Some((name, left)) = page.next {
        metadata["continue"] = write_continue(version, &name).into();
        metadata["remainingItemCount"] = left.into();
    }
    let api_version = kind.api_version_of(&target.version);
    let mut body = format!(
        r#"{{"kind":"{}List","apiVersion":"{api_version}","metadata":{metadata},"items":["#,
        kind.kind
    );
    for (index, item) in page.items.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        // Items of built-in kinds do not say what they are: the list does.
        let item = match item.as_object().cloned() {
            Some(mut item) if !kind.custom => {
                item.remove("kind");
                item.remove("apiVersion");
                Value::Object(item)
            }
            _ => in_version(kind, &target.version, item),
        };
        body.push_str(&item.to_string());
    }
    body.push_str("]}");
    Ok(text(200, "application/json", body))
}

fn write_continue(version: u64, (namespace, name): &ObjectName) -> String {
    URL_SAFE_NO_PAD.encode(json!([version, namespace, name]).to_string())
}

fn read_continue(token: &str) -> Result<(u64, ObjectName), Refusal> {
    let read = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<(u64, String, String)>(&bytes).ok());
    let (version, namespace, name) =
        read.ok_or_else(|| Refusal::new(400, "BadRequest", "continue key is not valid"))?;
    Ok((version, (namespace, name)))
}

fn watch(shared: &Arc<Shared>, state: &State, call: &Call, target: &Target, kind: FakeKind) -> Answer {
    let since = call.number("resourceVersion").filter(|version| *version > 0);
    if let Some(asked) = since.filter(|asked| *asked > state.store.version) {
        return Err(too_new(asked, state.store.version));
    }
    let asked = Asked {
        version: target.version.clone(),
        namespace: target.namespace.clone(),
        selection: selection(call)?,
        since,
        bookmarks: call.is_set("allowWatchBookmarks"),
        initial: call.is_set("sendInitialEvents"),
        timeout: call.number("timeoutSeconds").map(Duration::from_secs),
    };
    Ok(streaming(Arc::clone(shared), kind, asked, state))
}

fn streaming(shared: Arc<Shared>, kind: FakeKind, asked: Asked, state: &State) -> Response<Body> {
    let watch = Watch::new(shared, kind, asked, state);
    let frames =
        stream::unfold(watch, |mut watch| async move { watch.next().await.map(|frame| (frame, watch)) });
    respond(200, "application/json", StreamBody::new(frames).boxed_unsync())
}

fn log(state: &State, call: &Call, target: &Target, kind: &FakeKind) -> Answer {
    let pod = found(state, target, kind)?;
    let name = target.name.as_deref().unwrap_or_default();
    let first = pod.pointer("/spec/containers/0/name").and_then(Value::as_str).unwrap_or_default();
    let container = if call.get("container").is_empty() { first } else { call.get("container") };
    let previous = call.is_set("previous");
    let key = (target.space().to_owned(), name.to_owned(), container.to_owned(), previous);
    let Some(whole) = state.logs.get(&key) else {
        let what = if previous { "previous terminated container" } else { "container" };
        return Err(Refusal::new(
            400,
            "BadRequest",
            format!("{what} \"{container}\" in pod \"{name}\" not found"),
        ));
    };
    let lines: Vec<&str> = whole.lines().collect();
    let tail = call.number("tailLines").and_then(|lines| usize::try_from(lines).ok()).unwrap_or(lines.len());
    let mut shown: String =
        lines.iter().skip(lines.len().saturating_sub(tail)).flat_map(|line| [line, "\n"]).collect();
    if let Some(limit) = call.number("limitBytes").and_then(|bytes| usize::try_from(bytes).ok()) {
        shown.truncate(shown.floor_char_boundary(limit));
    }
    Ok(text(200, "text/plain", shown))
}

fn create(
    state: &mut State,
    call: &Call,
    target: &Target,
    kind: &FakeKind,
    now: &str,
) -> Result<Arc<Value>, Refusal> {
    let mut object = call.value()?;
    check_kind(&object, target, kind)?;
    if kind.namespaced {
        object["metadata"]["namespace"] = target.space().into();
        check_namespace(state, target)?;
    }
    if let Some(prefix) = object.pointer("/metadata/generateName").and_then(Value::as_str)
        && object.pointer("/metadata/name").is_none()
    {
        object["metadata"]["name"] = format!("{prefix}{:05x}", state.store.version).into();
    }
    let (space, name) = name_of(&object);
    if name.is_empty() {
        return Err(Refusal::new(
            422,
            "Invalid",
            format!("{} \"\" is invalid: metadata.name: Required value", kind.kind),
        ));
    }
    if state.store.get(kind, &space, &name).is_some() {
        return Err(Refusal::new(
            409,
            "AlreadyExists",
            format!("{} \"{name}\" already exists", kind.resource()),
        ));
    }
    if kind.status
        && let Some(object) = object.as_object_mut()
    {
        object.remove("status");
    }
    if kind.group.is_empty() && kind.plural == "pods" {
        object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
    }
    if !call.get("dryRun").is_empty() {
        return Ok(Arc::new(object));
    }
    Ok(state.store.put(kind, object, now))
}

fn check_kind(object: &Value, target: &Target, kind: &FakeKind) -> Result<(), Refusal> {
    let said = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let right = said("kind") == kind.kind && said("apiVersion") == kind.api_version_of(&target.version);
    right.then_some(()).ok_or_else(|| {
        let what = format!("{} {} in place of {}", said("apiVersion"), said("kind"), kind.kind);
        Refusal::new(400, "BadRequest", format!("the object provided is unrecognized: {what}"))
    })
}

fn check_namespace(state: &State, target: &Target) -> Result<(), Refusal> {
    let Some(spaces) = state.store.kind("", "namespaces") else { return Ok(()) };
    let known = state.store.get(spaces, "", target.space()).is_some();
    known.then_some(()).ok_or_else(|| Refusal::not_found(spaces, target.space()))
}

fn change(
    state: &mut State,
    call: &Call,
    target: &Target,
    kind: &FakeKind,
    now: &str,
) -> Result<Arc<Value>, Refusal> {
    let before = found(state, target, kind).cloned();
    let apply = call.content_type.contains("apply-patch");
    let before = match before {
        // A server-side apply makes what is not there.
        Err(_) if apply => return create(state, call, target, kind, now),
        other => other?,
    };
    let mut wanted = in_version(kind, &target.version, &before);
    let body = call.value()?;
    if call.method == Method::PUT {
        check_kind(&body, target, kind)?;
        wanted = body;
    } else if call.content_type.contains("strategic") {
        patch::strategic(&mut wanted, &body);
    } else if call.content_type.contains("json-patch") {
        patch::json(&mut wanted, &body).map_err(|error| Refusal::new(422, "Invalid", error))?;
    } else {
        patch::merge(&mut wanted, &body);
    }
    let claimed = wanted.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
    if !claimed.is_empty()
        && before.pointer("/metadata/resourceVersion").and_then(Value::as_str) != Some(claimed)
    {
        let what = format!(
            "Operation cannot be fulfilled on {} {:?}: the object has been modified",
            kind.resource(),
            target.name
        );
        return Err(Refusal::new(409, "Conflict", what));
    }
    let object = if target.sub == "status" {
        with_part_of((*before).clone(), &wanted, "status")
    } else if kind.status {
        with_part_of(wanted, &before, "status")
    } else {
        wanted
    };
    if *before == object || !call.get("dryRun").is_empty() {
        return Ok(if *before == object { before } else { Arc::new(object) });
    }
    let held =
        object.pointer("/metadata/finalizers").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let leaving = object.pointer("/metadata/deletionTimestamp").is_some();
    let changed = state.store.put(kind, object, now);
    if leaving && !held {
        state.store.delete(kind, target.space(), target.name.as_deref().unwrap_or_default(), now);
    }
    Ok(changed)
}

/// An object with one of its parts taken from another.
fn with_part_of(mut object: Value, other: &Value, part: &str) -> Value {
    if let Some(fields) = object.as_object_mut() {
        match other.get(part) {
            Some(value) => drop(fields.insert(part.to_owned(), value.clone())),
            None => drop(fields.remove(part)),
        }
    }
    object
}

fn delete(
    state: &mut State,
    call: &Call,
    target: &Target,
    kind: &FakeKind,
    now: &str,
) -> Result<Value, Refusal> {
    let name = target.name.as_deref().unwrap_or_default();
    let uid = found(state, target, kind)?.pointer("/metadata/uid").cloned();
    if call.get("dryRun").is_empty() {
        state.store.delete(kind, target.space(), name, now);
    }
    Ok(json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {"name": name, "group": kind.group, "kind": kind.plural, "uid": uid},
    }))
}

fn json(code: u16, value: &Value) -> Response<Body> {
    text(code, "application/json", value.to_string())
}

fn text(code: u16, kind: &str, body: String) -> Response<Body> {
    respond(code, kind, Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync())
}

fn respond(code: u16, kind: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> String {
        let Some(t) = Target::parse(path) else { return "none".to_owned() };
        format!("{}|{}|{}|{}|{}", t.group, t.space(), t.plural, t.name.as_deref().unwrap_or("-"), t.sub)
    }

    #[test]
    fn paths_name_collections_objects_and_parts() {
        assert_eq!(target("/api/v1/pods"), "||pods|-|");
        assert_eq!(target("/api/v1/namespaces"), "||namespaces|-|");
        assert_eq!(target("/api/v1/namespaces/media"), "||namespaces|media|");
        assert_eq!(target("/api/v1/namespaces/media/status"), "||namespaces|media|status");
        assert_eq!(target("/api/v1/namespaces/media/pods/x/log"), "|media|pods|x|log");
        assert_eq!(target("/apis/apps/v1/namespaces/media/deployments"), "apps|media|deployments|-|");
        assert_eq!(target("/api/v1/nodes/n1/proxy/stats/summary"), "||nodes|n1|proxy/stats/summary");
        assert_eq!(target("/version"), "none");
    }

    #[test]
    fn continue_tokens_can_be_read_again() {
        let name = ("media".to_owned(), "jellyfin".to_owned());
        assert_eq!(read_continue(&write_continue(7, &name)).unwrap(), (7, name));
        assert_eq!(read_continue("nonsense").unwrap_err().code, 400);
    }
}
