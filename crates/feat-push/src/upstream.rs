//! Waking iPhones: they hear only from Apple, and only ntfy.sh may ask Apple for ntfy's app. So it is told that there is a
//! message, by a hash of the topic's address and the message's id, and the phone fetches the message from here. Nothing
//! leaves the house unless `upstream` is set.

use crate::config;
use crate::delivery::Delivery;
use crate::desk::desk;
use hob_base::Result;
use hob_feature::Ctx;
use http::{HeaderName, HeaderValue};
use http_probe::{Client, Method, Redirects, Request, Url};
use ntfy_protocol::{Event, Topic, unified_push};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How many messages may wait.
const WAITING_MAX: usize = 256;
/// How many are told of at the same time.
const AT_ONCE: usize = 8;

/// Tells of each message that is kept.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let Some(upstream) = config::settings(&ctx).upstream.clone() else {
        stop.cancelled().await;
        return Ok(());
    };
    let mut tap = desk(&ctx).broker.tap(WAITING_MAX);
    let client = Client::new();
    let mut tasks = JoinSet::new();
    loop {
        let delivery = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            delivery = tap.recv(), if tasks.len() < AT_ONCE => delivery,
        };
        let Some(delivery) = delivery else { break };
        let base = desk(&ctx).base_url(&ctx, None);
        if let Some(request) = request_of(&upstream, &base, &delivery) {
            let client = client.clone();
            tasks.spawn(async move { tell(&client, &request).await });
        }
    }
    Ok(())
}

async fn tell(client: &Client, request: &Request) {
    let host = request.url.host();
    match client.get(request).await {
        Ok(response) if response.status == 200 => {}
        Ok(response) => {
            warn!(host, status = response.status, "the upstream server did not take a poll request");
        }
        Err(error) => warn!(host, %error, "the upstream server could not be told of a message"),
    }
}

/// What is sent for this message; nothing for what is not kept (a phone could not fetch it), and for other apps' messages.
fn request_of(upstream: &str, base: &str, delivery: &Arc<Delivery>) -> Option<Request> {
    let message = &delivery.message;
    let for_app = Topic::new(&message.topic).is_ok_and(|topic| unified_push::is_topic(&topic));
    if delivery.position == 0 || message.event != Event::Message || for_app {
        return None;
    }
    let address = format!("{base}/{}", message.topic);
    let hash = ring::digest::digest(&ring::digest::SHA256, address.as_bytes());
    let name: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let url = Url::parse(&format!("{upstream}/{name}")).ok()?;
    let id = HeaderValue::from_str(&message.id).ok()?;
    Some(Request {
        method: Method::POST,
        headers: vec![(HeaderName::from_static("x-poll-id"), id)],
        redirects: Redirects::SameHost,
        ..Request::get(url)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntfy_protocol::Message;

    #[test]
    fn the_upstream_server_learns_neither_topic_nor_text() {
        let message = Message {
            id: "abcdefABCDEF".into(),
            topic: "mytopic".into(),
            message: "secret".into(),
            ..Message::default()
        };
        let delivery = Arc::new(Delivery::new(1, message.clone()));
        let request = request_of("https://ntfy.sh", "https://push.lan", &delivery).unwrap();
        // printf https://push.lan/mytopic | sha256sum
        let hash = "a32cf9a6b58212652147721c029ceb6b3762fad90d7bcb2c89b83d766b46851c";
        assert_eq!(request.url.path_and_query(), format!("/{hash}"));
        assert!(!format!("{request:?}").contains("mytopic") && !format!("{request:?}").contains("secret"));
        assert_eq!(request.headers[0].1, "abcdefABCDEF");
        assert!(request.body.is_empty());
        let unkept = Arc::new(Delivery::new(0, message.clone()));
        assert!(request_of("https://ntfy.sh", "https://push.lan", &unkept).is_none());
        let event = Message { event: Event::MessageDelete, ..message };
        assert!(
            request_of("https://ntfy.sh", "https://push.lan", &Arc::new(Delivery::new(1, event))).is_none()
        );
    }
}
