//! What the runner does about the Internet connection: which checks need it, whom it asks when one of them fails, and
//! what it says while the connection is lost.

use super::{Runner, SOURCE};
use crate::model::guard::Step;
use crate::model::outside::{host_of, is_costly, is_outside};
use crate::model::progress::Said;
use hob_base::{Health, Observation, ResourceId};
use hob_feature::CheckSpec;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinError;
use tracing::{info, warn};

/// How often anchors are asked.
const ANCHORS_EVERY: Duration = Duration::from_secs(60);
/// How often they are asked while the connection is lost.
const LOST_ANCHORS_EVERY: Duration = Duration::from_secs(5);
/// How often it is said of the connection how it is, though nothing changed.
const SAID_EVERY: Duration = Duration::from_secs(3600);
/// How long that holds.
const HOLDS_FOR: Duration = Duration::from_secs(3 * 3600);

/// The resource that stands for the connection.
pub(crate) fn connection() -> ResourceId {
    ResourceId::new("connection", "home", "internet")
}

impl Runner {
    /// Lets the guard know which checks go outside. Returns whether there was or is any. A check that must fail says
    /// nothing of the way.
    pub(super) fn guard_checks(&mut self, specs: &[Arc<CheckSpec>]) -> bool {
        let before = !self.guard.is_empty();
        for spec in specs {
            let host = host_of(&spec.target).filter(|host| match self.placed.get(&spec.resource) {
                Some(outside) => *outside,
                None => is_outside(host, None, &self.internet.outside),
            });
            match host {
                Some(host) if !spec.upside_down => {
                    self.guard.add(spec.resource.clone(), host, is_costly(&spec.target));
                }
                _ => self.guard.remove(&spec.resource),
            }
        }
        before || !self.guard.is_empty()
    }

    /// A name may lead into the house or out of it: what was connected to shows.
    pub(super) async fn place(&mut self, spec: &Arc<CheckSpec>, remote: Option<IpAddr>) {
        let Some(remote) = remote else { return };
        if !self.schedule.contains(&spec.resource) {
            return;
        }
        let outside = is_outside("", Some(remote), &self.internet.outside);
        let before = self.placed.insert(spec.resource.clone(), outside);
        if before != Some(outside) && outside != self.guard.has(&spec.resource) {
            self.guard_checks(std::slice::from_ref(spec));
            self.tell_connection().await;
        }
    }

    /// When to say again how the connection is; nothing before anything was heard.
    pub(super) fn connection_due(&self) -> Option<Duration> {
        (self.guard.is_informed() && !self.guard.is_empty()).then_some(self.connection_at)
    }

    /// Says how the connection is; nothing of it where nothing goes outside, or nothing was heard from there yet.
    pub(super) async fn tell_connection(&mut self) {
        if self.guard.is_empty() {
            self.ctx.resources.withdraw(SOURCE, connection()).await;
            return;
        }
        if !self.guard.is_informed() {
            return;
        }
        self.connection_at = self.ctx.clock.monotonic() + SAID_EVERY;
        let count = self.guard.addresses();
        let health = if self.guard.is_lost() {
            Health::critical(format!(
                "The Internet connection is down: none of {count} outside addresses can be reached."
            ))
            .with_remedy(
                "Look at the router and at the line; if others have the same trouble, it is the provider.",
            )
        } else if self.guard.can_tell() {
            Health::ok("Outside addresses can be reached.")
        } else {
            Health::ok(
                "Nothing speaks against it. Only one outside address is checked: name anchors under [internet] to be surer.",
            )
        };
        let observation =
            Observation::new(SOURCE, connection(), HOLDS_FOR).named("Internet connection").judged(health);
        self.ctx.resources.observe(observation).await;
    }

    /// Says of a check that nobody can tell how what it checks is.
    pub(super) async fn say_cut_off(&self, spec: &CheckSpec) {
        let health = Health::unknown("Hob cannot tell, because the Internet connection is down.");
        self.say(spec, Said::of(health)).await;
    }

    /// Does what the guard asks for.
    pub(super) async fn take_step(&mut self, step: Step) {
        let now = self.ctx.clock.monotonic();
        match step {
            Step::Nothing => {}
            Step::Ask(checks) => {
                for id in checks {
                    self.schedule.poke(&id, now);
                }
                self.anchors_at = now;
            }
            Step::Unfounded(checks) => {
                for id in checks {
                    self.schedule.poke(&id, now);
                }
            }
            Step::Lost => {
                warn!("nothing outside answers any more: the Internet connection is down");
                // The cause first, so that nobody sees its effects without it.
                self.tell_connection().await;
                for id in self.guard.all() {
                    if let Some(spec) = self.ctx.checks.find(&id) {
                        self.say_cut_off(&spec).await;
                    }
                }
                self.anchors_at = now + LOST_ANCHORS_EVERY;
            }
            Step::Back => {
                info!("the Internet connection is there again");
                for id in self.guard.all() {
                    self.schedule.poke(&id, now);
                }
                self.tell_connection().await;
            }
        }
    }

    /// Asks every anchor, if it is time to and nobody is asked already. Without a check that goes outside nothing does.
    pub(super) fn ask_anchors_if_due(&mut self, now: Duration) {
        if self.internet.anchors.is_empty() || now < self.anchors_at || !self.anchors.is_empty() {
            return;
        }
        self.anchors_at = now + if self.guard.is_lost() { LOST_ANCHORS_EVERY } else { ANCHORS_EVERY };
        if self.guard.is_empty() {
            return;
        }
        for (n, anchor) in self.internet.anchors.iter().enumerate() {
            let asked = (self.asking.anchor)(anchor.clone());
            self.anchors.spawn(async move { (n, asked.await) });
        }
    }

    /// Takes in what an anchor said.
    pub(super) async fn take_anchor(&mut self, ended: Result<(usize, bool), JoinError>) {
        // One that broke off says nothing.
        let Ok((anchor, there)) = ended else { return };
        let step = self.guard.heard_anchor(anchor, there, self.ctx.clock.monotonic());
        self.take_step(step).await;
    }
}
