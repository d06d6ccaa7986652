//! What everybody may ask for.

use crate::board::{self, Document};
use crate::config::is_host;
use crate::feeds::Show;
use crate::memory::settings;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use hob_base::Error;
use hob_feature::Ctx;
use hob_web::{Answer, Packed, is_https};
use serde::Deserialize;

/// How a document is sent.
struct Manner {
    content_type: &'static str,
    cache: &'static str,
    /// Whether pages of other sites may read or show it.
    shared: bool,
}

const PAGE: Manner =
    Manner { content_type: "text/html; charset=utf-8", cache: "public, max-age=15", shared: false };
const ATOM: Manner =
    Manner { content_type: "application/atom+xml; charset=utf-8", cache: "public, max-age=60", shared: true };
const RSS: Manner =
    Manner { content_type: "application/rss+xml; charset=utf-8", cache: "public, max-age=60", shared: true };
const SUMMARY: Manner =
    Manner { content_type: "application/json", cache: "public, max-age=15", shared: true };
const BADGE: Manner =
    Manner { content_type: "image/svg+xml; charset=utf-8", cache: "public, max-age=60", shared: true };

pub(super) async fn page(State(ctx): State<Ctx>, headers: HeaderMap, Path(slug): Path<String>) -> Answer {
    send(&ctx, &headers, &slug, Document::Page, &PAGE).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BadgeQuery {
    show: String,
}

impl BadgeQuery {
    fn show(&self) -> hob_base::Result<Show> {
        match self.show.as_str() {
            "" | "state" => Ok(Show::State),
            "uptime" => Ok(Show::Uptime),
            _ => Err(Error::invalid("show", "A badge shows “state” or “uptime”.")),
        }
    }
}

pub(super) async fn document(
    State(ctx): State<Ctx>,
    headers: HeaderMap,
    Path((slug, name)): Path<(String, String)>,
    Query(query): Query<BadgeQuery>,
) -> Answer {
    let base = || base_url(&ctx, &headers);
    let (what, manner) = match name.as_str() {
        "feed.atom" => (Document::Atom(base()), &ATOM),
        "feed.rss" => (Document::Rss(base()), &RSS),
        "summary.json" => (Document::Summary(base()), &SUMMARY),
        "badge.svg" => (Document::Badge(None, query.show()?), &BADGE),
        _ => return Err(Error::not_found("document", name).into()),
    };
    send(&ctx, &headers, &slug, what, manner).await
}

pub(super) async fn badge(
    State(ctx): State<Ctx>,
    headers: HeaderMap,
    Path((slug, name)): Path<(String, String)>,
    Query(query): Query<BadgeQuery>,
) -> Answer {
    let number = name.strip_suffix(".svg").and_then(|number| number.parse::<usize>().ok());
    let position = number.and_then(|number| number.checked_sub(1));
    let position = position.ok_or_else(|| Error::not_found("badge", name))?;
    send(&ctx, &headers, &slug, Document::Badge(Some(position), query.show()?), &BADGE).await
}

/// Scheme and host under which visitors know this hub: the setting, or what this one asked for.
fn base_url(ctx: &Ctx, headers: &HeaderMap) -> String {
    if let Some(url) = &settings(ctx).url {
        return url.clone();
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).filter(|host| is_host(host));
    let scheme = if is_https(headers) { "https" } else { "http" };
    host.map_or_else(String::new, |host| format!("{scheme}://{}", host.to_ascii_lowercase()))
}

async fn send(ctx: &Ctx, headers: &HeaderMap, slug: &str, what: Document, manner: &Manner) -> Answer {
    let sent = board::document(ctx, slug, what, Packed::for_request(headers)).await?;
    let sent =
        sent.ok_or_else(|| Error::not_found("status page", slug.chars().take(80).collect::<String>()))?;
    let known = headers.get(header::IF_NONE_MATCH) == Some(&sent.etag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(sent.bytes) });
    let out = response.headers_mut();
    out.insert(header::ETAG, sent.etag);
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(manner.cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if manner.shared {
        out.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        );
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(manner.content_type));
    if let Some(coding) = sent.coding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}
