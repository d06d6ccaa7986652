//! The session guard: who asks, may they, and does the request come from our own pages.

use crate::answer::{Failure, wants_json, wants_part};
use crate::origin::{Provenance, is_safe, provenance};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hob_base::{Error, Result};
use hob_feature::identity::Via;
use hob_feature::{Credential, Ctx, Gate, Identity, Scope};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

/// The session cookie over plain HTTP, where the prefix is not allowed.
pub const SESSION_COOKIE: &str = "hob";
/// The session cookie over TLS: the prefix makes browsers refuse it from subdomains and plain HTTP.
pub const SESSION_COOKIE_SECURE: &str = "__Host-hob";

/// The longest credentials of Basic that are looked at.
const BASIC_BYTES_MAX: usize = 1024;

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Over the network.
    Network(SocketAddr),
    /// Over the socket in the data directory.
    Local,
}

/// What a group of routes needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// `read` to look, `write` to change.
    ByMethod,
    /// Any login.
    AnyLogin,
    /// Nothing; who is logged in is recognised all the same.
    Nothing,
    /// Decided by the handler: who shows a token is recognised, cookies never count.
    Door,
}

/// Whether the browser talks to us through TLS, as the reverse proxy in front of us says.
pub fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Remembers that the hub is set up: that never changes back.
#[derive(Default)]
struct SetUp(AtomicBool);

async fn is_set_up(ctx: &Ctx, gate: Gate) -> Result<bool> {
    let known = ctx.memory.of::<SetUp>();
    if known.0.load(Ordering::Relaxed) {
        return Ok(true);
    }
    let set_up = (gate.is_set_up)(ctx.clone()).await?;
    known.0.store(set_up, Ordering::Relaxed);
    Ok(set_up)
}

