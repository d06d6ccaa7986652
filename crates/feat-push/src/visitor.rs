//! Who asks, what they may, and how much.
//!
//! ```text
//!  Authorization, ?auth= ─ credential ─▶ remembered? ─ no ─▶ push token: table push_token
//!                                          │                API token:  gate.identify
//!                                          │                password:   gate.by_password (throttle, argon2)
//!                                          ▼
//!  topic, right ───────────▶ Visitor::may ─▶ table of rules in memory (model/access.rs) ─▶ 40301
//!  request, message, bytes ▶ Visitor::pay ─▶ meters in memory (model/limits.rs) ─────────▶ 429xx
//! ```
//!
//! - A cookie never counts here: any page of any site may send requests to this server. Nor does the local socket.
//! - Until there is a first user everybody is refused.
//! - Who is logged in and of whom no rule speaks may read and write every topic. Who is not may what `default_access` says.
//! - An API token of the hub may what its scope says with every topic: `push` writes, `read` reads, `write` both. A push
//!   token is its person.
//! - After a password was changed, a token removed or a rule made, what was remembered does not count any more: at once
//!   when it happened on this hub's pages or through its APIs, after a minute when a command on another process did it.

mod credential;
mod porter;
mod remembered;

pub(crate) use crate::model::limits::SubscriptionPlace;
pub(crate) use credential::auth_query;
pub(crate) use porter::{Porter, porter, refusal_of};

use crate::config::is_private;
use crate::model::access::{Permission, Table};
use crate::model::limits::{Refill, address_key};
use axum::http::HeaderMap;
use credential::Credential;
use hob_base::Timestamp;
use hob_feature::identity::Via;
use hob_feature::{Ctx, Identity, IdentityChanges, Scope};
use hob_web::Peer;
use ntfy_protocol::refusal::{self, Refusal};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// So many bytes of attachments that are kept for a while.
    AttachmentBytes(u64),
}

/// What somebody has used up today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Used {
    /// Messages published.
    pub(crate) messages: u64,
    /// E-mails sent.
    pub(crate) emails: u64,
    /// Subscriptions open now.
    pub(crate) subscriptions: u32,
}

/// Somebody who was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// The user's id; an API token and the local socket have none.
    pub(crate) person: Option<String>,
    /// What to call them.
    pub(crate) name: String,
    /// Whether they may everything.
    pub(crate) is_admin: bool,
    /// What an API token may with every topic.
    by_scope: Permission,
    /// The id of the API token.
    api_token: Option<String>,
    /// The id of the push token that was shown.
    pub(crate) push_token: Option<String>,
    /// When that token ends.
    expires_at: Option<Timestamp>,
}

impl Known {
    /// Somebody whom the gate recognised.
    pub(crate) fn of(who: &Identity) -> Self {
        let scoped =
            Permission { read: who.may(Scope::Read), write: who.may(Scope::Write) || who.may(Scope::Push) };
        Self {
            person: who.user_id.clone(),
            name: who.name.clone(),
            is_admin: who.may(Scope::Admin),
            by_scope: if who.user_id.is_some() { Permission::DENY } else { scoped },
            api_token: match &who.via {
                Via::Token(id) if who.user_id.is_none() => Some(id.clone()),
                _ => None,
            },
            push_token: None,
            expires_at: None,
        }
    }

    /// Whether user or token are no longer what they were at `number`.
    fn changed_since(&self, changes: &IdentityChanges, number: u64) -> bool {
        let ids = [&self.person, &self.api_token, &self.push_token];
        ids.into_iter().flatten().any(|id| changes.changed_since(id, number))
    }

    /// Whose limits and quotas count.
    fn key(&self) -> String {
        match (&self.person, &self.api_token) {
            (Some(id), _) => format!("user {id}"),
            (None, Some(id)) => format!("token {id}"),
            (None, None) => "local".to_owned(),
        }
    }
}

/// What one may with a topic, by the rules. The one place where this is decided.
fn permission(table: &Table, default: Permission, known: Option<&Known>, topic: &str) -> Permission {
    let anybody = || table.decide(None, topic).unwrap_or(default);
    match known {
        None => anybody(),
        Some(known) if known.is_admin => Permission::BOTH,
        Some(Known { person: Some(id), .. }) => table.decide(Some(id), topic).unwrap_or(Permission::BOTH),
        // Nobody may less with a token than without.
        Some(known) => known.by_scope | anybody(),
    }
}

/// Who asks.
pub(crate) struct Visitor {
    porter: Arc<Porter>,
    known: Option<Arc<Known>>,
    address: Option<IpAddr>,
    /// The newest change of users and tokens when they were recognised.
    recognised_at: u64,
    /// Up to which change of rules, users and tokens they were found to be allowed what they do.
    seen: AtomicU64,
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitor").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl Clone for Visitor {
    fn clone(&self) -> Self {
        Self {
            porter: self.porter.clone(),
            known: self.known.clone(),
            address: self.address,
            recognised_at: self.recognised_at,
            seen: AtomicU64::new(self.seen.load(Ordering::Relaxed)),
        }
    }
}

