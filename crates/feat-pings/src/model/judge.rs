//! What the house is told of a job: one sentence, the evidence, the next step.

use super::SOURCE;
use super::definition::Definition;
use super::runs::usual;
use super::state::{Phase, State, Status, Why};
use hob_base::wording::{counted, duration_words};
use hob_base::{Health, Observation, ResourceId, Timestamp};
use jiff::tz::TimeZone;
use std::time::Duration;

/// How long a word on a job holds. The watch repeats it long before.
pub(crate) const HOLDS: Duration = Duration::from_secs(86_400);
/// The longest excerpt of what a job said, in characters.
const EXCERPT_CHARS_MAX: usize = 1000;

/// The resource that stands for a job.
pub(crate) fn resource_of(handle: &str) -> ResourceId {
    ResourceId::new("job", "ping", handle)
}

/// Where its page is.
pub(crate) fn page_of(handle: &str) -> String {
    format!("/scheduled/{handle}")
}

/// All that is told of a job.
pub(crate) fn observation(
    handle: &str,
    job: &Definition,
    state: &State,
    now: Timestamp,
    local: &TimeZone,
) -> Observation {
    let mut told = Observation::new(SOURCE, resource_of(handle), HOLDS)
        .named(job.title())
        .fact("schedule", job.schedule.to_string())
        .fact("grace_s", job.grace.as_secs())
        .fact("status", status_word(state.status(now)))
        .fact("page", page_of(handle));
    if !job.tags.is_empty() {
        told = told.fact("tag", job.tags.join(", "));
    }
    if let Some(at) = state.last_heard {
        told = told.fact("last_ping", at.rfc3339());
    }
    if let Some(ms) = usual(&state.runs) {
        told = told.fact("usual_run_s", f64::from(ms) / 1000.0);
    }
    told = job.needs.iter().cloned().fold(told, Observation::needs);
    match judge(job, state, now, local) {
        Some(health) => told.judged(health),
        None => told,
    }
}

/// How well a job is. `None` of one of which nothing was heard yet. Times are told by the clock of `local`, the house’s,
/// whatever clock the schedule goes by.
pub(crate) fn judge(job: &Definition, state: &State, now: Timestamp, local: &TimeZone) -> Option<Health> {
    let time = |at: Timestamp| told_time(at, now, local);
    match (state.phase, &state.why) {
        (Phase::New, _) => None,
        (Phase::Paused, _) if state.paused_by.is_empty() => {
            Some(Health::ok("It is paused, so nothing is expected of it."))
        }
        (Phase::Paused, _) => {
            Some(Health::ok(format!("It was paused by {}, so nothing is expected of it.", state.paused_by)))
        }
        (Phase::Down, why) => {
            let reason = match why {
                Some(Why::Missing { by }) => missing(*by, state, now, local),
                Some(Why::Unfinished { since }) => {
                    let usually = usually(state).map_or(String::new(), |usual| format!("; {usual}"));
                    format!("It began at {} and has not finished{usually}.", time(*since))
                }
                Some(Why::Failed { at, exit: Some(exit) }) => {
                    format!("It failed at {} with exit status {exit}.", time(*at))
                }
                Some(Why::Failed { at, exit: None }) => {
                    format!("It reported at {} that it failed.", time(*at))
                }
                None => "It is down.".to_owned(),
            };
            Some(Health::critical(reason).with_evidence(state.said.clone()).with_remedy(remedy(why.as_ref())))
        }
        (Phase::Up, _) => Some(up(job, state, now, local)),
    }
}

fn up(job: &Definition, state: &State, now: Timestamp, zone: &TimeZone) -> Health {
    if let Some(unusual) = state.unusual {
        let (took, usual) = (run_words(unusual.took_ms), run_words(unusual.usual_ms));
        let only = if unusual.took_ms < unusual.usual_ms { "only " } else { "" };
        return Health::warning(format!("The last run took {only}{took}; it usually takes {usual}."))
            .with_evidence(state.said.clone())
            .with_remedy("Look at what it reported. The next run that is as usual clears this.");
    }
    let late = state.status(now) == Status::Late;
    match (late, state.due, state.deadline(job)) {
        (true, Some(due), Some((by, _))) => Health::ok(format!(
            "It is late: expected at {}, and it has until {}.",
            told_time(due, now, zone),
            told_time(by, now, zone)
        )),
        (_, Some(due), _) => {
            Health::ok(format!("It reports as it should; next expected at {}.", told_time(due, now, zone)))
        }
        _ => Health::ok("It reported, and its schedule names no further time."),
    }
}

/// “Expected by 03:10, last success 26 hours ago, it usually takes 14 minutes.”
fn missing(by: Timestamp, state: &State, now: Timestamp, zone: &TimeZone) -> String {
    let success = match state.last_success {
        Some(at) => format!("last success {} ago", duration_words(now.since(at))),
        None => "no success yet".to_owned(),
    };
    let parts = [Some(format!("Expected by {}", told_time(by, now, zone))), Some(success), usually(state)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}.", parts.join(", "))
}

fn usually(state: &State) -> Option<String> {
    usual(&state.runs).map(|ms| format!("it usually takes {}", run_words(ms)))
}

fn remedy(why: Option<&Why>) -> &'static str {
    match why {
        Some(Why::Failed { .. }) => {
            "Look at what it reported, mend it, and run it again; a success clears this."
        }
        Some(Why::Unfinished { .. }) => {
            "Look on its machine whether it hangs. If it is allowed to take this long, give it a longer grace."
        }
        _ => {
            "Look on its machine whether it is still started, by cron or a timer, and whether it can reach Hob."
        }
    }
}

/// How long a run took, in words: `14 minutes`, `2 hours 5 minutes`.
pub(crate) fn run_words(ms: u32) -> String {
    let seconds = u64::from(ms) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (1..48, 1..) => {
            format!("{} {}", counted(hours as usize, "hour"), counted(minutes as usize, "minute"))
        }
        _ => duration_words(Duration::from_millis(ms.into())),
    }
}

/// `03:10` today, `22 Nov, 03:10` otherwise.
pub(crate) fn told_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.zoned(zone), now.zoned(zone));
    let format = if then.date() == today.date() {
        "%H:%M"
    } else if then.year() == today.year() {
        "%-d %b, %H:%M"
    } else {
        "%-d %b %Y, %H:%M"
    };
    then.strftime(format).to_string()
}

/// What a status is called.
pub(crate) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Down => "down",
        Status::Late => "late",
        Status::Up => "up",
        Status::New => "new",
        Status::Paused => "paused",
    }
}

/// The beginning of a body as text that disturbs nobody.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let shown = shown(body.get(..body.len().min(4 * EXCERPT_CHARS_MAX)).unwrap_or_default());
    let mut text: String = shown.trim().chars().take(EXCERPT_CHARS_MAX).collect();
    if shown.trim().chars().nth(EXCERPT_CHARS_MAX).is_some() {
        text.push('…');
    }
    text
}

/// Bytes as text: lines stay lines, whatever would disturb a terminal or turn the direction of text becomes a sign.
pub(crate) fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let harmless = |c: char| match c {
        '\n' | '\t' => c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(harmless).collect()
}

#[cfg(test)]
mod tests;
