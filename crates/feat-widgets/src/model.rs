//! What the cards show: pure functions from what was fetched.

pub(crate) mod agenda;
pub(crate) mod weather;

use hob_base::wording::duration_words;
use hob_base::{Health, Level, Timestamp};
use std::time::Duration;

/// What is known of one source: the last thing it said, and why it says nothing now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fetched<T> {
    /// What it said, and when.
    pub(crate) value: Option<(T, Timestamp)>,
    /// Why it could not be asked the last time: a sentence.
    pub(crate) trouble: Option<String>,
    /// How often in a row.
    pub(crate) failures: u32,
    /// When it was asked last.
    pub(crate) asked: Option<Timestamp>,
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self { value: None, trouble: None, failures: 0, asked: None }
    }
}

/// The longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// The pause after the first failure.
const PAUSE_FIRST: Duration = Duration::from_secs(60);
/// A source that has been silent for so long is a warning.
const SILENT: Duration = Duration::from_secs(86_400);

impl<T> Fetched<T> {
    /// Takes in an answer.
    pub(crate) fn take_in(&mut self, answer: Result<T, String>, now: Timestamp) {
        self.asked = Some(now);
        match answer {
            Ok(value) => {
                self.value = Some((value, now));
                self.trouble = None;
                self.failures = 0;
            }
            Err(trouble) => {
                self.trouble = Some(trouble);
                self.failures = self.failures.saturating_add(1);
            }
        }
    }

    /// Whether it is to be asked again: every so often; after failures sooner at first, then ever later.
    pub(crate) fn is_due(&self, every: Duration, now: Timestamp) -> bool {
        let Some(asked) = self.asked else { return true };
        let pause = match self.failures {
            0 => every,
            failures => PAUSE_FIRST.saturating_mul(1 << failures.min(10).saturating_sub(1)).min(PAUSE_MAX),
        };
        // A clock that was set back must not silence it.
        now < asked || now.since(asked) >= pause
    }

    /// How well the source is. News that do not come are never worse than a warning.
    pub(crate) fn health(&self, now: Timestamp, started: Timestamp) -> Health {
        match (&self.trouble, &self.value) {
            (None, Some(_)) => Health::ok("It was read."),
            (None, None) => Health::ok("It is being asked for the first time."),
            (Some(trouble), value) => {
                let since = value.as_ref().map_or(started, |(_, at)| *at);
                let silent = now.since(since);
                if silent < SILENT {
                    return Health::ok(format!("It could not be read the last time: {trouble}"));
                }
                let reason = format!("It could not be read for {}: {trouble}", duration_words(silent));
                Health::new(Level::Warning, reason)
            }
        }
    }

    /// One sentence for the card when what it shows is old or missing.
    pub(crate) fn remark(&self, now: Timestamp) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        Some(match &self.value {
            Some((_, at)) => format!("As of {} ago: {trouble}", duration_words(now.since(*at))),
            None => trouble.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_asked_ever_more_rarely_and_keeps_what_it_said() {
        let start = Timestamp::from_millis(1_000_000_000);
        let every = Duration::from_secs(1800);
        let mut source = Fetched::default();
        assert!(source.is_due(every, start));
        source.take_in(Ok(1), start);
        assert!(!source.is_due(every, start.plus(Duration::from_secs(1799))));
        let mut now = start.plus(every);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            source.take_in(Err("The name is not known.".to_owned()), now);
            let mut pause = Duration::ZERO;
            while !source.is_due(every, now.plus(pause)) {
                pause += Duration::from_secs(60);
            }
            pauses.push(pause.as_secs() / 60);
            now = now.plus(pause);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!(source.value, Some((1, start)));
        assert_eq!(source.health(start.plus(Duration::from_secs(7200)), start).level, Level::Ok);
        let late = source.health(start.plus(Duration::from_secs(2 * 86_400)), start);
        assert_eq!(
            (late.level, late.reason.as_str()),
            (Level::Warning, "It could not be read for 2 days: The name is not known.")
        );
        assert!(source.is_due(every, start), "a clock that was set back does not silence it");
        source.take_in(Ok(2), now);
        assert_eq!(source.remark(now), None);
    }
}
