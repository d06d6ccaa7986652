//! When a change of state counts, and how soon to look again.

use hob_base::{Health, Level};
use hob_feature::CheckSpec;
use std::time::Duration;

/// While a check fails it is repeated this often at least, so that it turns back quickly.
const FAILING_EVERY: Duration = Duration::from_secs(5);

/// What has been said of a check's resource, and what speaks against it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    told: Option<Told>,
    /// Results in a row that are worse than what was said.
    against: u32,
    /// Results in a row that are better than what was said.
    in_favour: u32,
}

/// How many results in a row count, and how soon to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// So many worse ones change what is said.
    pub(crate) failures: u32,
    /// So many better ones change what is said.
    pub(crate) successes: u32,
}

impl Patience {
    /// That of a check.
    pub(crate) fn of(spec: &CheckSpec) -> Self {
        Self { failures: spec.failures.max(1), successes: spec.successes.max(1) }
    }
}

/// What is said of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// How well it is.
    pub(crate) health: Health,
    /// The status of the answer, where there was one.
    pub(crate) status: Option<u16>,
    /// The day on which the certificate, registration or credential ends, where there is one: `2027-05-01`.
    pub(crate) until: Option<String>,
}

impl Said {
    /// A health without anything else.
    pub(crate) fn of(health: Health) -> Self {
        Self { health, status: None, until: None }
    }
}

#[derive(Debug, Clone)]
struct Told {
    said: Said,
    /// The kind of failure that it rests on.
    failure: Option<&'static str>,
}

/// How soon to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At the usual interval.
    Usual,
    /// In a second or two: nothing was ever said, and somebody may wait for it.
    Quick,
    /// In a second or two, later for what is asked seldom: a change is not yet conclusive.
    Soon,
    /// At the interval of what fails.
    Failing,
}

impl Progress {
    /// Goes on from what was said before the hub was restarted.
    pub(crate) fn resumed(said: Said) -> Self {
        Self { told: Some(Told { said, failure: None }), ..Self::default() }
    }

    /// Whether the resource is said to be broken, or its last probe failed.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.against > 0 || self.told.as_ref().is_some_and(|told| fails(told.said.health.level))
    }

    /// Takes in a result. Returns what to say now (the former word, while a change is not conclusive; nothing, if nothing
    /// was ever said), and how soon to look again.
    ///
    /// What is as well as what was said counts at once; what is worse counts after `failures` in a row, and what is better
    /// after `successes` in a row.
    pub(crate) fn take(
        &mut self,
        said: Said,
        failure: Option<&'static str>,
        patience: Patience,
    ) -> (Option<Said>, Pace) {
        let told = self.told.as_ref().map(|told| told.said.health.level);
        let enough = match turn(told, said.health.level) {
            Turn::None => true,
            Turn::Better => {
                self.against = 0;
                self.in_favour += 1;
                self.in_favour >= patience.successes
            }
            Turn::Worse => {
                self.in_favour = 0;
                self.against += 1;
                self.against >= patience.failures
            }
        };
        if !enough {
            let pace = if self.told.is_none() { Pace::Quick } else { Pace::Soon };
            return (self.told(), pace);
        }
        (self.against, self.in_favour) = (0, 0);
        let said = self.steady(said, failure);
        let pace = if fails(said.health.level) { Pace::Failing } else { Pace::Usual };
        self.told = Some(Told { said: said.clone(), failure });
        (Some(said), pace)
    }

    /// Takes in a failure that is to judge nobody, since it may be another's fault.
    pub(crate) fn hold_back(&mut self) -> (Option<Said>, Pace) {
        (self.told(), Pace::Failing)
    }

    /// Nothing is expected of it at this hour: what was found before counts no more.
    pub(crate) fn rest(&mut self, said: Said) -> (Option<Said>, Pace) {
        *self = Self::resumed(said.clone());
        (Some(said), Pace::Usual)
    }

    fn told(&self) -> Option<Said> {
        self.told.as_ref().map(|told| told.said.clone())
    }

    /// The former words where the state is the same, so that a page is not drawn anew for another figure in them.
    fn steady(&self, said: Said, failure: Option<&'static str>) -> Said {
        let (now, status) = (&said.health, said.status);
        match &self.told {
            Some(Told { said: former, failure: before })
                if former.health.level == now.level
                    && former.status == status
                    && (former.health.reason == now.reason || (failure.is_some() && *before == failure)) =>
            {
                Said { until: said.until, ..former.clone() }
            }
            _ => said,
        }
    }

    /// How soon to look again. What is asked seldom is not asked within seconds when it fails, either.
    pub(crate) fn pause(pace: Pace, every: Duration, retry: Option<Duration>, chance: u64) -> Duration {
        match (pace, retry) {
            (Pace::Usual, _) => every,
            (Pace::Quick | Pace::Soon | Pace::Failing, Some(retry)) => retry,
            (Pace::Quick, None) => Duration::from_millis(1000 + chance % 1000).min(every),
            (Pace::Soon, None) => Duration::from_millis(1000 + chance % 1000).max(every / 120).min(every),
            (Pace::Failing, None) => FAILING_EVERY.max(every / 20).min(every),
        }
    }
}

