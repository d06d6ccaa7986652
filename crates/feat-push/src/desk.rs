//! What the parts of the push server share: the broker, the way to the writer, where it listens, its figures.

use crate::broker::Broker;
use crate::config::{self, Settings};
use crate::port;
use crate::store::attachments;
use crate::stream::Upgraded;
use crate::writer::{self, Order};
use hob_base::{Error, Result};
use hob_db::Db;
use hob_feature::Ctx;
use ntfy_protocol::message_id;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use ring::rand::SecureRandom;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{Notify, mpsc};

/// How many connections may wait to be taken over by the listener that carries them.
const UPGRADES_WAITING: usize = 256;

/// The push server.
pub(crate) struct Desk {
    /// Who listens.
    pub(crate) broker: Arc<Broker>,
    /// To the writer.
    pub(crate) orders: mpsc::Sender<Order>,
    /// Held by the writer while it runs.
    pub(crate) ordered: tokio::sync::Mutex<mpsc::Receiver<Order>>,
    /// To the listener that carries connections which began as HTTP.
    pub(crate) upgrades: mpsc::Sender<Upgraded>,
    /// Held by that listener while it runs.
    pub(crate) upgraded: tokio::sync::Mutex<mpsc::Receiver<Upgraded>>,
    /// Rung when a message for later was taken.
    pub(crate) due: Notify,
    /// Bytes that attachments take or have reserved.
    pub(crate) attached: Attached,
    /// The greatest place that was ever given to a message while this hub runs: none is given twice.
    pub(crate) placed: AtomicI64,
    /// How many messages wait for their time, as far as is known.
    pub(crate) scheduled: AtomicU64,
    address: Mutex<Option<SocketAddr>>,
    figures: OnceLock<Figures>,
    random: ring::rand::SystemRandom,
}

/// How much room attachments take; known once the table was read.
#[derive(Default)]
pub(crate) struct Attached {
    bytes: AtomicU64,
    known: tokio::sync::OnceCell<()>,
}

/// What `/metrics` shows.
pub(crate) struct Figures {
    /// Messages taken.
    pub(crate) published: Counter,
    /// Messages that could not be kept.
    pub(crate) refused: Counter,
    /// Subscribers that did not read.
    pub(crate) slow: Counter,
    /// Subscriptions begun.
    pub(crate) subscriptions: Counter,
    /// Subscriptions now.
    pub(crate) subscribers: Gauge,
}

impl Default for Desk {
    fn default() -> Self {
        let (orders, ordered) = mpsc::channel(writer::WAITING_MAX);
        let (upgrades, upgraded) = mpsc::channel(UPGRADES_WAITING);
        Self {
            broker: Arc::default(),
            orders,
            ordered: ordered.into(),
            upgrades,
            upgraded: upgraded.into(),
            due: Notify::new(),
            attached: Attached::default(),
            placed: AtomicI64::new(0),
            scheduled: AtomicU64::new(0),
            address: Mutex::default(),
            figures: OnceLock::new(),
            random: ring::rand::SystemRandom::new(),
        }
    }
}

/// The push server of this hub.
pub(crate) fn desk(ctx: &Ctx) -> Arc<Desk> {
    ctx.memory.of::<Desk>()
}

impl Desk {
    /// An id for a message: twelve letters and digits that nobody guesses.
    pub(crate) fn new_id(&self) -> Result<String> {
        let mut bytes = [0; 16];
        let filled = self.random.fill(&mut bytes);
        filled.map_err(|_| Error::Unavailable("The system gives no random numbers.".to_owned()))?;
        Ok(message_id(bytes))
    }

    /// Where the push server's own port is, once it is open.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes where the push server's own port is.
    pub(crate) fn set_address(&self, address: Option<SocketAddr>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// What is counted.
    pub(crate) fn figures(&self, ctx: &Ctx) -> &Figures {
        self.figures.get_or_init(|| {
            let counter = |name, help| ctx.metrics.register(name, help, Counter::default());
            Figures {
                published: counter("push_messages", "Messages that the push server took"),
                refused: counter("push_messages_refused", "Messages that could not be kept"),
                slow: counter(
                    "push_slow_subscribers",
                    "Subscribers that were dropped since they did not read",
                ),
                subscriptions: counter("push_subscriptions", "Subscriptions that were begun"),
                subscribers: ctx.metrics.register("push_subscribers", "Subscribers now", Gauge::default()),
            }
        })
    }

    /// How phones reach this server, without a slash at the end: as the settings say, else as this request reached it.
    pub(crate) fn base_url(&self, ctx: &Ctx, asked: Option<&http::HeaderMap>) -> String {
        let settings: Arc<Settings> = config::settings(ctx);
        if let Some(url) = &settings.base_url {
            return url.clone();
        }
        let header = |name: &str| asked?.get(name)?.to_str().ok();
        if let Some(host) = header("host").filter(|host| is_reachable(host)) {
            let https = settings.behind_proxy && header("x-forwarded-proto") == Some("https");
            return format!("{}://{host}", if https { "https" } else { "http" });
        }
        match (&settings.hostname, self.address().or_else(|| port::address(ctx))) {
            (_, Some(address)) => format!("http://{}:{}", ctx.hostname, address.port()),
            (Some(hostname), None) => format!("http://{hostname}:{}", ctx.listen.port()),
            (None, None) => format!("http://{}:{}", ctx.hostname, ctx.listen.port()),
        }
    }
}

/// Whether a `Host` header names something that other machines reach, too.
fn is_reachable(host: &str) -> bool {
    host.len() <= 255 && name_in(host).is_some()
}

/// The name in a `Host` header, if other machines can use it.
pub(crate) fn name_in(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    let away = !name.eq_ignore_ascii_case("localhost") && !name.starts_with("127.") && name != "[::1]";
    (!name.is_empty() && name.bytes().all(plain) && away).then_some(name)
}

impl Attached {
    /// Reads once how much is on disk; from then on it is counted.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(crate) async fn know(&self, db: &Db) -> Result<()> {
        let read = || async {
            self.bytes.fetch_add(attachments::total(db).await?, Ordering::Relaxed);
            Ok(())
        };
        self.known.get_or_try_init(read).await?;
        Ok(())
    }

    /// Takes room for so many bytes, if all together stay within `limit`.
    pub(crate) fn reserve(&self, bytes: u64, limit: u64) -> bool {
        let fits = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= limit);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    /// Gives room back.
    pub(crate) fn release(&self, bytes: u64) {
        let less = |taken: u64| Some(taken.saturating_sub(bytes));
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// How much is taken.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_reserved_before_it_is_used() {
        let attached = Attached::default();
        assert!(attached.reserve(60, 100) && !attached.reserve(60, 100) && attached.reserve(40, 100));
        attached.release(60);
        assert_eq!(attached.bytes(), 40);
        attached.release(60);
        assert_eq!(attached.bytes(), 0);
    }

    #[test]
    fn a_link_leads_where_others_can_go() {
        for host in ["push.lan", "push.lan:4621", "192.168.1.2:4621", "[fd00::1]:4621"] {
            assert!(is_reachable(host), "{host}");
        }
        for host in ["localhost", "LOCALHOST:4621", "127.0.0.1:4621", "[::1]:80", "", "a b", "x/y", "x\"y"] {
            assert!(!is_reachable(host), "{host}");
        }
    }
}
