//! Which appointments fall into a span of time.

use crate::event::{Calendar, Event, When, time};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashSet;

/// How many days are looked at to unroll all rules of a file. A house has some thousands.
const LOOKED_AT_MAX: u32 = 2_000_000;

/// One appointment at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; for whole days the beginning of the day after the last.
    pub end: Timestamp,
    /// Whether it is of whole days.
    pub all_day: bool,
    /// What it is about.
    pub summary: String,
    /// Where.
    pub location: String,
    /// A page about it: http or https only.
    pub url: Option<String>,
}

impl Calendar {
    /// What takes place between `from` and `to` for somebody in `zone`, by time, at most `limit`.
    pub fn occurrences(
        &self,
        from: Timestamp,
        to: Timestamp,
        zone: &TimeZone,
        limit: usize,
    ) -> Vec<Occurrence> {
        let moved: HashSet<(&str, Timestamp)> = self
            .events
            .iter()
            .filter_map(|event| Some((event.uid.as_str(), event.instead_of.as_ref()?.moment(zone)?)))
            .collect();
        let mut found = Vec::new();
        let mut left_to_look = LOOKED_AT_MAX;
        for event in self.events.iter().filter(|event| !event.cancelled) {
            event.unroll((from, to), zone, &mut left_to_look, |start| {
                let is_moved = event.instead_of.is_none() && moved.contains(&(event.uid.as_str(), start));
                if let Some(occurrence) = event.at(start, zone).filter(|it| !is_moved && it.touches(from, to))
                {
                    found.push(occurrence);
                }
            });
        }
        found.sort_by(|a, b| (a.start, a.end, &a.summary).cmp(&(b.start, b.end, &b.summary)));
        found.truncate(limit);
        found
    }
}

impl Occurrence {
    fn touches(&self, from: Timestamp, to: Timestamp) -> bool {
        self.start < to && (self.end > from || self.start >= from)
    }
}

impl Event {
    /// Every beginning before `to`, without exceptions, perhaps without those that are over before `from`.
    fn unroll(
        &self,
        (from, to): (Timestamp, Timestamp),
        zone: &TimeZone,
        left_to_look: &mut u32,
        mut each: impl FnMut(Timestamp),
    ) {
        let except: HashSet<Timestamp> = self.except.iter().filter_map(|when| when.moment(zone)).collect();
        let mut tell = |when: &When| match when.moment(zone) {
            Some(start) if start < to => {
                if !except.contains(&start) {
                    each(start);
                }
                true
            }
            Some(_) => false,
            None => true,
        };
        for when in &self.also {
            tell(when);
        }
        let Some(rule) = self.rule.as_ref().filter(|_| self.instead_of.is_none()) else {
            tell(&self.start);
            return;
        };
        let last = rule.until.as_deref().and_then(|text| self.last_moment(text, zone));
        let earliest = from.checked_sub(self.length).unwrap_or(Timestamp::MIN).to_zoned(zone.clone()).date();
        // Its own zone may be a day behind.
        let latest = to.to_zoned(zone.clone()).date().saturating_add(jiff::Span::new().days(2));
        rule.days(self.start.date(), (earliest, latest), left_to_look, |day| {
            let when = self.start.on(day);
            let over = when.moment(zone).is_some_and(|start| last.is_some_and(|last| start > last));
            !over && tell(&when)
        });
    }

    /// UNTIL is in UTC, or a day, which counts to its end, or on the same clock as the beginning.
    fn last_moment(&self, until: &str, zone: &TimeZone) -> Option<Timestamp> {
        let own = match &self.start {
            When::Zoned(_, own) => own,
            When::Day(_) | When::Floating(_) => zone,
        };
        match time(until, Some(own))? {
            When::Day(day) => day.at(23, 59, 59, 0).to_zoned(own.clone()).ok().map(|zoned| zoned.timestamp()),
            when => when.moment(zone),
        }
    }

    fn at(&self, start: Timestamp, zone: &TimeZone) -> Option<Occurrence> {
        let all_day = matches!(self.start, When::Day(_));
        let end = if all_day {
            // Days have 23 to 25 hours.
            let days = self.length.as_hours() / 24;
            let first = start.to_zoned(zone.clone()).date();
            first
                .checked_add(jiff::Span::new().try_days(days).ok()?)
                .ok()?
                .to_zoned(zone.clone())
                .ok()?
                .timestamp()
        } else {
            start.checked_add(self.length).ok()?
        };
        Some(Occurrence {
            start,
            end,
            all_day,
            summary: self.summary.clone(),
            location: self.location.clone(),
            url: self.url.clone(),
        })
    }
}
