//! Up-time and outages in a stretch of time.

use hob_base::Level;
use hob_base::uptime::{Change, Span, totals};
use std::time::Duration;

/// What is said of one resource in one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    /// Time in which its state was known, maintenance left out.
    pub(crate) known: Duration,
    /// Of that, time in which it was down.
    pub(crate) down: Duration,
    /// Time in which nobody knew, or the hub did not run.
    pub(crate) unknown: Duration,
    /// Time of planned maintenance in which its state was known.
    pub(crate) maintenance: Duration,
    /// How often it went down.
    pub(crate) outages: usize,
    /// The longest time it was down.
    pub(crate) longest: Duration,
}

impl Figures {
    /// Share of the known time in which it was not down, in per cent. `None` when nothing is known.
    pub(crate) fn uptime_percent(&self) -> Option<f64> {
        let known = self.known.as_secs_f64();
        (known > 0.0).then(|| 100.0 * (known - self.down.as_secs_f64()).max(0.0) / known)
    }
}

/// Several lists of spans as one, in order, not overlapping.
pub(crate) fn merged(lists: &[&[Span]]) -> Vec<Span> {
    let mut all: Vec<Span> =
        lists.iter().flat_map(|spans| spans.iter()).filter(|span| span.from < span.to).copied().collect();
    all.sort_by_key(|span| span.from);
    let mut merged: Vec<Span> = Vec::with_capacity(all.len());
    for span in all {
        match merged.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => merged.push(span),
        }
    }
    merged
}

/// The figures of `window`. `changes` are in order; `gaps` are the spans in which the hub did not run, `maintenance` those
/// of planned work. Maintenance is neither up nor down.
pub(crate) fn figures(changes: &[Change], gaps: &[Span], maintenance: &[Span], window: Span) -> Figures {
    if window.from >= window.to {
        return Figures::default();
    }
    let gaps = merged(&[gaps]);
    let blind = if maintenance.is_empty() { gaps.clone() } else { merged(&[&gaps, maintenance]) };
    let sum = totals(changes, &blind, window);
    let unknown = totals(changes, &gaps, window).at(Level::Unknown);
    let down = sum.at(Level::Critical);
    let lengths = outages(changes, &blind, window);
    Figures {
        known: sum.at(Level::Ok) + sum.at(Level::Warning) + down,
        down,
        unknown,
        maintenance: sum.at(Level::Unknown).saturating_sub(unknown),
        outages: lengths.len(),
        longest: lengths.into_iter().max().unwrap_or_default(),
    }
}

/// How long each outage lasted. It ends when the resource is known to work again: silence in between does not end it, and
/// what nobody watched does not count.
fn outages(changes: &[Change], blind: &[Span], window: Span) -> Vec<Duration> {
    let mut lengths = Vec::new();
    let mut current = Duration::ZERO;
    let first = changes.partition_point(|change| change.at <= window.from).saturating_sub(1);
    for (i, change) in changes.iter().enumerate().skip(first).take_while(|(_, change)| change.at < window.to)
    {
        let next = changes.get(i + 1).map_or(window.to, |next| next.at.min(window.to));
        let span = Span { from: change.at.max(window.from), to: next };
        let watched = span.to.since(span.from).saturating_sub(overlap(span, blind));
        match change.to {
            Level::Critical => current += watched,
            Level::Ok | Level::Warning => {
                lengths.extend((!current.is_zero()).then_some(current));
                current = Duration::ZERO;
            }
            Level::Unknown => {}
        }
    }
    lengths.extend((!current.is_zero()).then_some(current));
    lengths
}

/// How much of `span` lies within `others`, which are in order and do not overlap.
fn overlap(span: Span, others: &[Span]) -> Duration {
    let first = others.partition_point(|other| other.to <= span.from);
    others[first..]
        .iter()
        .take_while(|other| other.from < span.to)
        .map(|other| other.to.min(span.to).since(other.from.max(span.from)))
        .sum()
}

