//! Watches systemd's failed units. A unit that is well has no resource; one that recovers is told for an hour and then no
//! longer.

use super::{Findings, Machine, SOURCE};
use crate::model::{judge_recovered, judge_unit};
use crate::read::systemd::{self, UNITS_MAX};
use hob_base::{Clock, Observation};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a look holds: five passes.
const HOLDS_FOR: Duration = Duration::from_secs(300);
/// How long a unit that recovered is told.
const RECOVERED_TOLD: Duration = Duration::from_secs(3600);

/// What is remembered from one pass to the next: each unit that failed, and since when it no longer is.
#[derive(Default)]
pub(crate) struct UnitWatch {
    known: BTreeMap<String, Option<Duration>>,
}

impl UnitWatch {
    /// Tells what was said before a restart, so that it can be taken back.
    pub(crate) fn remember(&mut self, unit: &str) {
        self.known.entry(unit.to_owned()).or_insert(None);
    }

    /// Looks at all failed units.
    pub(crate) async fn look(&mut self, machine: &Machine, clock: &Clock) -> Findings {
        let mut findings = Findings::default();
        if !systemd::is_running(&machine.roots) {
            findings.withdrawn = self.known.keys().map(|unit| machine.unit_id(unit)).collect();
            self.known.clear();
            return findings;
        }
        let failed = match systemd::failed_units(&machine.systemctl, clock).await {
            Ok(failed) => failed,
            Err(why) => {
                findings.cannot_see.push(format!("systemd units ({why})"));
                return findings;
            }
        };
        if failed.len() >= UNITS_MAX {
            findings.cannot_see.push(format!("failed systemd units beyond the first {UNITS_MAX}"));
        }
        let now = clock.monotonic();
        for (unit, recovered) in &mut self.known {
            if failed.iter().all(|failed| failed.unit != *unit) {
                recovered.get_or_insert(now);
            }
        }
        let say = |unit: &str| {
            Observation::new(SOURCE, machine.unit_id(unit), HOLDS_FOR).named(unit).needs(machine.id())
        };
        for unit in &failed {
            self.known.insert(unit.unit.clone(), None);
            let mut said = say(&unit.unit).judged(judge_unit(unit)).fact("unit", unit.unit.as_str());
            for (key, text) in [("description", &unit.description), ("result", &unit.ending.result)] {
                if !text.is_empty() {
                    said = said.fact(key, text.as_str());
                }
            }
            findings.observations.push(said);
        }
        self.known.retain(|unit, recovered| {
            let Some(since) = recovered else { return true };
            let told = now.saturating_sub(*since) < RECOVERED_TOLD;
            if told {
                findings
                    .observations
                    .push(say(unit).judged(judge_recovered(unit)).fact("unit", unit.as_str()));
            } else {
                findings.withdrawn.push(machine.unit_id(unit));
            }
            told
        });
        findings
    }
}
