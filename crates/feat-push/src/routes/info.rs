//! What the push server says of itself.

use super::{Asked, json, with_type};
use crate::browsers;
use crate::desk::desk;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hob_feature::Ctx;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use maud::{DOCTYPE, Markup, html};
use ntfy_protocol::{Topic, unified_push};
use serde::Serialize;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/v1/health", get(health))
        .route("/v1/config", get(config))
        .route("/config.js", get(config_js))
        .with_state(ctx.clone())
}

async fn health() -> Response {
    json("{\"healthy\":true}\n")
}

/// What ntfy's own clients read before anything else.
#[derive(Serialize)]
struct Config {
    base_url: String,
    app_root: &'static str,
    enable_login: bool,
    require_login: bool,
    enable_signup: bool,
    enable_payments: bool,
    enable_calls: bool,
    enable_emails: bool,
    enable_reservations: bool,
    enable_web_push: bool,
    billing_contact: &'static str,
    web_push_public_key: String,
    disallowed_topics: &'static [&'static str],
}

/// What no topic may be called, as ntfy's clients are told.
const DISALLOWED: &[&str] =
    &["docs", "static", "file", "app", "metrics", "account", "settings", "signup", "login", "v1"];

fn describe(ctx: &Ctx, headers: &HeaderMap) -> String {
    let key = browsers::public_key(ctx).unwrap_or_default();
    let config = Config {
        base_url: desk(ctx).base_url(ctx, Some(headers)),
        app_root: "/",
        enable_login: true,
        require_login: false,
        enable_signup: false,
        enable_payments: false,
        enable_calls: false,
        enable_emails: crate::outgoing::sends_mail(ctx),
        enable_reservations: true,
        enable_web_push: !key.is_empty(),
        billing_contact: "",
        web_push_public_key: key,
        disallowed_topics: DISALLOWED,
    };
    // Texts and truths can always be written.
    serde_json::to_string(&config).unwrap_or_default()
}

async fn config(State(ctx): State<Ctx>, headers: HeaderMap) -> Response {
    no_cache(json(&format!("{}\n", describe(&ctx, &headers))))
}

async fn config_js(State(ctx): State<Ctx>, headers: HeaderMap) -> Response {
    let text = format!("var config = {};\n", describe(&ctx, &headers).replace('<', "\\u003c"));
    no_cache(with_type("text/javascript; charset=utf-8", text))
}

fn no_cache(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `GET /`: a page for people.
pub(super) fn home(ctx: &Ctx, headers: &HeaderMap) -> Response {
    let base = desk(ctx).base_url(ctx, Some(headers));
    page(
        "Messages",
        &html! {
            h1 { "Messages" }
            p { "This is the push server of Hob on " (ctx.hostname) ". It speaks ntfy's protocol." }
            h2 { "Send a message" }
            pre { "curl -d \"The backup is done\" " (base) "/backups" }
            h2 { "Get messages on a phone" }
            p { "In the ntfy app, add a subscription, choose another server, and enter " code { (base) } "." }
            p { (link_to_hob(ctx, headers, "/messages")) }
        },
    )
}

/// `GET /topic`: a page for people; an app of a phone asks whether this is a server for it.
pub(super) fn topic(asked: &Asked, topic: &Topic) -> Response {
    if unified_push::is_discovery(&asked.parts.headers, asked.query()) {
        return json(unified_push::DISCOVERY);
    }
    let base = desk(&asked.ctx).base_url(&asked.ctx, Some(&asked.parts.headers));
    page(
        topic.as_str(),
        &html! {
            h1 { "Topic “" (topic) "”" }
            p { "Send a message to it:" }
            pre { "curl -d \"Hello\" " (base) "/" (topic) }
            p { "Listen to it:" }
            pre { "curl -s " (base) "/" (topic) "/raw" }
            p { (link_to_hob(&asked.ctx, &asked.parts.headers, &format!("/messages/topics/{topic}"))) }
        },
    )
}

/// Hob's own pages are on the hub's port, under the name by which this machine was reached.
fn link_to_hob(ctx: &Ctx, headers: &HeaderMap, path: &str) -> Markup {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let own_port = desk(ctx).address().is_some_and(|address| host.ends_with(&format!(":{}", address.port())));
    match ctx.own_ports().first() {
        Some(port) if own_port && !name.is_empty() && name.chars().all(plain) => html! {
            a href={ "http://" (name) ":" (port) (path) } { "Read messages in Hob" }
        },
        _ => html! { "Messages are read in Hob, under “Messages”." },
    }
}

fn page(title: &str, body: &Markup) -> Response {
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Hob" }
            }
            body { main { (body) } }
        }
    };
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text.into_string()).into_response()
}
