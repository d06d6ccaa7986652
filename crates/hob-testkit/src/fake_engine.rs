//! An engine of containers in memory, on a Unix socket: what Docker and Podman answer to `GET`, and their stream of events.
//!
//! Source: Docker Engine API v1.45. A container is the JSON of “Inspect a container”; the list is made from it.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// An engine that lives as long as the test.
pub struct FakeEngine {
    shared: Arc<Shared>,
    dir: TempDir,
    serving: Mutex<JoinSet<()>>,
}

struct Shared {
    state: Mutex<State>,
    events: broadcast::Sender<Value>,
}

#[derive(Default)]
struct State {
    containers: BTreeMap<String, Value>,
    images: Vec<Value>,
    logs: BTreeMap<String, String>,
    forbidden: BTreeSet<String>,
    requests: Vec<String>,
    podman: bool,
    now_s: i64,
}

impl FakeEngine {
    /// Docker, without a container.
    ///
    /// # Panics
    /// When there can be no socket.
    #[must_use]
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let shared = Arc::new(Shared { state: Mutex::default(), events: broadcast::channel(1024).0 });
        let engine = Self { shared, dir, serving: Mutex::default() };
        engine.state().now_s = 1_800_000_000;
        engine.resume();
        engine
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("engine.sock")
    }

    /// Lets it be Podman from now on.
    pub fn be_podman(&self) {
        self.state().podman = true;
    }

    /// Adds or replaces a container, and tells `action` of it.
    ///
    /// # Panics
    /// When the JSON has no `Id`.
    pub fn put(&self, container: Value, action: &str) {
        let id = container["Id"].as_str().expect("a container has an id").to_owned();
        self.state().containers.insert(id.clone(), container);
        self.tell(&id, action, &json!({}));
    }

    /// Changes a container, and tells `action` of it.
    ///
    /// # Panics
    /// When there is none of this id.
    pub fn change(&self, id: &str, action: &str, change: impl FnOnce(&mut Value)) {
        change(self.state().containers.get_mut(id).expect("a container of this id"));
        self.tell(id, action, &json!({}));
    }

    /// Tells an event, with attributes.
    pub fn tell(&self, id: &str, action: &str, attributes: &Value) {
        let now = {
            let mut state = self.state();
            state.now_s += 1;
            state.now_s
        };
        self.tell_at(id, action, attributes, now);
    }

    /// Tells an event of a certain time, in seconds since 1970.
    pub fn tell_at(&self, id: &str, action: &str, attributes: &Value, now: i64) {
        let event = json!({ "Type": "container", "Action": action, "status": action, "id": id,
            "Actor": { "ID": id, "Attributes": attributes }, "scope": "local", "time": now, "timeNano": now * 1_000_000_000 });
        // Nobody may be listening.
        let _ = self.shared.events.send(event);
    }

    /// Takes a container away.
    pub fn remove(&self, id: &str) {
        self.state().containers.remove(id);
        self.tell(id, "destroy", &json!({}));
    }

    /// Adds an image: its id, its name with a tag, its digest, and when it was built (seconds since 1970).
    pub fn image(&self, id: &str, tag: &str, digest: &str, created_s: i64) {
        let repository = tag.rsplit_once(':').map_or(tag, |(repository, _)| repository);
        self.state()
            .images
            .push(json!({ "Id": id, "RepoTags": [tag], "RepoDigests": [format!("{repository}@{digest}")],
            "Created": created_s, "Size": 123_456_789 }));
    }

    /// Sets the log of a container.
    pub fn set_log(&self, id: &str, text: &str) {
        self.state().logs.insert(id.to_owned(), text.to_owned());
    }

    /// Answers 403 to paths that hold this from now on, as a read-only proxy does.
    pub fn forbid(&self, part: &str) {
        self.state().forbidden.insert(part.to_owned());
    }

    /// What was asked since this was last called: method and path.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    /// Stops answering, and takes the socket away.
    pub async fn stop(&self) {
        let mut serving = std::mem::take(&mut *self.serving.lock().unwrap_or_else(PoisonError::into_inner));
        serving.shutdown().await;
        let _ = std::fs::remove_file(self.socket());
    }

    /// Answers (again).
    ///
    /// # Panics
    /// When there can be no socket.
    pub fn resume(&self) {
        let listener = listener(&self.socket());
        let shared = self.shared.clone();
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let answer = answer(&shared, &request);
                        async move { Ok::<_, Infallible>(answer) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listener(path: &Path) -> UnixListener {
    UnixListener::bind(path).expect("a socket in a temporary directory")
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

fn answer(shared: &Arc<Shared>, request: &Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.requests.push(format!("{} {path}", request.method()));
    let plain = match path.strip_prefix("/v").and_then(|rest| rest.split_once('/')) {
        Some((version, rest)) if version.starts_with(|c: char| c.is_ascii_digit()) => format!("/{rest}"),
        _ => path.clone(),
    };
    if request.method() != http::Method::GET {
        return said(StatusCode::METHOD_NOT_ALLOWED, &json!({ "message": "this engine is only read" }));
    }
    if state.forbidden.iter().any(|part| plain.contains(part.as_str())) {
        return said(StatusCode::FORBIDDEN, &json!({ "message": "the proxy does not allow this" }));
    }
    match plain.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        ["_ping"] => ping(&state),
        ["containers", "json"] => said(StatusCode::OK, &state.containers.values().map(listed).collect()),
        ["containers", id, "json"] => match find(&state, id) {
            Some(container) => said(StatusCode::OK, container),
            None => said(StatusCode::NOT_FOUND, &json!({ "message": format!("No such container: {id}") })),
        },
        ["containers", id, "logs"] => logs(state.logs.get(*id).map_or("", String::as_str)),
        ["images", "json"] => said(StatusCode::OK, &Value::Array(state.images.clone())),
        ["events"] => events(shared),
        _ => said(StatusCode::NOT_FOUND, &json!({ "message": "page not found" })),
    }
}

fn ping(state: &State) -> Response<Body> {
    let mut answer = said(StatusCode::OK, &json!("OK"));
    let pairs: &[(&'static str, &'static str)] = if state.podman {
        &[("api-version", "1.41"), ("libpod-api-version", "4.3.1"), ("server", "Libpod/4.3.1 (linux)")]
    } else {
        &[("api-version", "1.47"), ("server", "Docker/27.3.1 (linux)")]
    };
    for (name, value) in pairs {
        answer.headers_mut().insert(*name, http::HeaderValue::from_static(value));
    }
    answer
}

fn find<'a>(state: &'a State, id: &str) -> Option<&'a Value> {
    state.containers.get(id).or_else(|| state.containers.values().find(|c| c["Name"] == format!("/{id}")))
}

