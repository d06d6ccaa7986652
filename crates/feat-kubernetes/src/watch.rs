//! Keeps one unit of the mirror in step with the cluster: lists it, then follows its changes, for as long as it is there.

use crate::client::{Api, Fault, Trouble};
use crate::mirror::{Mirror, Reading, Unit};
use cluster_model::Kind;
use cluster_model::objects::Key;
use hob_base::Clock;
use prometheus_client::metrics::counter::Counter;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Objects in one page of a list.
const PAGE: usize = 250;
/// How long the server keeps a watch open, in seconds. It looks at permissions only when one begins.
const WATCH_SECONDS: u64 = 240;
/// After so long without a word, not even a bookmark, which servers send each minute, the connection may be dead: a new watch
/// goes on from where this one was.
const WATCH_WITHIN: Duration = Duration::from_secs(130);
/// When what is not permitted is asked for again, once that is certain.
const FORBIDDEN_AGAIN: Duration = Duration::from_secs(120);
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The shortest time from one watch to the next: a proxy may end each at once.
const WATCH_PAUSE: Duration = Duration::from_millis(500);
/// A list after which changes could be followed for so long was worth it; those that were not come ever more rarely.
const SETTLED: Duration = Duration::from_secs(60);
/// After so many failures in a row a kind counts as not readable.
const FAILURES_MAX: u32 = 3;

/// What the watches of one cluster share: whether the server answers, and how they say that it seems not to.
pub(crate) struct Link {
    /// Whether the server answers, and how often it came back.
    state: watch::Sender<(bool, u64)>,
    /// Somebody had trouble that may mean that the server is away.
    pub(crate) doubt: Notify,
    /// The server no longer has a kind that it had.
    pub(crate) vanished: Notify,
    /// What Hob signs in with is no longer accepted.
    pub(crate) unknown: Notify,
    /// How often a watch had to begin anew, for the figures.
    restarts: Counter,
}

impl Link {
    pub(crate) fn new(restarts: Counter) -> Self {
        Self {
            state: watch::channel((true, 0)).0,
            doubt: Notify::new(),
            vanished: Notify::new(),
            unknown: Notify::new(),
            restarts,
        }
    }

    /// Says whether the server answers.
    pub(crate) fn set(&self, online: bool) {
        self.state.send_if_modified(|state| {
            let changed = state.0 != online;
            *state = (online, state.1 + u64::from(changed && online));
            changed
        });
    }

    async fn online(&self) -> u64 {
        let mut state = self.state.subscribe();
        // The sender lives as long as this.
        let epoch = state.wait_for(|state| state.0).await.map(|state| state.1);
        epoch.unwrap_or_default()
    }

    async fn offline(&self) {
        let mut state = self.state.subscribe();
        if state.wait_for(|state| !state.0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What one watch works with.
#[derive(Clone)]
pub(crate) struct Follower {
    pub(crate) api: Api,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) link: Arc<Link>,
    pub(crate) clock: Clock,
}

/// What is to be done after a failure.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Go on from where it was.
    Resume,
    /// List anew.
    Relist,
    /// The kind is gone.
    End,
}

impl Follower {
    /// Keeps the unit in step until the cluster no longer has its kind. `path`: of its group and version.
    pub(crate) async fn follow(self, unit: Unit, path: String) -> Unit {
        let mut page = PAGE;
        let mut failures = 0;
        let mut in_vain: u32 = 0;
        loop {
            let epoch = self.link.online().await;
            let version = match self.list(&unit, &path, page).await {
                Ok(version) => version,
                Err(trouble) => {
                    if trouble.fault == Fault::TooLarge {
                        page = (page / 4).max(1);
                    }
                    failures += 1;
                    if self.recover(&unit, trouble, failures).await == Next::End {
                        return unit;
                    }
                    continue;
                }
            };
            failures = 0;
            let began = self.clock.monotonic();
            if self.watch(&unit, &path, version, epoch).await == Next::End {
                return unit;
            }
            // A server that calls every version too old is not asked for everything over and over.
            let settled = self.clock.monotonic().saturating_sub(began) >= SETTLED;
            in_vain = if settled { 0 } else { in_vain.saturating_add(1) };
            if in_vain > 1 {
                self.clock.sleep(pause(in_vain - 1)).await;
            }
        }
    }

