//! The recent changes of level of one resource, small enough to keep for thousands of them; and what the database has of
//! times long ago.

use hob_base::uptime::{Change, Span, Totals, totals};
use hob_base::{Level, ResourceId, Transition};
use std::collections::HashMap;
use std::time::Duration;

/// How many days a strip shows.
pub const STRIP_DAYS: usize = 90;

/// What flaps all the time is told by its latest changes.
const CHANGES_MAX: usize = 5000;

/// Changes of level in order of time, the last [`STRIP_DAYS`] days and a little more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    changes: Vec<Change>,
}

impl History {
    /// From changes in order of time.
    pub fn new(mut changes: Vec<Change>) -> Self {
        changes.drain(..changes.len().saturating_sub(CHANGES_MAX));
        Self { changes }
    }

    /// Adds what just happened and drops what no strip shows any more.
    pub fn push(&mut self, transition: &Transition) {
        self.changes.push(Change { at: transition.at, to: transition.to });
        let oldest = transition.at.minus(Duration::from_secs((STRIP_DAYS as u64 + 2) * 86_400));
        // The last change before the window stays: it says how the window begins.
        let outdated = self.changes.partition_point(|change| change.at < oldest).saturating_sub(1);
        let outdated = outdated.max(self.changes.len().saturating_sub(CHANGES_MAX));
        self.changes.drain(..outdated);
    }

    /// The changes in order of time.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How long each level lasted in `window`.
    pub fn totals(&self, gaps: &[Span], window: Span) -> Totals {
        totals(&self.changes, gaps, window)
    }

    /// What each of `days` is coloured like; `None` where nothing is known.
    pub fn days(&self, gaps: &[Span], days: &[Span]) -> Vec<Option<Level>> {
        days.iter().map(|day| self.totals(gaps, *day).shown()).collect()
    }
}

/// What the database has of a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The changes of level by resource, in order of time; the first says how the stretch begins, where that is known.
    pub changes: HashMap<ResourceId, Vec<Change>>,
    /// The spans in which the hub did not run, in order. They may begin before the stretch and end after it.
    pub gaps: Vec<Span>,
    /// Whether that is all. In a stretch with very many changes the last ones are left out.
    pub complete: bool,
}