fn fails(level: Level) -> bool {
    matches!(level, Level::Critical | Level::Unknown)
}

/// In which direction a result points.
enum Turn {
    None,
    Better,
    Worse,
}

/// A probe that could not be made proves nothing, in either direction.
fn turn(told: Option<Level>, now: Level) -> Turn {
    match (told, now) {
        (None, Level::Ok) => Turn::None,
        (Some(told), now) if told == now => Turn::None,
        (Some(_), Level::Ok) => Turn::Better,
        (_, Level::Unknown) | (None, _) => Turn::Worse,
        (Some(told), now) if now < told => Turn::Better,
        (Some(_), _) => Turn::Worse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(health: Health) -> Said {
        Said::of(health)
    }

    fn after(failures: u32) -> Patience {
        Patience { failures, successes: 1 }
    }

    fn well() -> Said {
        Said { status: Some(200), ..Said::of(Health::ok("Answers with 200 OK.")) }
    }

    fn down() -> Said {
        said(Health::critical("Nothing listens.").with_evidence("12 ms"))
    }

    #[test]
    fn one_failure_is_looked_at_again_before_it_counts() {
        let mut progress = Progress::default();
        assert_eq!(progress.take(well(), None, after(2)), (Some(well()), Pace::Usual));
        assert_eq!(progress.take(down(), Some("refused"), after(2)), (Some(well()), Pace::Soon));
        assert!(progress.is_doubtful());
        assert_eq!(progress.take(well(), None, after(2)), (Some(well()), Pace::Usual));
        assert_eq!(progress.take(down(), Some("refused"), after(2)).1, Pace::Soon);
        assert_eq!(progress.take(down(), Some("refused"), after(2)), (Some(down()), Pace::Failing));
        assert!(progress.is_doubtful());
        assert_eq!(progress.take(well(), None, after(2)), (Some(well()), Pace::Usual));
        assert!(!progress.is_doubtful());
    }

    #[test]
    fn nothing_is_said_of_what_failed_once_and_was_never_well() {
        let mut progress = Progress::default();
        assert_eq!(progress.take(down(), Some("refused"), after(3)), (None, Pace::Quick));
        assert_eq!(progress.take(down(), Some("refused"), after(3)), (None, Pace::Quick));
        assert_eq!(progress.take(down(), Some("refused"), after(3)), (Some(down()), Pace::Failing));
    }

    #[test]
    fn one_failure_is_enough_where_the_owner_says_so() {
        let mut progress = Progress::resumed(well());
        assert_eq!(progress.take(down(), Some("refused"), after(1)), (Some(down()), Pace::Failing));
    }

    #[test]
    fn a_warning_that_comes_and_goes_needs_a_second_look_too() {
        let mut progress = Progress::resumed(well());
        let slow = said(Health::warning("It answers, but slowly."));
        assert_eq!(progress.take(slow.clone(), None, after(2)), (Some(well()), Pace::Soon));
        assert_eq!(progress.take(slow.clone(), None, after(2)), (Some(slow.clone()), Pace::Usual));
        // Worse than the warning: again in a row.
        assert_eq!(progress.take(down(), Some("refused"), after(2)), (Some(slow.clone()), Pace::Soon));
        assert_eq!(progress.take(down(), Some("refused"), after(2)), (Some(down()), Pace::Failing));
        // Better than critical: at once.
        assert_eq!(progress.take(slow.clone(), None, after(2)), (Some(slow), Pace::Usual));
    }

    #[test]
    fn a_probe_that_could_not_be_made_does_not_excuse_a_failure_at_once() {
        let mut progress = Progress::resumed(down());
        let no_socket = said(Health::unknown("No socket."));
        assert_eq!(progress.take(no_socket.clone(), Some("no_socket"), after(2)), (Some(down()), Pace::Soon));
        assert_eq!(
            progress.take(no_socket.clone(), Some("no_socket"), after(2)),
            (Some(no_socket), Pace::Failing)
        );
    }

    #[test]
    fn the_same_failure_keeps_its_words() {
        let mut progress = Progress::resumed(well());
        progress.take(down(), Some("refused"), after(1));
        let again = said(Health::critical("Nothing listens, says another.").with_evidence("13 ms"));
        assert_eq!(progress.take(again.clone(), Some("refused"), after(1)).0, Some(down()));
        assert_eq!(progress.take(again.clone(), Some("resolve"), after(1)).0, Some(again));
    }

    #[test]
    fn what_fails_is_never_asked_less_often_than_usual() {
        let s = Duration::from_secs;
        assert_eq!(Progress::pause(Pace::Failing, s(30), None, 7), s(5));
        assert_eq!(Progress::pause(Pace::Failing, s(1), None, 7), s(1));
        assert_eq!(Progress::pause(Pace::Failing, s(3600), None, 7), s(180));
        assert_eq!(Progress::pause(Pace::Soon, s(30), None, 7), Duration::from_millis(1007));
        assert_eq!(Progress::pause(Pace::Soon, s(3600), None, 7), s(30));
        assert_eq!(Progress::pause(Pace::Quick, s(3600), None, 7), Duration::from_millis(1007));
        assert_eq!(Progress::pause(Pace::Usual, s(30), Some(s(9)), 7), s(30));
        assert_eq!(Progress::pause(Pace::Soon, s(30), Some(s(9)), 7), s(9));
        assert_eq!(Progress::pause(Pace::Failing, s(30), Some(s(9)), 7), s(9));
    }

    #[test]
    fn it_is_well_again_after_as_many_answers_as_the_owner_says() {
        let mut progress = Progress::resumed(down());
        let patience = Patience { failures: 1, successes: 3 };
        assert_eq!(progress.take(well(), None, patience), (Some(down()), Pace::Soon));
        assert_eq!(progress.take(well(), None, patience), (Some(down()), Pace::Soon));
        progress.take(down(), Some("refused"), patience);
        for _ in 0..2 {
            assert_eq!(progress.take(well(), None, patience), (Some(down()), Pace::Soon));
        }
        assert_eq!(progress.take(well(), None, patience), (Some(well()), Pace::Usual));
        // What was never said anything of is well at once.
        assert_eq!(Progress::default().take(well(), None, patience), (Some(well()), Pace::Usual));
    }

    #[test]
    fn what_is_held_back_counts_for_nothing() {
        let mut progress = Progress::resumed(well());
        for _ in 0..5 {
            assert_eq!(progress.hold_back(), (Some(well()), Pace::Failing));
        }
        assert_eq!(progress.take(down(), Some("refused"), after(2)), (Some(well()), Pace::Soon));
        assert_eq!(Progress::default().hold_back().0, None);
    }
}
