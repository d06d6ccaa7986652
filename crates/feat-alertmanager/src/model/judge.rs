//! What an alert tells the house: how well it goes, in a sentence that a person understands.

use super::alert::{Alert, Fingerprint, Labels};
use super::book::{End, Phase};
use super::{SOURCE, facts};
use hob_base::wording::tidy;
use hob_base::{Health, Level, Observation, ResourceId, Timestamp};
use std::time::Duration;

/// How long a word about an alert holds. What the book thinks of it is said every five minutes
/// ([`super::book::SAY_AGAIN`]); a silence this long means that the pass which says it no longer runs.
pub(crate) const HOLDS_FOR: Duration = Duration::from_secs(15 * 60);

const REASON_CHARS_MAX: usize = 300;
const EVIDENCE_CHARS_MAX: usize = 1500;
const LINK_CHARS_MAX: usize = 500;

/// The label with which an owner overrules the severity: `ok`, `warning` or `critical`.
pub(crate) const LEVEL_LABEL: &str = "hob_level";
/// Severities that mean: broken now.
const CRITICAL: [&str; 9] =
    ["critical", "crit", "page", "pager", "error", "fatal", "emergency", "disaster", "high"];
/// Severities that mean: somebody may like to know.
const INFORMATION: [&str; 6] = ["info", "informational", "information", "notice", "debug", "none"];

/// How bad it is while it fires. The label `hob_level` decides if it is there; else the label `severity`: words such as
/// `critical`, `page` and `error` are critical, `info` and `none` are for information and no trouble, everything else,
/// also no severity at all, is a warning.
pub(crate) fn level_of(labels: &Labels) -> Level {
    let word = |name: &str| labels.get(name).map(|word| word.trim().to_ascii_lowercase());
    match word(LEVEL_LABEL).as_deref() {
        Some("ok") => return Level::Ok,
        Some("warning") => return Level::Warning,
        Some("critical") => return Level::Critical,
        _ => {}
    }
    match word("severity").as_deref() {
        Some(severity) if CRITICAL.contains(&severity) => Level::Critical,
        Some(severity) if INFORMATION.contains(&severity) => Level::Ok,
        _ => Level::Warning,
    }
}

/// What its sender says of it in one sentence, or what can be said of its labels.
pub(crate) fn sentence(alert: &Alert) -> String {
    let said = ["summary", "description", "message", "title"].iter().find_map(|name| {
        let text = tidy(alert.annotations.get(*name)?, REASON_CHARS_MAX);
        (!text.is_empty()).then_some(text)
    });
    let text = said.unwrap_or_else(|| {
        let about =
            alert.labels.iter().filter(|(name, _)| !matches!(name.as_str(), "alertname" | "severity"));
        let about: Vec<String> = about.map(|(name, value)| format!("{name} {value}")).collect();
        let name = alert.labels.get("alertname").map_or("An alert without a name", String::as_str);
        let about = if about.is_empty() { String::new() } else { format!(" for {}", about.join(", ")) };
        tidy(&format!("{name} fires{about}"), REASON_CHARS_MAX)
    });
    if text.ends_with(['.', '!', '?', '…', '。']) { text } else { format!("{text}.") }
}

/// How well it goes.
pub(crate) fn health(alert: &Alert, phase: Phase, time: impl Fn(Timestamp) -> String) -> Health {
    let health = match phase {
        Phase::Firing => firing(alert),
        Phase::Resolved(End::Said) => Health::ok("It is resolved."),
        Phase::Resolved(End::RanOut) => {
            Health::ok("It is resolved: it was to hold until then, and nobody has repeated it since.")
        }
        Phase::Resolved(End::Dropped) => Health::ok("It is resolved: who sent it no longer does."),
        Phase::Lost => lost(alert, &time),
    };
    health.with_evidence(evidence(alert))
}

fn firing(alert: &Alert) -> Health {
    let level = level_of(&alert.labels);
    let mut reason = sentence(alert);
    if level == Level::Ok {
        reason.push_str(" This is for information only.");
    }
    let health = Health::new(level, reason);
    match ["runbook_url", "runbook"].iter().find_map(|name| link(alert.annotations.get(*name)?)) {
        Some(address) => health.with_remedy(format!("The runbook says what to do: {address}")),
        None => health,
    }
}

fn lost(alert: &Alert, time: &impl Fn(Timestamp) -> String) -> Health {
    let sender = tidy(alert.sender().unwrap_or("Who sent it"), 200);
    Health::unknown(format!(
        "{sender} has not been heard of since {}, so nobody knows whether this still holds: {}",
        time(alert.updated_at),
        sentence(alert)
    ))
    .with_remedy(
        "See whether that Prometheus runs and reaches Hob. It repeats its alerts by itself when it does.",
    )
}

/// An address that a person can open.
fn link(text: &str) -> Option<String> {
    let text = text.trim();
    let web = text.starts_with("https://") || text.starts_with("http://");
    let whole =
        text.chars().count() <= LINK_CHARS_MAX && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    // `tidy` takes away what would show the address as another one.
    (web && whole).then(|| tidy(text, LINK_CHARS_MAX))
}

/// The labels as a selector, and the value where the sender says one.
fn evidence(alert: &Alert) -> String {
    let labels: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let selector = tidy(&format!("{{{}}}", labels.join(", ")), EVIDENCE_CHARS_MAX);
    let value = ["value", "VALUE", "current_value", "__value_string__"]
        .iter()
        .find_map(|name| alert.annotations.get(*name).map(|value| tidy(value, 300)));
    match value {
        Some(value) if !value.is_empty() => format!("{selector}\nValue: {value}"),
        _ => selector,
    }
}

/// What the house is told.
pub(crate) fn observation(
    fingerprint: Fingerprint,
    alert: &Alert,
    phase: Phase,
    needs: Vec<ResourceId>,
    time: impl Fn(Timestamp) -> String,
) -> Observation {
    let mut observation = Observation::new(SOURCE, fingerprint.resource(), HOLDS_FOR)
        .named(alert.name())
        .judged(health(alert, phase, time));
    observation.facts = facts::facts_of(alert, phase);
    observation.dependencies = needs;
    observation
}

#[cfg(test)]
mod tests;
