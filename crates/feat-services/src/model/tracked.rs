//! An endpoint over time: what it is, whether it still listens, and what is said of it.

use super::endpoints::{Endpoint, address_text, targets};
use super::known;
use super::page::is_generic;
use super::process::Process;
use hob_base::{Health, Observation, ResourceId, Timestamp};
use hob_feature::{CheckSpec, CheckTarget};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The name under which discovery speaks and publishes its checks.
pub(crate) const SOURCE: &str = "services";
/// How long a word holds; it is said again every minute.
pub(crate) const HOLDS_FOR: Duration = Duration::from_secs(300);
/// So many looks in a row without the socket, and it is gone. One is a restart.
pub(crate) const GONE_AFTER: u32 = 2;
/// A page and its icon are looked at again after this time.
const IDENTIFY_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// What does not speak HTTP may only be slow to start: it is looked at again after these times.
const SECOND_LOOKS: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(600)];
/// From here on the kernel gives out ports by itself (ip_local_port_range): a program that asks for any gets another one
/// next time, and its end is no news.
const EPHEMERAL_FROM: u16 = 32_768;

/// Time enough to read what happened to something that was there only briefly.
const MISSED_AT_LEAST: Duration = Duration::from_secs(900);
const MISSED_AT_LEAST_EPHEMERAL: Duration = Duration::from_secs(180);

/// What an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody has looked yet.
    Unknown,
    /// It speaks HTTP.
    Web(Web),
    /// It does not.
    Other(Other),
}

/// How it was found that something is no web service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Other {
    /// Its port or program is known to speak something else; it was never asked.
    Known,
    /// It answered in another protocol.
    Spoke,
    /// It gave no answer.
    Silent,
}

impl Other {
    /// The word in the table.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Spoke => "spoke",
            Self::Silent => "silent",
        }
    }

    /// Reads the word in the table.
    pub(crate) fn parse(text: &str) -> Self {
        [Self::Known, Self::Spoke].into_iter().find(|other| other.as_str() == text).unwrap_or(Self::Silent)
    }
}

/// What a web service says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Web {
    /// Its address on this machine.
    pub(crate) url: String,
    /// The title of its page.
    pub(crate) title: Option<String>,
    /// The header `Server`.
    pub(crate) server: Option<String>,
    /// The header `Content-Type`, without its parameters.
    pub(crate) content_type: Option<String>,
    /// The name of its icon.
    pub(crate) icon: Option<String>,
}

impl Web {
    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &str {
        self.url.split(':').next().unwrap_or_default()
    }
}

/// What a look at an endpoint found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A web service.
    Web(Web),
    /// Something else.
    Other(Other),
}

/// An endpoint over time.
#[derive(Debug, Clone)]
pub(crate) struct Tracked {
    /// What it is called within this machine: its port, with an address where that is needed.
    pub(crate) name: String,
    /// Its port.
    pub(crate) port: u16,
    /// On which addresses it listens.
    pub(crate) addresses: BTreeSet<IpAddr>,
    /// What it is.
    pub(crate) identity: Identity,
    /// The name of its process; kept when the process is gone.
    pub(crate) process_name: Option<String>,
    /// Its process, where Hob may see it.
    pub(crate) process: Option<Process>,
    /// When it was first found.
    pub(crate) first_seen: Timestamp,
    /// When its socket was last there.
    pub(crate) last_listening_at: Timestamp,
    /// When it was last asked what it is.
    pub(crate) identified_at: Timestamp,
    /// When to ask it again, on the monotonic clock.
    pub(crate) due: Option<Duration>,
    inodes: BTreeSet<u64>,
    looks: u32,
    /// Whether the process is another than the one that was identified.
    replaced: bool,
    missing: u32,
}

/// What a look at the sockets changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Nothing of note.
    Same,
    /// It was there and is gone.
    Vanished,
    /// It was gone and is back.
    Returned,
}

impl Tracked {
    /// An endpoint that was just found. It is looked at as soon as possible, unless it is known to be no web service.
    pub(crate) fn new(
        name: String,
        endpoint: &Endpoint,
        process: Option<Process>,
        now: Timestamp,
        due: Duration,
    ) -> Self {
        let mut tracked = Self {
            name,
            port: endpoint.port,
            addresses: BTreeSet::new(),
            identity: Identity::Unknown,
            process_name: None,
            process: None,
            first_seen: now,
            last_listening_at: now,
            identified_at: now,
            due: None,
            inodes: BTreeSet::new(),
            looks: 0,
            replaced: false,
            missing: 0,
        };
        tracked.seen(endpoint, process, now, due);
        tracked
    }

