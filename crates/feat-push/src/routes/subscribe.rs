//! Subscribing: who may, and the subscriptions that come through the HTTP server.

use super::{Asked, database_is_away, unavailable};
use crate::delivery::Delivery;
use crate::desk::desk;
use crate::feed::{Feed, Past, Turn};
use crate::stream::Upgraded;
use crate::visitor::{Cost, Right, Visitor, auth_query};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use hob_feature::Ctx;
use hob_web::Peer;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use ntfy_protocol::{Event, Format, Refusal, SubscribeRequest, Topics, refusal, websocket};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;

/// A subscription as somebody asks for it.
pub(crate) struct Wanted {
    /// To which topics.
    pub(crate) topics: Topics,
    /// In which form.
    pub(crate) format: Format,
    /// The request's headers.
    pub(crate) headers: HeaderMap,
    /// The request's query, still encoded.
    pub(crate) query: String,
}

impl Wanted {
    /// Whether it ends after what is kept.
    pub(crate) fn polls(&self) -> bool {
        SubscribeRequest::from_http(&self.headers, &self.query, 0).is_ok_and(|request| request.poll)
    }
}

/// Begins a subscription, if who asks may.
///
/// # Errors
/// 40101, 40301, 42901, 42903, and those of [`SubscribeRequest::from_http`].
pub(crate) async fn open(ctx: &Ctx, wanted: Wanted, peer: Peer) -> Result<(Feed, Past), Refusal> {
    let Wanted { topics, format, headers, query } = wanted;
    let visitor = Visitor::recognise(ctx, &headers, auth_query(Some(&query)).as_deref(), peer).await?;
    visitor.pay(ctx, Cost::Request)?;
    for topic in topics.iter() {
        visitor.may(ctx, topic.as_str(), Right::Read).await?;
    }
    let request = SubscribeRequest::from_http(&headers, &query, ctx.clock.now().millis() / 1000)?;
    let place = if request.poll { None } else { Some(visitor.subscribe(ctx)?) };
    desk(ctx).figures(ctx).subscriptions.inc();
    Ok(Feed::new(ctx, visitor, topics, format, request, place))
}

/// `GET /topics/auth`: whether these topics may be read.
pub(super) async fn auth(asked: Asked, topics: Topics) -> Result<Response, Refusal> {
    let visitor = asked.visitor().await?;
    for topic in topics.iter() {
        visitor.may(&asked.ctx, topic.as_str(), Right::Read).await?;
    }
    Ok(super::json("{\"success\":true}\n"))
}

/// A subscription through the HTTP server.
pub(super) async fn subscribe(mut asked: Asked, topics: Topics, format: Format) -> Result<Response, Refusal> {
    let headers = std::mem::take(&mut asked.parts.headers);
    let query = asked.parts.uri.query().unwrap_or_default().to_owned();
    let accept = if format == Format::WebSocket { Some(websocket::accept(&headers)?) } else { None };
    let wanted = Wanted { topics, format, headers, query };
    let (mut feed, mut past) = open(&asked.ctx, wanted, asked.peer).await?;
    if let Some(accept) = accept {
        return upgrade(asked, feed, past, &accept);
    }
    // Who polls is told when there is nothing to be had, instead of getting nothing.
    let first =
        if past.is_all() { feed.past(&mut past).await.map_err(|_| database_is_away())? } else { None };
    Ok(stream(feed, past, &first.unwrap_or_default()))
}

fn upgrade(mut asked: Asked, feed: Feed, past: Past, accept: &str) -> Result<Response, Refusal> {
    let connection =
        asked.parts.extensions.remove::<OnUpgrade>().ok_or(refusal::WEBSOCKET_UPGRADE_MISSING)?;
    let upgraded = Upgraded { connection, feed: Box::new(feed), past };
    let busy = |_| unavailable("The push server is busy. Try again in a moment.");
    desk(&asked.ctx).upgrades.try_send(upgraded).map_err(busy)?;
    let headers = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// What is left of a subscription that the HTTP server writes.
struct Rest {
    feed: Feed,
    past: Option<Past>,
    out: VecDeque<Bytes>,
}

fn stream(feed: Feed, past: Past, first: &[Arc<Delivery>]) -> Response {
    let format = feed.format();
    let mut out: VecDeque<Bytes> = first.iter().map(|delivery| delivery.plain(format)).collect();
    if !past.is_all() {
        out.push_back(feed.signal(Event::Open).plain(format));
    }
    let rest = Rest { feed, past: Some(past), out };
    let body = Body::from_stream(unfold(rest, |mut rest| async move {
        let piece = rest.next().await?;
        Some((piece, rest))
    }));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Rest {
    /// The next piece. Where the past cannot be read the connection breaks, so that nobody takes what they got for all.
    async fn next(&mut self) -> Option<Result<Bytes, hob_base::Error>> {
        loop {
            if let Some(piece) = self.out.pop_front() {
                return Some(Ok(piece));
            }
            let Self { feed, past, out } = self;
            let format = feed.format();
            if let Some(past_left) = past {
                let page = match feed.past(past_left).await {
                    Ok(page) => page,
                    Err(error) => return Some(Err(error)),
                };
                match page {
                    Some(page) => out.extend(page.iter().map(|delivery| delivery.plain(format))),
                    None if past_left.is_all() => return None,
                    None => *past = None,
                }
                continue;
            }
            match poll_fn(|cx| feed.poll_next(cx, Delivery::plain, out)).await {
                Turn::Go { ticked: true } => out.push_back(feed.signal(Event::Keepalive).plain(format)),
                Turn::Go { ticked: false } => {}
                Turn::End(_) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_testkit::hub::TestHub;

    #[tokio::test]
    async fn what_breaks_off_does_not_look_whole() {
        let hub = TestHub::with(&[crate::FEATURE]).config("[push]\nlisten = \"none\"\n").start().await;
        let ctx = hub.ctx();
        let visitor = Visitor::by_token(ctx, None, None).await.unwrap();
        let request = SubscribeRequest::from_http(&HeaderMap::new(), "poll=1", 0).unwrap();
        let (feed, past) = Feed::new(ctx, visitor, Topics::new("a").unwrap(), Format::Json, request, None);
        let mut rest = Rest { feed, past: Some(past), out: VecDeque::new() };
        ctx.db.close().await;
        assert!(rest.next().await.unwrap().is_err());
    }
}
