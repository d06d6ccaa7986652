//! An alert as the facts of its resource, and back: that is how the book survives a restart.
//!
//! Each label is a fact of its own name, so that silences mean it by label. What else is known has names that no label of
//! Prometheus has had for its first ten years (they contain `: `); a label of such a name is set apart.

use super::alert::{Alert, Labels};
use super::book::{End, Phase};
use hob_base::resource::Word;
use hob_base::{Fact, Facts, Timestamp};

const ANNOTATION: &str = "annotation: ";
const LABEL: &str = "label: ";
const OWN: &str = "alert: ";
const STARTED: &str = "alert: started";
const STATE: &str = "alert: state";
/// When it was last sent, of a lost alert alone: of one that is repeated every minute it would change every minute.
const SENT: &str = "alert: last sent";
/// The generator, where a label already has the name of the fact with which pages lead on.
const GENERATOR: &str = "alert: url";
const URL: &str = "url";

const STATES: [(&str, Phase); 5] = [
    ("firing", Phase::Firing),
    ("resolved", Phase::Resolved(End::Said)),
    ("ran out", Phase::Resolved(End::RanOut)),
    ("no longer sent", Phase::Resolved(End::Dropped)),
    ("unknown", Phase::Lost),
];

/// The facts of an alert.
pub(crate) fn facts_of(alert: &Alert, phase: Phase) -> Facts {
    let mut facts = Facts::new();
    let mut set = |key: String, value: &str| facts.insert(key, Fact::Text(value.to_owned()));
    for (name, value) in &alert.labels {
        let taken = [ANNOTATION, LABEL, OWN].iter().any(|prefix| name.starts_with(prefix));
        set(if taken { format!("{LABEL}{name}") } else { name.clone() }, value);
    }
    for (name, value) in &alert.annotations {
        set(format!("{ANNOTATION}{name}"), value);
    }
    set(STARTED.to_owned(), &alert.starts_at.rfc3339());
    let state = STATES.iter().find(|(_, state)| *state == phase).map_or("firing", |(word, _)| *word);
    set(STATE.to_owned(), state);
    if phase == Phase::Lost {
        set(SENT.to_owned(), &alert.updated_at.rfc3339());
    }
    if alert.labels.contains_key(URL) {
        set(GENERATOR.to_owned(), &alert.generator);
    } else if !alert.generator.is_empty() {
        set(URL.to_owned(), &alert.generator);
    }
    facts
}

/// The alert of which these facts are, how it stood, and since when. `None` for what this feature did not say.
pub(crate) fn alert_of(word: &Word) -> Option<(Alert, Phase, Timestamp)> {
    let text = |key: &str| word.facts.get(key).and_then(Fact::as_text);
    let state = text(STATE)?;
    let phase = STATES.iter().find(|(word, _)| *word == state)?.1;
    let time = |key: &str| {
        let time: jiff::Timestamp = text(key)?.parse().ok()?;
        Some(Timestamp::from_millis(time.as_millisecond()))
    };
    let starts_at = time(STARTED)?;
    let (mut labels, mut annotations) = (Labels::new(), Labels::new());
    let mut generator = text(GENERATOR).map(str::to_owned);
    for (key, fact) in &word.facts {
        let Some(value) = fact.as_text().map(str::to_owned) else { continue };
        if let Some(name) = key.strip_prefix(LABEL) {
            labels.insert(name.to_owned(), value);
        } else if let Some(name) = key.strip_prefix(ANNOTATION) {
            annotations.insert(name.to_owned(), value);
        } else if key == URL && generator.is_none() {
            generator = Some(value);
        } else if !key.starts_with(OWN) {
            labels.insert(key.clone(), value);
        }
    }
    let alert = Alert {
        labels,
        annotations,
        starts_at,
        ends_at: word.heard_at,
        updated_at: time(SENT).unwrap_or(word.heard_at),
        timeout: false,
        generator: generator.unwrap_or_default(),
    };
    Some((alert, phase, word.since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judge;
    use hob_base::resource::{Moment, observe};
    use proptest::prelude::*;
    use std::time::Duration;

    fn back(alert: &Alert, phase: Phase) -> (Alert, Phase) {
        let now = Moment { wall: Timestamp::from_millis(1_800_000_000_000), monotonic: Duration::ZERO };
        let said = judge::observation(alert.fingerprint(), alert, phase, Vec::new(), Timestamp::rfc3339);
        let resource = observe(None, said, now);
        let (alert, phase, _) = alert_of(resource.words.values().next().unwrap()).unwrap();
        (alert, phase)
    }

    #[test]
    fn what_others_say_is_no_alert() {
        let said =
            hob_base::Observation::new("test", "alert/x/y".parse().unwrap(), Duration::ZERO).fact("a", "b");
        let now = Moment { wall: Timestamp::from_millis(0), monotonic: Duration::ZERO };
        assert!(alert_of(observe(None, said, now).words.values().next().unwrap()).is_none());
    }

    proptest! {
        #[test]
        fn an_alert_survives_as_facts(
            labels in proptest::collection::btree_map("(alert: |label: |annotation: )?[a-z]{1,3}|url", "\\PC{1,9}", 1..6),
            annotations in proptest::collection::btree_map("[a-z: ]{1,9}", "\\PC{1,9}", 0..4),
            generator in "(http://[a-z]{1,9}/)?",
            state in 0..STATES.len(),
        ) {
            let now = Timestamp::from_millis(1_800_000_000_000);
            let alert = Alert {
                labels, annotations, generator, timeout: false,
                starts_at: Timestamp::from_millis(1_700_000_000_123), ends_at: now, updated_at: now,
            };
            let (_, phase) = STATES[state];
            prop_assert_eq!(back(&alert, phase), (alert, phase));
        }
    }
}
