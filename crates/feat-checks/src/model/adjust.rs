//! What the owner wants otherwise for a check that somebody else published: one of a service that was found.

use super::definition::mistakes::{EVERY, IN_A_ROW, Mistake, TIMEOUT};
use hob_base::wording::duration_words;
use hob_feature::CheckSpec;
use std::sync::Arc;
use std::time::Duration;

/// What is wanted otherwise. `None`: as whoever published the check says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Override {
    /// How often.
    pub(crate) every: Option<Duration>,
    /// How long one answer may take in all.
    pub(crate) timeout: Option<Duration>,
    /// So many failures in a row make it critical.
    pub(crate) failures: Option<u32>,
    /// Whether it is not probed at all.
    pub(crate) paused: bool,
}

impl Override {
    /// Whether all stays as it is.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Everything that is wrong with it.
    pub(crate) fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        for (field, value, range) in [("interval", self.every, EVERY), ("timeout", self.timeout, TIMEOUT)] {
            if value.is_some_and(|value| !range.contains(&value)) {
                let (from, to) = (duration_words(*range.start()), duration_words(*range.end()));
                found.push(Mistake { field, problem: format!("it must be from {from} to {to}") });
            }
        }
        if self.failures.is_some_and(|count| !IN_A_ROW.contains(&count)) {
            found.push(Mistake { field: "failures", problem: "it must be from 1 to 100".to_owned() });
        }
        found
    }
}

/// The check as the owner wants it; `None` when it is paused.
pub(crate) fn with_override(spec: &Arc<CheckSpec>, wanted: Option<&Override>) -> Option<Arc<CheckSpec>> {
    let Some(wanted) = wanted else { return Some(spec.clone()) };
    if wanted.paused {
        return None;
    }
    let adjusted = CheckSpec {
        every: wanted.every.unwrap_or(spec.every),
        timeout: wanted.timeout.unwrap_or(spec.timeout),
        failures: wanted.failures.unwrap_or(spec.failures),
        // What was said of other times makes no sense with these.
        warn_after: spec.warn_after.filter(|limit| *limit < wanted.timeout.unwrap_or(spec.timeout)),
        jitter: spec.jitter.map(|jitter| jitter.min(wanted.every.unwrap_or(spec.every) / 2)),
        ..CheckSpec::clone(spec)
    };
    Some(Arc::new(adjusted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::ResourceId;
    use hob_feature::CheckTarget;

    const SECOND: Duration = Duration::from_secs(1);

    fn spec() -> Arc<CheckSpec> {
        let id = ResourceId::new("service", "nas", "3000");
        let spec = CheckSpec::new(id, CheckTarget::tcp("127.0.0.1", 3000), 10 * SECOND);
        Arc::new(CheckSpec { warn_after: Some(8 * SECOND), jitter: Some(5 * SECOND), ..spec })
    }

    #[test]
    fn only_what_is_wanted_otherwise_changes() {
        let spec = spec();
        assert!(Arc::ptr_eq(&with_override(&spec, None).unwrap(), &spec));
        let wanted = Override { every: Some(60 * SECOND), failures: Some(5), ..Override::default() };
        let adjusted = with_override(&spec, Some(&wanted)).unwrap();
        assert_eq!((adjusted.every, adjusted.failures, adjusted.timeout), (60 * SECOND, 5, 10 * SECOND));
        assert_eq!(adjusted.target, spec.target);
        assert_eq!(with_override(&spec, Some(&Override { paused: true, ..wanted })), None);
    }

    #[test]
    fn other_limits_stay_within_the_new_ones() {
        let wanted = Override { every: Some(2 * SECOND), timeout: Some(3 * SECOND), ..Override::default() };
        let adjusted = with_override(&spec(), Some(&wanted)).unwrap();
        assert_eq!((adjusted.warn_after, adjusted.jitter), (None, Some(SECOND)));
    }

    #[test]
    fn what_cannot_be_is_said() {
        let wanted = Override {
            every: Some(Duration::ZERO),
            timeout: Some(600 * SECOND),
            failures: Some(0),
            paused: false,
        };
        let fields: Vec<&str> = wanted.mistakes().iter().map(|mistake| mistake.field).collect();
        assert_eq!(fields, ["interval", "timeout", "failures"]);
        assert!(Override::default().mistakes().is_empty() && Override::default().is_nothing());
    }
}