    /// Reads everything, and returns from which version on changes are to be followed.
    async fn list(&self, unit: &Unit, path: &str, limit: usize) -> Result<String, Trouble> {
        let mut seen: BTreeSet<Key> = BTreeSet::new();
        let mut next = String::new();
        loop {
            let place = address(unit, path, &format!("limit={limit}&continue={}", encoded(&next)));
            let page = self.api.list(&place, |object| seen.extend(self.mirror.apply(unit, object))).await?;
            next = page.next;
            if next.is_empty() {
                self.mirror.complete(unit, seen);
                return Ok(page.version);
            }
        }
    }

    /// Follows changes until the list must be read anew or the kind is gone.
    async fn watch(&self, unit: &Unit, path: &str, mut version: String, epoch: u64) -> Next {
        let mut failures = 0;
        loop {
            let from = version.clone();
            let followed = tokio::select! {
                followed = self.changes(unit, path, &mut version) => followed,
                () = self.link.offline() => return Next::Relist,
            };
            self.link.restarts.inc();
            match followed {
                Ok(()) => {
                    failures = 0;
                    self.clock.sleep(WATCH_PAUSE + jitter(WATCH_PAUSE)).await;
                }
                Err(trouble) if trouble.fault == Fault::Gone => return Next::Relist,
                Err(trouble) => {
                    failures = if version == from { failures + 1 } else { 1 };
                    match self.recover(unit, trouble, failures).await {
                        Next::Resume if failures < FAILURES_MAX => {}
                        Next::Resume => return Next::Relist,
                        other => return other,
                    }
                }
            }
            // After an outage nobody knows what the versions of the server are worth.
            if self.link.online().await != epoch {
                return Next::Relist;
            }
        }
    }

    /// Follows changes until the server ends the watch.
    async fn changes(&self, unit: &Unit, path: &str, version: &mut String) -> Result<(), Trouble> {
        let query = format!(
            "watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}",
            encoded(version)
        );
        let mut changes = self.api.watch(&address(unit, path, &query)).await?;
        while let Ok(next) = tokio::time::timeout(WATCH_WITHIN, changes.next()).await {
            let Some(change) = next? else { break };
            if change.what == "ERROR" {
                return Err(Trouble::in_watch(&self.api.server, &change.object));
            }
            let metadata = change.object.get("metadata").and_then(|metadata| metadata.get("resourceVersion"));
            if let Some(newer) = metadata.and_then(serde_json::Value::as_str) {
                newer.clone_into(version);
            }
            match change.what.as_str() {
                "ADDED" | "MODIFIED" => {
                    self.mirror.apply(unit, change.object);
                }
                "DELETED" => self.mirror.remove(unit, &change.object),
                _ => {}
            }
        }
        Ok(())
    }

