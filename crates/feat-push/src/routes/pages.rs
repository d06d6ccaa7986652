//! Hob's own pages about messages, on the hub's port.

mod access;
mod devices;
mod inbox;
mod tokens;
mod topics;

use crate::config::{self, Listen};
use crate::desk::{desk, name_in};
use crate::model::access::Permission;
use crate::pages::{Flash, Reach};
use crate::visitor::{Visitor, porter};
use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use hob_base::{Error, Level, Result};
use hob_feature::identity::Via;
use hob_feature::{Ctx, Identity, Scope};
use hob_web::Frame;
use ntfy_protocol::Refusal;

/// What people look at, and what administrators change.
pub(crate) fn routes(ctx: &Ctx) -> Router {
    if !config::settings(ctx).enabled {
        return Router::new();
    }
    Router::new()
        .route("/messages", get(inbox::show))
        .route("/messages/file/{id}", get(inbox::file))
        .route("/messages/topics", get(topics::list))
        .route("/messages/topics/open", get(topics::open))
        .route("/messages/topics/{topic}", get(topics::show))
        .route("/messages/access", get(access::show).post(access::add))
        .route("/messages/access/remove", post(access::remove))
}

/// What everybody may do who is logged in, as far as the rules of the topic allow it.
pub(crate) fn personal_routes(ctx: &Ctx) -> Router {
    if !config::settings(ctx).enabled {
        return Router::new();
    }
    Router::new()
        .route("/messages/read", post(inbox::mark_read))
        .route("/messages/{id}/delete", post(inbox::delete))
        .route("/messages/topics/{topic}/publish", post(topics::publish))
        .route("/messages/topics/{topic}/reserve", post(topics::reserve))
        .route("/messages/topics/{topic}/give-up", post(topics::give_up))
        .route("/messages/topics/{topic}/clear", post(topics::clear))
        .route("/messages/tokens", get(tokens::show).post(tokens::make))
        .route("/messages/tokens/{id}/remove", post(tokens::remove))
        .route("/messages/devices", get(devices::show).post(devices::add))
        .route("/messages/devices/{id}", post(devices::change))
        .route("/messages/devices/{id}/test", post(devices::test))
        .route("/messages/devices/{id}/remove", post(devices::remove))
}

/// What service workers say: a browser that gets messages is known by its address, also where nobody is logged in any more.
pub(crate) fn open_routes(ctx: &Ctx) -> Router {
    if !config::settings(ctx).enabled {
        return Router::new();
    }
    Router::new()
        .route("/messages/devices/key", get(devices::key))
        .route("/messages/devices/seen", post(devices::seen))
        .route("/messages/devices/changed", post(devices::moved))
}

/// Who looks, by the rules of the push server.
fn visitor(frame: &Frame) -> Result<Visitor> {
    Ok(Visitor::of_identity(&frame.ctx, frame.identity()?))
}

fn is_admin(frame: &Frame) -> bool {
    frame.may(Scope::Admin)
}

/// The id of the person who looks. A token and the local console are nobody's.
fn person(frame: &Frame) -> Result<(String, String)> {
    let who = frame.identity()?;
    let id = who.user_id.clone().ok_or_else(|| {
        Error::Forbidden("This belongs to people: log in with a name and a password in a browser.".to_owned())
    })?;
    Ok((id, who.name.clone()))
}

/// A refusal of the push server in the words of Hob's pages.
fn error_of(refusal: Refusal) -> Error {
    let text = refusal.error.into_owned();
    match refusal.http {
        401 | 403 => Error::Forbidden(
            "You may not do this with this topic. An administrator can change that under “Access”."
                .to_owned(),
        ),
        404 => Error::not_found("message", text),
        409 => Error::Conflict(
            "This topic cannot be reserved: a rule speaks of it, or others have written to it.".to_owned(),
        ),
        429 => Error::TooMany { problem: format!("{text}."), retry_after_s: 60 },
        503 => Error::Unavailable(text),
        500.. => Error::internal("Asking the push server", text),
        _ => Error::invalid("message", text),
    }
}

/// How phones and programs reach the push server, as seen from who looks.
fn reach(frame: &Frame, headers: &HeaderMap) -> Reach {
    let allowed = porter(&frame.ctx).default_access();
    let name = frame.who.as_ref().filter(|who| who.user_id.is_some()).map(|who| who.name.clone());
    Reach {
        address: address(&frame.ctx, headers),
        anybody_writes: allowed.write,
        anybody_reads: allowed.read,
        name: name.unwrap_or_else(|| "NAME".to_owned()),
    }
}

/// The address of the push server: as the settings say, else its own port under the name by which this page was reached.
fn address(ctx: &Ctx, headers: &HeaderMap) -> String {
    let settings = config::settings(ctx);
    let desk = desk(ctx);
    if settings.base_url.is_some() || (settings.listen == Listen::Nowhere && settings.hostname.is_some()) {
        return desk.base_url(ctx, None);
    }
    if settings.listen == Listen::Nowhere {
        return String::new();
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match desk.address() {
        Some(own) => format!("http://{}:{}", name_in(host).unwrap_or(&ctx.hostname), own.port()),
        None => desk.base_url(ctx, None),
    }
}

fn flash_key(who: &Identity) -> String {
    match &who.via {
        Via::Session(id) => format!("session {id}"),
        Via::Token(id) => format!("token {id}"),
        Via::Password => format!("user {}", who.name),
        Via::LocalSocket => "local".to_owned(),
    }
}

/// Back to a page, with something to be shown once.
fn say(frame: &Frame, path: &str, flash: Flash) -> Result<Response> {
    let key = flash_key(frame.identity()?);
    porter(&frame.ctx).leave(key, frame.ctx.clock.monotonic(), flash);
    Ok(Redirect::to(path).into_response())
}

/// Back to a page after something was done.
fn done(frame: &Frame, path: &str, text: impl Into<String>) -> Result<Response> {
    say(frame, path, Flash::Message(Level::Ok, text.into()))
}

/// Back to a page with the reason why something is not possible now; other errors are the caller's to answer.
fn refused(frame: &Frame, path: &str, error: Error) -> Result<Response> {
    match error {
        Error::Conflict(text) | Error::Invalid { problem: text, .. } => {
            say(frame, path, Flash::Message(Level::Warning, text))
        }
        other => Err(other),
    }
}

fn take_flash(frame: &Frame) -> Result<Option<Flash>> {
    let key = flash_key(frame.identity()?);
    Ok(porter(&frame.ctx).take(&key, frame.ctx.clock.monotonic()))
}

/// The same page again, with what is wrong.
fn again(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    page
}

/// What who looks may with a topic.
async fn allowed(frame: &Frame, visitor: &Visitor, topic: &str) -> Result<Permission> {
    visitor.allowed(&frame.ctx, topic).await.map_err(error_of)
}

#[cfg(test)]
mod tests {
    use crate::desk::name_in;

    #[test]
    fn phones_are_told_a_name_that_they_can_use() {
        assert_eq!(name_in("nas.lan:4620"), Some("nas.lan"));
        assert_eq!(name_in("192.168.1.2"), Some("192.168.1.2"));
        assert_eq!(name_in("[fd00::1]:4620"), Some("[fd00::1]"));
        for not in ["localhost:4620", "127.0.0.1:4620", "[::1]:4620", "", "a\"b", "a b"] {
            assert_eq!(name_in(not), None, "{not}");
        }
    }
}