/// The layer in front of everything: until there is a first user, only the setup page is served.
pub(crate) async fn setup_first(State(ctx): State<Ctx>, request: Request, next: Next) -> Response {
    let Some(gate) = ctx.gate() else { return next.run(request).await };
    let path = request.uri().path();
    let always = path.starts_with("/assets/")
        || matches!(path, "/healthz" | "/readyz" | "/manifest.webmanifest" | "/sw.js" | "/favicon.ico")
        || path == gate.setup_path;
    let local = request.extensions().get::<Peer>() == Some(&Peer::Local);
    if always || local {
        return next.run(request).await;
    }
    match is_set_up(&ctx, gate).await {
        Ok(true) => next.run(request).await,
        Ok(false) if wants_json(path, request.headers()) || !is_safe(request.method()) => {
            let text = "Hob is not set up yet. Open it in a browser and enter the code that it printed on its console.";
            Failure::from(Error::Unavailable(text.to_owned())).into_response()
        }
        Ok(false) => Redirect::to(gate.setup_path).into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// The layer around a group of routes.
pub(crate) async fn guard(State((ctx, need)): State<(Ctx, Need)>, request: Request, next: Next) -> Response {
    // A body cannot be shared between threads, so the head is looked at by itself.
    let (mut head, body) = request.into_parts();
    match admit(&ctx, need, &head).await {
        Ok(who) => {
            if let Some(who) = &who {
                head.extensions.insert(who.clone());
            }
            let mut response = next.run(Request::from_parts(head, body)).await;
            // For the layer that draws errors.
            if let Some(who) = who {
                response.extensions_mut().insert(who);
            }
            response
        }
        Err(error) => refuse(&ctx, error, &head),
    }
}

async fn admit(ctx: &Ctx, need: Need, head: &Parts) -> Result<Option<Identity>> {
    if need == Need::Door {
        return identify_at_door(ctx, head).await;
    }
    let from = provenance(&head.headers);
    let changes = !is_safe(&head.method);
    if changes && from == Provenance::Foreign {
        return Err(Error::Forbidden(
            "This request comes from another site, so it was not carried out. Open Hob itself and try again there. \
             If a reverse proxy stands in front of Hob, it must pass the Host header on unchanged."
                .to_owned(),
        ));
    }
    let who = identify(ctx, head, need).await?;
    if changes
        && from == Provenance::Unproven
        && who.as_ref().is_some_and(|who| matches!(who.via, Via::Session(_)))
    {
        return Err(Error::Forbidden(
            "This request does not say which page it comes from, so it was not carried out. Scripts should use an API \
             token instead of a browser's session."
                .to_owned(),
        ));
    }
    let needed = match need {
        Need::Nothing | Need::Door => return Ok(who),
        Need::AnyLogin => None,
        Need::ByMethod if changes => Some(Scope::Write),
        Need::ByMethod => Some(Scope::Read),
    };
    let who = who.ok_or_else(|| {
        Error::Unauthenticated("Please log in, or send an API token as “Authorization: Bearer …”.".to_owned())
    })?;
    if let Some(scope) = needed {
        who.require(scope)?;
    }
    Ok(Some(who))
}

async fn identify(ctx: &Ctx, head: &Parts, need: Need) -> Result<Option<Identity>> {
    if head.extensions.get::<Peer>() == Some(&Peer::Local) {
        return Ok(Some(Identity::local()));
    }
    let (Some(gate), Some(credential)) = (ctx.gate(), credential(&head.headers)) else { return Ok(None) };
    let bearer = matches!(credential, Credential::Bearer(_));
    match (gate.identify)(ctx.clone(), credential).await {
        // Who sends a token means it: a wrong one is an answer, not a login page.
        Ok(None) if bearer && need != Need::Nothing => {
            Err(Error::Unauthenticated("This API token is not known; it may have been revoked.".to_owned()))
        }
        Err(Error::Unauthenticated(_)) if need == Need::Nothing => Ok(None),
        other => other,
    }
}

/// Who shows a token at a door, as bearer or as the password of Basic. A cookie is not looked at, so that it does not
/// matter which page a request comes from.
async fn identify_at_door(ctx: &Ctx, head: &Parts) -> Result<Option<Identity>> {
    if head.extensions.get::<Peer>() == Some(&Peer::Local) {
        return Ok(Some(Identity::local()));
    }
    let token = bearer(&head.headers).map(str::to_owned).or_else(|| basic_password(&head.headers));
    let (Some(gate), Some(token)) = (ctx.gate(), token) else { return Ok(None) };
    (gate.identify)(ctx.clone(), Credential::Bearer(token)).await
}

/// The password of Basic (RFC 7617).
fn basic_password(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > BASIC_BYTES_MAX {
        return None;
    }
    let pair = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// The API token. Any other `Authorization` is for a reverse proxy in front of Hob, which may pass it on.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the request shows: a bearer token before a cookie.
pub(crate) fn credential(headers: &HeaderMap) -> Option<Credential> {
    if let Some(token) = bearer(headers) {
        return Some(Credential::Bearer(token.to_owned()));
    }
    let wanted = if is_https(headers) { SESSION_COOKIE_SECURE } else { SESSION_COOKIE };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| Credential::Cookie(value.to_owned()))
}

/// People are sent to the login page and back; programs get an answer.
fn refuse(ctx: &Ctx, error: Error, head: &Parts) -> Response {
    let (headers, path) = (&head.headers, head.uri.path());
    let person = !wants_json(path, headers) && path != "/live";
    if matches!(error, Error::Unauthenticated(_))
        && person
        && let Some(gate) = ctx.gate()
    {
        let login = format!("{}?next={}", gate.login_path, encoded_target(&head.uri));
        if wants_part(headers) {
            let mut response = StatusCode::UNAUTHORIZED.into_response();
            if let Ok(value) = HeaderValue::from_str(gate.login_path) {
                response.headers_mut().insert("hx-redirect", value);
            }
            return response;
        }
        if is_safe(&head.method) {
            return Redirect::to(&login).into_response();
        }
    }
    Failure::from(error).into_response()
}

fn encoded_target(uri: &Uri) -> String {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    utf8_percent_encode(target, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_token_goes_before_a_cookie() {
        let both = headers(&[("cookie", "hob=abc"), ("authorization", "bearer t0k3n")]);
        assert_eq!(credential(&both), Some(Credential::Bearer("t0k3n".to_owned())));
        assert_eq!(
            credential(&headers(&[("cookie", "a=b; hob=abc")])),
            Some(Credential::Cookie("abc".to_owned()))
        );
        let behind_a_proxy = headers(&[("authorization", "Basic x"), ("cookie", "hob=abc")]);
        assert_eq!(credential(&behind_a_proxy), Some(Credential::Cookie("abc".to_owned())));
    }

    #[test]
    fn at_a_door_a_token_may_be_the_password_of_basic() {
        // prometheus:hob_abc
        let given = headers(&[("authorization", "Basic cHJvbWV0aGV1czpob2JfYWJj")]);
        assert_eq!(basic_password(&given).as_deref(), Some("hob_abc"));
        for wrong in ["Basic", "Basic %%%", "Basic cHJvbQ==", "Bearer cHJvbWV0aGV1czpob2JfYWJj"] {
            assert_eq!(basic_password(&headers(&[("authorization", wrong)])), None, "{wrong}");
        }
    }

    #[test]
    fn over_tls_only_the_prefixed_cookie_counts() {
        let plain = headers(&[("cookie", "hob=abc"), ("x-forwarded-proto", "https")]);
        assert_eq!(credential(&plain), None);
        let secure = headers(&[("cookie", "__Host-hob=abc"), ("x-forwarded-proto", "https")]);
        assert_eq!(credential(&secure), Some(Credential::Cookie("abc".to_owned())));
    }
}