    /// An endpoint that was known before the hub was restarted. What it is stands until its socket is seen.
    pub(crate) fn restored(
        name: String,
        port: u16,
        addresses: BTreeSet<IpAddr>,
        identity: Identity,
        process_name: Option<String>,
        times: [Timestamp; 3],
    ) -> Self {
        let [first_seen, last_listening_at, identified_at] = times;
        Self {
            name,
            port,
            addresses,
            identity,
            process_name,
            process: None,
            first_seen,
            last_listening_at,
            identified_at,
            due: None,
            inodes: BTreeSet::new(),
            looks: 0,
            replaced: false,
            missing: 0,
        }
    }

    /// Takes in that its socket is there. A new socket or another program is looked at anew.
    pub(crate) fn seen(
        &mut self,
        endpoint: &Endpoint,
        process: Option<Process>,
        now: Timestamp,
        monotonic: Duration,
    ) -> Presence {
        let returned = std::mem::take(&mut self.missing) >= GONE_AFTER;
        let new_socket = self.inodes.is_disjoint(&endpoint.inodes);
        let new_name = process.as_ref().map(|process| process.name.clone());
        let other_program =
            new_name.is_some() && self.process_name.is_some() && new_name != self.process_name;
        self.addresses.clone_from(&endpoint.addresses);
        self.inodes.clone_from(&endpoint.inodes);
        self.last_listening_at = now;
        if new_name.is_some() {
            self.process_name = new_name;
        }
        self.process = process;
        self.replaced |= other_program;
        let comm = self.process.as_ref().map(|process| process.comm.as_str());
        if known::is_not_http(self.port, comm) {
            if !matches!(self.identity, Identity::Web(_)) || self.replaced {
                self.identity = Identity::Other(Other::Known);
                self.due = None;
            }
        } else if new_socket || other_program {
            self.due = Some(monotonic);
            self.looks = 0;
        }
        if returned { Presence::Returned } else { Presence::Same }
    }

    /// Takes in that its socket is not there.
    pub(crate) fn missed(&mut self) -> Presence {
        self.missing = self.missing.saturating_add(1);
        self.due = None;
        if self.missing == GONE_AFTER {
            self.inodes.clear();
            return Presence::Vanished;
        }
        Presence::Same
    }