/// A container as the list has it.
fn listed(container: &Value) -> Value {
    json!({ "Id": container["Id"], "Names": [container["Name"]], "Image": container["Config"]["Image"],
        "ImageID": container["Image"], "Labels": container["Config"]["Labels"], "State": container["State"]["Status"],
        "Status": "", "Ports": [] })
}

/// A log in frames, all of it on the standard output.
fn logs(text: &str) -> Response<Body> {
    let mut bytes = Vec::new();
    for line in text.split_inclusive('\n') {
        bytes.extend_from_slice(&[1, 0, 0, 0]);
        bytes.extend_from_slice(&u32::try_from(line.len()).unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(line.as_bytes());
    }
    Response::new(Full::new(Bytes::from(bytes)).boxed_unsync())
}

fn events(shared: &Arc<Shared>) -> Response<Body> {
    let receiver = shared.events.subscribe();
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let event = receiver.recv().await.ok()?;
        Some((Ok(Frame::data(Bytes::from(format!("{event}\n")))), receiver))
    });
    Response::new(StreamBody::new(stream).boxed_unsync())
}

fn said(status: StatusCode, value: &Value) -> Response<Body> {
    let mut answer = Response::new(Full::new(Bytes::from(value.to_string())).boxed_unsync());
    *answer.status_mut() = status;
    answer
}
