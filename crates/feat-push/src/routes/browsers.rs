//! ntfy's API of browsers that get messages.

use crate::browsers::actions::{self, Owner, Refused};
use crate::browsers::book::TOPICS_MAX;
use crate::browsers::{self, life, rights};
use crate::routes::{json, refused};
use crate::visitor::{Cost, Right, Visitor, auth_query, refusal_of};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use hob_feature::Ctx;
use hob_web::Peer;
use ntfy_protocol::{Refusal, Topic, refusal};
use serde::Deserialize;
use webpush::Subscription;

/// The longest body, as in ntfy.
const BODY_MAX: usize = 128 << 10;

pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new().route("/v1/webpush", post(update).delete(remove)).with_state(ctx.clone())
}

/// What a client sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    endpoint: String,
    auth: String,
    p256dh: String,
    topics: Option<Vec<String>>,
}

/// Adds a browser, or sets its topics.
async fn update(
    State(ctx): State<Ctx>,
    Extension(peer): Extension<Peer>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(add(&ctx, peer, query.as_deref(), &headers, body).await)
}

/// Removes a browser.
async fn remove(
    State(ctx): State<Ctx>,
    Extension(peer): Extension<Peer>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let removed = async {
        recognise(&ctx, peer, query.as_deref(), &headers).await?;
        let asked = read(body).await?;
        if asked.endpoint.is_empty() {
            return Err(refusal::WEB_PUSH_SUBSCRIPTION_INVALID);
        }
        actions::remove_client(&ctx, &asked.endpoint).await.map_err(|error| refusal_of(&error))
    };
    answer(removed.await)
}

async fn add(
    ctx: &Ctx,
    peer: Peer,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Refusal> {
    let visitor = recognise(ctx, peer, query, headers).await?;
    let asked = read(body).await?;
    if asked.endpoint.is_empty() || asked.p256dh.is_empty() || asked.auth.is_empty() {
        return Err(refusal::WEB_PUSH_SUBSCRIPTION_INVALID);
    }
    let subscription = Subscription::read(&asked.endpoint, &asked.p256dh, &asked.auth)
        .map_err(|why| refusal::WEB_PUSH_SUBSCRIPTION_INVALID.with_detail(&why.to_string()))?;
    let topics = asked.topics.unwrap_or_default();
    if topics.len() > TOPICS_MAX {
        return Err(refusal::WEB_PUSH_TOPIC_COUNT_TOO_HIGH);
    }
    let person = visitor.known().and_then(|known| known.person.clone());
    let desk = browsers::desk(ctx).await.map_err(|error| refusal_of(&error))?;
    let people: Vec<&str> = person.iter().map(String::as_str).collect();
    let readers = rights::readers(ctx, &desk, &people).await.map_err(|error| refusal_of(&error))?;
    for topic in &topics {
        let topic = Topic::new(topic)?;
        visitor.may(ctx, topic.as_str(), Right::Read).await?;
        // A token is not remembered with the browser: who has it must be somebody, or anybody may.
        if !readers.may(ctx, person.as_deref(), topic.as_str()).await {
            return Err(refusal::FORBIDDEN);
        }
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let owner = Owner {
        person,
        visitor: visitor.key(),
        own: false,
        site: text(header::ORIGIN).map(|origin| life::short(origin, 300)).unwrap_or_default(),
    };
    let name = life::name_of(text(header::USER_AGENT).unwrap_or_default());
    let added = actions::add(ctx, owner, subscription, Some(topics), &name).await;
    added.map(drop).map_err(|refused| match refused {
        Refused::Unreachable(why) => refusal::WEB_PUSH_ENDPOINT_UNKNOWN.with_detail(&why),
        Refused::TooMany => refusal::LIMIT_SUBSCRIPTIONS,
        Refused::Taken => refusal::FORBIDDEN,
        Refused::Failed(error) => refusal_of(&error),
    })
}

async fn recognise(
    ctx: &Ctx,
    peer: Peer,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Visitor, Refusal> {
    let auth = auth_query(query);
    let visitor = Visitor::recognise(ctx, headers, auth.as_deref(), peer).await?;
    visitor.pay(ctx, Cost::Request)?;
    Ok(visitor)
}

async fn read(body: Body) -> Result<Asked, Refusal> {
    let bytes = to_bytes(body, BODY_MAX).await.map_err(|_| refusal::JSON_BODY_TOO_LARGE)?;
    serde_json::from_slice(&bytes).map_err(|_| refusal::WEB_PUSH_SUBSCRIPTION_INVALID)
}

fn answer(result: Result<(), Refusal>) -> Response {
    match result {
        Ok(()) => json("{\"success\":true}\n"),
        Err(refusal) => refused(&refusal),
    }
}