    /// Whether its socket is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.missing >= GONE_AFTER
    }

    /// Whether there is nothing to remember of it: its socket is gone, and it was never found out what it was, or it
    /// was some program's passing business.
    pub(crate) fn is_passing(&self) -> bool {
        match self.identity {
            Identity::Unknown => self.missing > 0,
            Identity::Web(_) => false,
            Identity::Other(_) => self.is_gone() && self.port >= EPHEMERAL_FROM,
        }
    }

    /// Until when something that is gone is missed: for as long as it had been there, at most `forget_after`. What ran for
    /// a few minutes was an experiment, and its end is no trouble two weeks later.
    pub(crate) fn missed_until(&self, forget_after: Duration) -> Timestamp {
        let shortest = if self.port >= EPHEMERAL_FROM { MISSED_AT_LEAST_EPHEMERAL } else { MISSED_AT_LEAST };
        let was_there = self.last_listening_at.since(self.first_seen);
        self.last_listening_at.plus(was_there.max(shortest).min(forget_after))
    }

    /// Whether it is worth a row in the table.
    pub(crate) fn is_kept(&self) -> bool {
        match self.identity {
            Identity::Unknown => false,
            Identity::Web(_) => true,
            Identity::Other(_) => self.port < EPHEMERAL_FROM,
        }
    }

    /// Notes that it is being looked at, so that nobody else does; if nothing comes of it, it is due again later.
    pub(crate) fn begin_look(&mut self, monotonic: Duration) -> BTreeSet<u64> {
        self.due = Some(monotonic + Duration::from_secs(120));
        self.inodes.clone()
    }

    /// Where to connect to, best first.
    pub(crate) fn targets(&self) -> Vec<SocketAddr> {
        targets(&self.addresses, self.port)
    }

    /// How many times it was looked at in vain. Later looks are more patient.
    pub(crate) fn looks(&self) -> u32 {
        self.looks
    }

    /// Takes in what a look found, unless the sockets are others by now. Returns whether it was taken in.
    pub(crate) fn identified(
        &mut self,
        found: Found,
        looked_at: &BTreeSet<u64>,
        now: Timestamp,
        monotonic: Duration,
    ) -> bool {
        if self.inodes != *looked_at {
            return false;
        }
        self.identified_at = now;
        let former = match &self.identity {
            Identity::Web(web) => Some(web.clone()),
            _ => None,
        };
        match (found, former) {
            (Found::Web(web), former) => {
                let icon = web.icon.or_else(|| former.filter(|_| !self.replaced)?.icon);
                self.identity = Identity::Web(Web { icon, ..web });
                self.looks = 0;
                self.replaced = false;
                self.due = Some(monotonic + IDENTIFY_EVERY);
            }
            // A service that was restarted and is slow to answer is still that service; its check tells how it is.
            (Found::Other(other), Some(_)) if other == Other::Silent || !self.replaced => {
                self.look_again(monotonic);
            }
            (Found::Other(other), _) => {
                self.identity = Identity::Other(other);
                self.replaced = false;
                self.look_again(monotonic);
            }
        }
        true
    }

    fn look_again(&mut self, monotonic: Duration) {
        let pause = SECOND_LOOKS.get(self.looks as usize);
        self.due = pause.map(|pause| monotonic + *pause);
        self.looks = self.looks.saturating_add(1);
    }

    /// The resource that stands for it, once it is known what it is.
    pub(crate) fn id(&self, hostname: &str) -> Option<ResourceId> {
        match self.identity {
            Identity::Unknown => None,
            Identity::Web(_) => Some(ResourceId::new("service", hostname, &self.name)),
            Identity::Other(_) => Some(ResourceId::new("port", hostname, &self.name)),
        }
    }

    /// What people call it.
    pub(crate) fn title(&self) -> String {
        let title = match &self.identity {
            Identity::Web(web) => web.title.clone().filter(|title| !is_generic(title)),
            _ => None,
        };
        let is_forwarder = self.process.as_ref().is_some_and(Process::is_forwarder);
        let process = self.process_name.clone().filter(|name| !name.is_empty() && !is_forwarder);
        let usual = match &self.identity {
            Identity::Other(_) => known::service_of_port(self.port).map(str::to_owned),
            _ => None,
        };
        title.or(process).or(usual).unwrap_or_else(|| format!("Port {}", self.port))
    }

    /// What is said of it; nothing while it is not known what it is. `last_seen` is the time it was last there, as people
    /// read it.
    pub(crate) fn observation(
        &self,
        hostname: &str,
        host: &ResourceId,
        last_seen: &str,
    ) -> Option<Observation> {
        let mut observation = Observation::new(SOURCE, self.id(hostname)?, HOLDS_FOR)
            .named(self.title())
            .needs(host.clone())
            .fact("port", self.port)
            .fact("address", address_text(&self.addresses))
            .fact("loopback_only", self.addresses.iter().all(IpAddr::is_loopback));
        let mut facts: Vec<(&str, Option<&str>)> = vec![("process", self.process_name.as_deref())];
        if let Some(process) = &self.process {
            observation = observation.fact("pid", process.pid);
            facts.push(("unit", process.unit.as_deref()));
            facts.push(("container", process.container.as_deref()));
        }
        if let Identity::Web(web) = &self.identity {
            facts.push(("url", Some(&web.url)));
            facts.push(("scheme", Some(web.scheme())));
            facts.push(("title", web.title.as_deref()));
            facts.push(("server", web.server.as_deref()));
            facts.push(("content_type", web.content_type.as_deref()));
            facts.push(("icon", web.icon.as_deref()));
        }
        for (key, value) in facts {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                observation = observation.fact(key, value);
            }
        }
        observation.health = self.health(last_seen);
        Some(observation)
    }

    /// Of a web service that listens its check tells how it is; of anything else that it listens is all that is known.
    fn health(&self, last_seen: &str) -> Option<Health> {
        if self.is_gone() {
            return Some(self.gone(last_seen));
        }
        let Identity::Other(other) = self.identity else { return None };
        Some(Health::ok(match other {
            Other::Known => "It is listening; what is known to speak no HTTP is not asked.",
            Other::Spoke => "It is listening; it does not speak HTTP.",
            Other::Silent => "It is listening; it gave no answer over HTTP.",
        }))
    }

    fn gone(&self, last_seen: &str) -> Health {
        let port = self.port;
        let reason = match (&self.process_name, &self.process) {
            (Some(name), Some(process)) => {
                format!("The process `{name}` (pid {}) no longer listens on port {port}.", process.pid)
            }
            (Some(name), None) => format!("The process `{name}` no longer listens on port {port}."),
            (None, _) => format!("Nothing listens on port {port} any more."),
        };
        let start = match self.process.as_ref().map(|process| (&process.unit, &process.container)) {
            Some((Some(unit), None)) => format!("Look at `systemctl status {unit}` and start it again."),
            Some((_, Some(container))) => {
                format!("Look why its container {container} stopped and start it again.")
            }
            _ => "Start it again.".to_owned(),
        };
        Health::critical(reason)
            .with_evidence(format!("It was last seen listening at {last_seen}."))
            .with_remedy(format!("{start} If it is gone for good, press Forget."))
    }

    /// What to probe, if it is a web service.
    pub(crate) fn check(&self, hostname: &str, every: Duration) -> Option<CheckSpec> {
        let Identity::Web(web) = &self.identity else { return None };
        Some(CheckSpec::new(self.id(hostname)?, CheckTarget::found(web.url.clone()), every))
    }
}

#[cfg(test)]
mod tests;