/// A duration in a table: `45 s`, `12 min`, `3 h 12 min`, `2 d 4 h`.
pub(crate) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let pair = |large: u64, unit: &str, small: u64, smaller: &str| {
        if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {smaller}") }
    };
    match seconds {
        0 if !duration.is_zero() => "under 1 s".to_owned(),
        0..60 => format!("{seconds} s"),
        60..3600 => pair(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => pair(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Timestamp;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn t(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * HOUR)
    }

    fn span(from: i64, to: i64) -> Span {
        Span { from: t(from), to: t(to) }
    }

    fn changes(steps: &[(i64, Level)]) -> Vec<Change> {
        steps.iter().map(|(at, to)| Change { at: t(*at), to: *to }).collect()
    }

    fn hours(n: u64) -> Duration {
        Duration::from_secs(n * 3600)
    }

    #[test]
    fn outages_are_counted_and_measured() {
        use Level::{Critical, Ok, Unknown, Warning};
        let changes = changes(&[
            (0, Ok),
            (10, Critical),
            (11, Unknown),
            (12, Critical),
            (14, Warning),
            (20, Critical),
            (21, Ok),
        ]);
        let figures = figures(&changes, &[], &[], span(0, 100));
        assert_eq!((figures.outages, figures.longest, figures.down), (2, hours(3), hours(4)));
        assert_eq!((figures.unknown, figures.known), (hours(1), hours(99)));
    }

    #[test]
    fn what_goes_on_over_the_edge_counts_within_it() {
        let changes = changes(&[(0, Level::Ok), (10, Level::Critical), (30, Level::Ok)]);
        let before = figures(&changes, &[], &[], span(0, 20));
        let after = figures(&changes, &[], &[], span(20, 40));
        assert_eq!((before.outages, before.down), (1, hours(10)));
        assert_eq!((after.outages, after.down), (1, hours(10)));
    }

    #[test]
    fn maintenance_and_the_time_without_the_hub_count_for_nothing() {
        let changes = changes(&[(0, Level::Ok), (10, Level::Critical), (20, Level::Ok)]);
        let figures = figures(&changes, &[span(18, 30)], &[span(8, 14), span(12, 15)], span(0, 100));
        assert_eq!(figures.down, hours(3), "from 15 to 18");
        assert_eq!((figures.unknown, figures.maintenance), (hours(12), hours(7)));
        assert_eq!(figures.known + figures.unknown + figures.maintenance, hours(100));
        let hidden = super::figures(&changes, &[], &[span(9, 21)], span(0, 100));
        assert_eq!((hidden.outages, hidden.uptime_percent()), (0, Some(100.0)));
    }

    #[test]
    fn durations_are_told_in_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (45, "45 s"),
            (720, "12 min"),
            (725, "12 min 5 s"),
            (11_520, "3 h 12 min"),
            (187_200, "2 d 4 h"),
        ] {
            assert_eq!(short(Duration::from_secs(seconds)), text);
        }
        assert_eq!(short(Duration::from_millis(3)), "under 1 s");
    }

    proptest! {
        #[test]
        fn outages_add_up_to_the_time_that_it_was_down(
            steps in proptest::collection::vec((1i64..20, 0usize..4), 0..40),
            gaps in proptest::collection::vec((0i64..200, 1i64..20), 0..6),
            work in proptest::collection::vec((0i64..200, 1i64..20), 0..6),
            window in (0i64..200, 1i64..200),
        ) {
            let mut at = 0;
            let changes: Vec<Change> = steps
                .iter()
                .map(|(pause, level)| { at += pause; Change { at: t(at), to: Level::ALL[*level] } })
                .collect();
            let spans = |list: &[(i64, i64)]| list.iter().map(|(from, len)| span(*from, from + len)).collect::<Vec<_>>();
            let (gaps, work) = (spans(&gaps), spans(&work));
            let window = span(window.0, window.0 + window.1);
            let figures = figures(&changes, &gaps, &work, window);
            let lengths = outages(&changes, &merged(&[&gaps, &work]), window);
            prop_assert_eq!(lengths.iter().sum::<Duration>(), figures.down);
            prop_assert_eq!(lengths.len(), figures.outages);
            prop_assert!(figures.known + figures.unknown + figures.maintenance <= window.to.since(window.from));
            prop_assert!(figures.uptime_percent().is_none_or(|p| (0.0..=100.0).contains(&p)));
        }
    }
}
