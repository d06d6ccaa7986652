//! One alert: its labels, who it is by them, and how a posted one becomes one of ours.

use super::wire::PostedAlert;
use hob_base::wording::tidy;
use hob_base::{ResourceId, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Labels by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// The most labels of one alert, and the most annotations.
pub(crate) const PAIRS_MAX: usize = 64;
/// The longest name of a label or annotation, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// The longest value of a label, in bytes.
const LABEL_BYTES_MAX: usize = 1024;
/// Annotations longer than this many bytes are cut.
const ANNOTATION_BYTES_MAX: usize = 4096;
/// A longer address of the generator is left out: half an address leads nowhere.
const GENERATOR_BYTES_MAX: usize = 8192;
/// The longest host and port of a generator, in bytes.
const SENDER_BYTES_MAX: usize = 300;
/// An alert without an end counts as resolved after this time, as with Alertmanager's `resolve_timeout`.
pub(crate) const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);

/// Which alert: FNV-1a over the sorted labels, as `model.LabelSet.Fingerprint` of Prometheus has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of a set of labels.
    pub(crate) fn of(labels: &Labels) -> Self {
        const SEPARATOR: &[u8] = &[255];
        let texts =
            labels.iter().flat_map(|(name, value)| [name.as_bytes(), SEPARATOR, value.as_bytes(), SEPARATOR]);
        let hash = texts.flatten().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }

    /// The resource that stands for this alert.
    pub(crate) fn resource(self) -> ResourceId {
        ResourceId::new("alert", "prometheus", &self.to_string())
    }

    /// The alert for which a resource stands.
    pub(crate) fn of_resource(id: &ResourceId) -> Option<Self> {
        let ours = id.kind() == "alert" && id.scope() == "prometheus" && id.name().len() == 16;
        ours.then(|| u64::from_str_radix(id.name(), 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// An alert as its sender last told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alert {
    /// What it is about; together its identity.
    pub(crate) labels: Labels,
    /// What is said of it.
    pub(crate) annotations: Labels,
    /// Since when.
    pub(crate) starts_at: Timestamp,
    /// Until when, if nothing more is heard.
    pub(crate) ends_at: Timestamp,
    /// When it was last posted.
    pub(crate) updated_at: Timestamp,
    /// Whether the end is not the sender's but [`RESOLVE_TIMEOUT`].
    pub(crate) timeout: bool,
    /// Where the sender shows it; empty when it does not.
    pub(crate) generator: String,
}

impl Alert {
    /// Reads a posted alert.
    ///
    /// # Errors
    /// Why it cannot be taken, in the words of Alertmanager where it has some.
    pub(crate) fn from_posted(posted: PostedAlert, now: Timestamp) -> Result<Self, String> {
        let given = posted.labels.unwrap_or_default();
        if given.over {
            return Err(format!(
                "invalid label set: more than {PAIRS_MAX} labels, which is the most that Hob takes"
            ));
        }
        let labels = given.pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        check_labels(&labels)?;
        let (starts_at, ends_at, timeout) = match (posted.starts_at.0, posted.ends_at.0) {
            (Some(start), Some(end)) => (start, end, false),
            (None, Some(end)) => (end, end, false),
            (start, None) => (start.unwrap_or(now), now.plus(RESOLVE_TIMEOUT), true),
        };
        if ends_at < starts_at {
            return Err("start time must be before end time".to_owned());
        }
        let annotations = posted.annotations.unwrap_or_default();
        let generator = posted.generator_url.unwrap_or_default();
        Ok(Self {
            labels,
            annotations: cut_annotations(annotations.pairs),
            starts_at,
            ends_at,
            updated_at: now,
            timeout,
            generator: if generator.len() > GENERATOR_BYTES_MAX { String::new() } else { generator },
        })
    }

    /// Who it is.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.labels)
    }

    /// How many bytes of text it holds.
    pub(crate) fn text_bytes(&self) -> usize {
        let pairs = self.labels.iter().chain(&self.annotations);
        pairs.map(|(name, value)| name.len() + value.len()).sum::<usize>() + self.generator.len()
    }

    /// Who sends it, as far as that can be told: the scheme, host and port of its generator.
    pub(crate) fn sender(&self) -> Option<&str> {
        let (scheme, rest) = self.generator.split_once("://")?;
        let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let known = matches!(scheme, "http" | "https") && (1..=SENDER_BYTES_MAX).contains(&host);
        known.then(|| self.generator.get(..scheme.len() + 3 + host)).flatten()
    }

    /// The address of its generator where a browser can go there.
    pub(crate) fn link(&self) -> Option<&str> {
        self.sender().is_some().then_some(self.generator.as_str())
    }

    /// What people call it: `HighCPU on nas:9100`.
    pub(crate) fn name(&self) -> String {
        let label = |name: &str| self.labels.get(name).map(String::as_str);
        let name = match (label("alertname"), label("instance")) {
            (Some(name), Some(instance)) => format!("{name} on {instance}"),
            (Some(name), None) => name.to_owned(),
            (None, _) => {
                self.labels.iter().take(3).map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ")
            }
        };
        tidy(&name, 120)
    }

    /// Whether both tell people the same; how long it holds may differ.
    pub(crate) fn tells_the_same(&self, other: &Self) -> bool {
        self.labels == other.labels
            && self.annotations == other.annotations
            && self.starts_at == other.starts_at
            && self.generator == other.generator
    }

    /// Folds a newer word into this one, as Alertmanager does where their times overlap: the earliest start, and the
    /// latest end that was said explicitly.
    pub(crate) fn merged(&self, mut newer: Self, now: Timestamp) -> Self {
        let overlap = (newer.ends_at > self.starts_at && newer.ends_at < self.ends_at)
            || (newer.starts_at > self.starts_at && newer.starts_at < self.ends_at);
        if !overlap {
            return newer;
        }
        newer.starts_at = newer.starts_at.min(self.starts_at);
        let (ended, was_ended) = (newer.ends_at <= now, self.ends_at <= now);
        if self.ends_at > newer.ends_at && (if ended { was_ended } else { !self.timeout }) {
            newer.ends_at = self.ends_at;
        }
        newer
    }
}

fn check_labels(labels: &Labels) -> Result<(), String> {
    if labels.is_empty() {
        return Err("at least one label pair required".to_owned());
    }
    if labels.len() > PAIRS_MAX {
        return Err(format!(
            "invalid label set: more than {PAIRS_MAX} labels, which is the most that Hob takes"
        ));
    }
    for (name, value) in labels {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(format!("invalid label set: invalid name {:?}", tidy(name, 80)));
        }
        if value.len() > LABEL_BYTES_MAX {
            return Err(format!(
                "invalid label set: the value of {:?} has {} bytes, the most that Hob takes is {LABEL_BYTES_MAX}",
                tidy(name, 80),
                value.len()
            ));
        }
    }
    Ok(())
}

/// An alert is not lost because too much is said of it.
fn cut_annotations(given: Labels) -> Labels {
    let named = given.into_iter().filter(|(name, value)| {
        !value.is_empty()
            && !name.is_empty()
            && name.len() <= NAME_BYTES_MAX
            && !name.chars().any(char::is_control)
    });
    named.take(PAIRS_MAX).map(|(name, value)| (name, cut(value))).collect()
}

fn cut(mut value: String) -> String {
    if value.len() > ANNOTATION_BYTES_MAX {
        let end = (0..=ANNOTATION_BYTES_MAX - 3).rev().find(|i| value.is_char_boundary(*i)).unwrap_or(0);
        value.truncate(end);
        value.push('…');
    }
    value
}

#[cfg(test)]
mod tests;