impl Visitor {
    /// Recognises who asks: Basic with name and password, Basic with a token as password, Bearer with a token, or
    /// `?auth=` with such a header as base64url. Who shows nothing is nobody in particular.
    ///
    /// # Errors
    /// 40101 when what is shown is wrong, 42909 after too many wrong ones, 50301 when the database is away.
    pub(crate) async fn recognise(
        ctx: &Ctx,
        headers: &HeaderMap,
        auth_query: Option<&str>,
        peer: Peer,
    ) -> Result<Self, Refusal> {
        let porter = porter(ctx);
        porter.check_set_up(ctx).await?;
        let address = address_of(peer, headers, porter.settings().behind_proxy);
        match credential::read(headers, auth_query)? {
            Some(credential) => Self::with_credential(ctx, porter, credential, address).await,
            None => Ok(Self::new(porter, None, address)),
        }
    }

    /// Recognises who shows a token, as mail to a topic does in its address; without one it is nobody in particular.
    ///
    /// # Errors
    /// As [`Visitor::recognise`].
    pub(crate) async fn by_token(
        ctx: &Ctx,
        token: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<Self, Refusal> {
        let porter = porter(ctx);
        porter.check_set_up(ctx).await?;
        match token {
            Some(token) => {
                Self::with_credential(ctx, porter, Credential::Token(token.to_owned()), address).await
            }
            None => Ok(Self::new(porter, None, address)),
        }
    }

    /// Somebody whom the guard of Hob's own pages has recognised.
    pub(crate) fn of_identity(ctx: &Ctx, who: &Identity) -> Self {
        Self::new(porter(ctx), Some(Arc::new(Known::of(who))), None)
    }

    async fn with_credential(
        ctx: &Ctx,
        porter: Arc<Porter>,
        credential: Credential,
        address: Option<IpAddr>,
    ) -> Result<Self, Refusal> {
        let before = porter.changes().number();
        let known = porter.whose(ctx, credential, address).await?;
        // A token may end while it is remembered.
        if known.expires_at.is_some_and(|end| end <= ctx.clock.now()) {
            return Err(refusal::UNAUTHORIZED);
        }
        Ok(Self { recognised_at: before, ..Self::new(porter, Some(known), address) })
    }

    fn new(porter: Arc<Porter>, known: Option<Arc<Known>>, address: Option<IpAddr>) -> Self {
        let recognised_at = porter.changes().number();
        Self { porter, known, address, recognised_at, seen: AtomicU64::new(u64::MAX) }
    }

    /// Refuses who may not. Cheap: reads memory, but for the first time after the hub has started.
    ///
    /// # Errors
    /// 40301; 50301 when the rules could never be read.
    pub(crate) async fn may(&self, ctx: &Ctx, topic: &str, right: Right) -> Result<(), Refusal> {
        let allowed = self.allowed(ctx, topic).await?;
        let fits = match right {
            Right::Read => allowed.read,
            Right::Write => allowed.write,
        };
        if fits { Ok(()) } else { Err(refusal::FORBIDDEN) }
    }

    /// What they may with a topic.
    ///
    /// # Errors
    /// 50301 when the rules could never be read.
    pub(crate) async fn allowed(&self, ctx: &Ctx, topic: &str) -> Result<Permission, Refusal> {
        let table = self.porter.table(ctx).await.map_err(|error| refusal_of(&error))?;
        Ok(permission(&table, self.porter.default_access(), self.known(), topic))
    }

    /// Whether a subscription that began some time ago may go on: neither who asked nor the rules of these topics
    /// changed in such a way that they may no longer read. One comparison of numbers unless something changed; to be
    /// asked before a message is delivered.
    pub(crate) fn still_may_read(&self, ctx: &Ctx, topics: &[ntfy_protocol::Topic]) -> bool {
        let generation = self.porter.generation();
        let ended = || {
            let end = self.known().and_then(|known| known.expires_at);
            end.is_some_and(|end| end <= ctx.clock.now())
        };
        if self.seen.load(Ordering::Relaxed) == generation {
            return !ended();
        }
        let changed = |known: &Known| known.changed_since(self.porter.changes(), self.recognised_at);
        if self.known().is_some_and(changed) || ended() {
            return false;
        }
        let (table, default) = (self.porter.table_in_memory(), self.porter.default_access());
        let may =
            |topic: &ntfy_protocol::Topic| permission(&table, default, self.known(), topic.as_str()).read;
        let all = topics.iter().all(may);
        if all {
            self.seen.store(generation, Ordering::Relaxed);
        }
        all
    }

    /// Uses something up. Requests and bytes from exempt networks are counted, but not limited.
    ///
    /// # Errors
    /// 41301, 42901, 42902, 42908: the limit that is reached.
    pub(crate) fn pay(&self, ctx: &Ctx, cost: Cost) -> Result<(), Refusal> {
        let settings = self.porter.settings();
        let (limits, now, today) = (&settings.visitor, ctx.clock.monotonic(), today(ctx));
        let (exempt, key) = (self.is_exempt(), self.key());
        self.porter.metered(|meters| {
            let meter = meters.of(&key, now);
            match cost {
                Cost::Request if exempt => Ok(()),
                Cost::Request => {
                    let rule = Refill { size: limits.requests, every: limits.request_every };
                    meter.requests.take(now, rule).map_err(|wait| {
                        let seconds = wait.as_millis().div_ceil(1000);
                        refusal::LIMIT_REQUESTS.with_detail(&format!("try again in {seconds} s"))
                    })
                }
                Cost::Message => {
                    let limit = Some(limits.messages).filter(|limit| *limit > 0);
                    meter.messages.take(today, 1, limit).then_some(()).ok_or(refusal::LIMIT_MESSAGES)
                }
                Cost::Email => {
                    let rule = Refill { size: limits.emails, every: limits.email_every };
                    meter.emails.take(now, rule).map_err(|_| refusal::LIMIT_EMAILS)?;
                    meter.emails_today.take(today, 1, None);
                    Ok(())
                }
                Cost::AttachmentBytes(bytes) => {
                    let limit = Some(limits.attachments).filter(|_| !exempt);
                    let fits = meter.attachment_bytes.add(now, settings.attachment_expiry, bytes, limit);
                    fits.then_some(()).ok_or(refusal::ATTACHMENT_TOO_LARGE)
                }
            }
        })?;
        if cost == Cost::Message {
            self.porter.count_message(now);
        }
        Ok(())
    }

    /// Whether they ask from a network whose requests are not limited, or from this machine.
    pub(crate) fn is_exempt(&self) -> bool {
        let settings = self.porter.settings();
        self.address.is_none_or(|own| settings.exempt.iter().any(|net| net.contains(own)))
    }

    /// What they have used up today.
    pub(crate) fn used(&self, ctx: &Ctx) -> Used {
        let (key, now, today) = (self.key(), ctx.clock.monotonic(), today(ctx));
        self.porter.metered(|meters| {
            let meter = meters.of(&key, now);
            Used {
                messages: meter.messages.used(today),
                emails: meter.emails_today.used(today),
                subscriptions: meter.subscriptions.load(Ordering::Relaxed),
            }
        })
    }

    /// Takes a place among this visitor's subscriptions.
    ///
    /// # Errors
    /// 42903.
    pub(crate) fn subscribe(&self, ctx: &Ctx) -> Result<SubscriptionPlace, Refusal> {
        let (key, now) = (self.key(), ctx.clock.monotonic());
        let taken = self.porter.metered(|meters| meters.of(&key, now).subscriptions.clone());
        let most = self.porter.settings().visitor.subscriptions;
        SubscriptionPlace::take(&taken, most).ok_or(refusal::LIMIT_SUBSCRIPTIONS)
    }

    /// The name of who asks, if somebody is logged in.
    pub(crate) fn name(&self) -> Option<&str> {
        self.known().map(|known| known.name.as_str())
    }

    /// Who was recognised.
    pub(crate) fn known(&self) -> Option<&Known> {
        self.known.as_deref()
    }

    /// From where they ask; `None` for the local socket and Hob's own pages.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whose limits and quotas count: a person, a token, or an address.
    pub(crate) fn key(&self) -> String {
        match (self.known(), self.address) {
            (Some(known), _) => known.key(),
            (None, Some(address)) => address_key(address),
            (None, None) => "local".to_owned(),
        }
    }
}

/// The day of the limits that are by day, in UTC.
pub(crate) fn today(ctx: &Ctx) -> i64 {
    ctx.clock.now().millis().div_euclid(86_400_000)
}

/// Whose address counts. Behind a proxy in a private network it is the last one that the proxy wrote: anything before that
/// may be made up.
fn address_of(peer: Peer, headers: &HeaderMap, behind_proxy: bool) -> Option<IpAddr> {
    let Peer::Network(socket) = peer else { return None };
    let address = socket.ip().to_canonical();
    if !behind_proxy || !is_private(address) {
        return Some(address);
    }
    let line = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = line.and_then(|line| line.rsplit(',').next()).map(str::trim);
    let read = |text: &str| {
        let bare = text.trim_start_matches('[').split(']').next().unwrap_or(text);
        let socket = || text.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
        text.parse().or_else(|_| bare.parse()).ok().or_else(socket)
    };
    Some(last.and_then(read).map_or(address, |address: IpAddr| address.to_canonical()))
}

#[cfg(test)]
mod tests;