    /// Notes what went wrong, waits for as long as that asks for, and says how it goes on.
    async fn recover(&self, unit: &Unit, trouble: Trouble, failures: u32) -> Next {
        match trouble.fault {
            Fault::NotFound => {
                // A server that has just started does not know all of its kinds yet: what it has is asked anew, and only
                // then is anything gone.
                self.mirror.reading(unit, Reading::Failing(trouble));
                self.link.vanished.notify_one();
                return Next::End;
            }
            Fault::Gone => {
                self.clock.sleep(pause(failures)).await;
                return Next::Relist;
            }
            Fault::Forbidden => {
                self.mirror.reading(unit, Reading::Forbidden(trouble.evidence));
                let pause = forbidden_pause(failures);
                self.clock.sleep(pause + jitter(pause / 4)).await;
                return Next::Relist;
            }
            Fault::Unauthorized => {
                self.link.unknown.notify_one();
                self.clock.sleep(pause(failures.max(3))).await;
            }
            Fault::Away | Fault::Tls | Fault::Setup => {
                self.link.doubt.notify_one();
                self.clock.sleep(pause(failures)).await;
            }
            Fault::Busy | Fault::Protocol | Fault::TooLarge => {
                if failures >= FAILURES_MAX {
                    self.mirror.reading(unit, Reading::Failing(trouble));
                }
                self.clock.sleep(pause(failures)).await;
            }
        }
        Next::Resume
    }
}

/// A server that has just started knows nobody's rights for some seconds; later, rights are seldom given.
fn forbidden_pause(failures: u32) -> Duration {
    match failures {
        0..=2 => Duration::from_secs(2),
        3 => Duration::from_secs(5),
        4 => Duration::from_secs(15),
        _ => FORBIDDEN_AGAIN,
    }
}

/// Half a second, then double each time, a little more or less so that not all come back at once.
pub(crate) fn pause(failures: u32) -> Duration {
    let whole = Duration::from_millis(500 << failures.saturating_sub(1).min(8)).min(PAUSE_MAX);
    whole / 2 + jitter(whole / 2)
}

/// Something up to `most`.
pub(crate) fn jitter(most: Duration) -> Duration {
    // Each such hasher has keys of its own, which come from the system's randomness.
    let share = RandomState::new().hash_one(0_u8) >> 32;
    most.mul_f64(share as f64 / f64::from(u32::MAX))
}

/// The units that are to be watched of a kind.
pub(crate) fn units(kind: Kind, namespaces: &[String]) -> Vec<Unit> {
    let selectors: &[Option<&'static str>] = match kind {
        Kind::Event => &[Some("type=Warning")],
        // A secret of another type is never asked for: Helm's alone may be a megabyte each.
        Kind::Secret => &[
            Some("type=kubernetes.io/dockerconfigjson"),
            Some("type=kubernetes.io/dockercfg"),
            Some("type=kubernetes.io/tls"),
        ],
        _ => &[None],
    };
    let everywhere = [None];
    let within: Vec<Option<String>> = namespaces.iter().cloned().map(Some).collect();
    let places = if within.is_empty() || !kind.resource().namespaced { &everywhere[..] } else { &within };
    let each = |namespace: &Option<String>| {
        let namespace = namespace.clone();
        selectors.iter().map(move |selector| Unit { kind, namespace: namespace.clone(), selector: *selector })
    };
    places.iter().flat_map(each).collect()
}

/// Path and query of a unit.
fn address(unit: &Unit, path: &str, query: &str) -> String {
    let plural = unit.kind.resource().plural;
    let place = match &unit.namespace {
        Some(namespace) => format!("{path}/namespaces/{}/{plural}", encoded(namespace)),
        None => format!("{path}/{plural}"),
    };
    match unit.selector {
        Some(selector) => format!("{place}?{query}&fieldSelector={}", encoded(selector)),
        None => format!("{place}?{query}"),
    }
}

/// Percent-encoding (RFC 3986, section 2.1) of everything that is not unreserved.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_asked_for() {
        let secrets = units(Kind::Secret, &[]);
        assert_eq!(secrets.len(), 3);
        assert_eq!(
            address(&secrets[0], "/api/v1", "limit=1"),
            "/api/v1/secrets?limit=1&fieldSelector=type%3Dkubernetes.io%2Fdockerconfigjson"
        );
        let pods = units(Kind::Pod, &["media".to_owned(), "a/b".to_owned()]);
        assert_eq!(address(&pods[0], "/api/v1", "x=1"), "/api/v1/namespaces/media/pods?x=1");
        assert_eq!(address(&pods[1], "/api/v1", "x=1"), "/api/v1/namespaces/a%2Fb/pods?x=1");
        assert_eq!(units(Kind::Node, &["media".to_owned()])[0].namespace, None);
    }

    #[test]
    fn pauses_grow_to_a_minute_and_are_never_the_same() {
        for failures in 0..100 {
            assert!(pause(failures) <= PAUSE_MAX);
        }
        assert!(pause(20) >= PAUSE_MAX / 2);
        let several: BTreeSet<Duration> = (0..20).map(|_| jitter(PAUSE_MAX)).collect();
        assert!(several.len() > 10);
    }

    #[tokio::test]
    async fn whoever_waits_for_the_server_hears_when_it_is_back() {
        let link = Link::new(Counter::default());
        let first = link.online().await;
        link.set(false);
        link.offline().await;
        link.set(true);
        assert_eq!(link.online().await, first + 1);
    }
}
