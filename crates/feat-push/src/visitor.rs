//! Who asks, what they may, and how much.

use axum::http::HeaderMap;
use hob_feature::Ctx;
use hob_web::Peer;
use ntfy_protocol::Refusal;
use std::net::IpAddr;

/// What somebody may do with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Subscribe, fetch what is kept.
    Read,
    /// Publish, update, clear, delete.
    Write,
}

/// What somebody uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// One request, of whatever kind.
    Request,
    /// One message.
    Message,
    /// One e-mail.
    Email,
    /// So many bytes of attachments, sent or fetched.
    AttachmentBytes(u64),
}

/// A place among somebody's subscriptions, given back when dropped.
#[derive(Debug)]
pub(crate) struct SubscriptionPlace;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    address: Option<IpAddr>,
}

impl Visitor {
    /// Recognises who asks: Basic with name and password, Basic with a token as password, Bearer with a token, or
    /// `?auth=` with such a header as base64url. Who shows nothing is nobody in particular.
    ///
    /// # Errors
    /// 40101 when what is shown is wrong, 42909 after too many wrong ones.
    pub(crate) async fn recognise(
        ctx: &Ctx,
        headers: &HeaderMap,
        auth_query: Option<&str>,
        peer: Peer,
    ) -> Result<Self, Refusal> {
        let _ = (ctx, headers, auth_query);
        std::future::ready(()).await;
        let address = match peer {
            Peer::Network(address) => Some(address.ip()),
            Peer::Local => None,
        };
        Ok(Self { address })
    }

    /// Refuses who may not. Cheap: reads memory.
    ///
    /// # Errors
    /// 40301.
    pub(crate) async fn may(&self, ctx: &Ctx, topic: &str, right: Right) -> Result<(), Refusal> {
        let _ = (ctx, topic, right);
        std::future::ready(()).await;
        Ok(())
    }

    /// Whether a subscription that began some time ago may go on: neither who asked nor the rules of these topics
    /// changed in such a way that they may no longer read. One comparison of numbers unless something changed; to be
    /// asked before a message is delivered.
    pub(crate) fn still_may_read(&self, ctx: &Ctx, topics: &[ntfy_protocol::Topic]) -> bool {
        let _ = (ctx, topics);
        true
    }

    /// Uses something up.
    ///
    /// # Errors
    /// 42901, 42902, 42905, 42908: the limit that is reached.
    pub(crate) fn pay(&self, ctx: &Ctx, cost: Cost) -> Result<(), Refusal> {
        let _ = (ctx, cost);
        Ok(())
    }

    /// Takes a place among this visitor's subscriptions.
    ///
    /// # Errors
    /// 42903.
    pub(crate) fn subscribe(&self, ctx: &Ctx) -> Result<SubscriptionPlace, Refusal> {
        let _ = ctx;
        Ok(SubscriptionPlace)
    }

    /// The name of who asks, if somebody is logged in.
    pub(crate) fn name(&self) -> Option<&str> {
        None
    }

    /// Whose limits and quotas count: a person, a token, or an address.
    pub(crate) fn key(&self) -> String {
        self.address.map_or_else(|| "local".to_owned(), |address| address.to_string())
    }
}
