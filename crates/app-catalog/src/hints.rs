//! What annotations and labels of dashboards say of a thing, in one value.
//!
//! People have written down names, groups and icons for the dashboard that they used before. All of it is honoured, as a
//! hint. The keys of Hob itself (`hob.dev/*` and `hob.*`) go before all others; of the others the first in this order
//! wins, field by field: Homepage, Hajimari, Forecastle, Glance, Gatus.

mod keys;
mod probe;

pub use probe::Probe;

use crate::icon::Icon;
use crate::words::{address, line};
use keys::{Field, Source};

/// The longest name and group, in characters.
const NAME_MAX: usize = 60;
/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 200;
/// The longest tag, in characters.
const TAG_MAX: usize = 30;
/// How many tags are kept.
const TAGS: usize = 10;
/// The longest selector of pods, in characters.
const SELECTOR_MAX: usize = 250;
/// How many keys are looked at; an object has no reason for more.
const KEYS: usize = 500;
/// The longest value that is looked at, in bytes.
const VALUE_MAX: usize = 16 * 1024;

/// What dashboards' keys say of a thing. Every field may be missing; a value that makes no sense is as if it were not
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// What people call it; at most 60 characters.
    pub name: Option<String>,
    /// The heading it stands under; at most 60 characters.
    pub group: Option<String>,
    /// Its icon.
    pub icon: Option<Icon>,
    /// Where a person opens it: `http` or `https`.
    pub url: Option<String>,
    /// One line about it; at most 200 characters.
    pub description: Option<String>,
    /// Its place within the group, small first.
    pub weight: Option<i64>,
    /// Whether it is to be left out; `Some(false)`: to be shown, whatever a rule says.
    pub hidden: Option<bool>,
    /// Words to find it by; at most ten, in lower case.
    pub tags: Vec<String>,
    /// The thing itself runs elsewhere: no pods and no container are expected behind it.
    pub external: Option<bool>,
    /// It is reachable from within the own network only.
    pub restricted: Option<bool>,
    /// How it is to be probed, or that it is not.
    pub probe: Option<Probe>,
    /// Which pods serve it, as a label selector of Kubernetes.
    pub pod_selector: Option<String>,
    /// The name of the thing that this one is a part of (Glance's `parent`).
    pub part_of: Option<String>,
    /// The keys that said something, sorted.
    pub from: Vec<String>,
}

impl Hints {
    /// What the annotations of a Kubernetes object say: `hob.dev/*`, `gethomepage.dev/*`, `hajimari.io/*`,
    /// `forecastle.stakater.com/*`, `gatus.home-operations.com/*`.
    pub fn from_annotations<'a>(annotations: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::read(annotations, keys::of_annotation)
    }

    /// What the labels of a container say: `hob.*`, `homepage.*` (with `homepage.instance.NAME.*`), `glance.*`; and the
    /// annotations' keys, which some people write as labels.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::read(labels, keys::of_label)
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }

    /// What this says, and where it says nothing what `other` says: the route before its Service, for example.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.name = self.name.or(other.name);
        self.group = self.group.or(other.group);
        self.icon = self.icon.or(other.icon);
        self.url = self.url.or(other.url);
        self.description = self.description.or(other.description);
        self.weight = self.weight.or(other.weight);
        self.hidden = self.hidden.or(other.hidden);
        self.external = self.external.or(other.external);
        self.restricted = self.restricted.or(other.restricted);
        self.probe = self.probe.or(other.probe);
        self.pod_selector = self.pod_selector.or(other.pod_selector);
        self.part_of = self.part_of.or(other.part_of);
        if self.tags.is_empty() {
            self.tags = other.tags;
        }
        self.from.extend(other.from);
        self.from.sort();
        self.from.dedup();
        self
    }

    fn read<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        field_of: impl Fn(&str) -> Option<(Source, Field)>,
    ) -> Self {
        let mut found: Vec<(Source, Field, &str, &str)> = pairs
            .into_iter()
            .filter_map(|(key, value)| field_of(key).map(|(source, field)| (source, field, key, value)))
            .filter(|(.., value)| value.len() <= VALUE_MAX)
            .take(KEYS)
            .collect();
        // What goes before others is read first; the key decides between equals, so that the order does not.
        found.sort_unstable_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
        let mut hints = Self::default();
        for (_, field, key, value) in found {
            if hints.set(field, value) {
                hints.from.push(key.chars().take(SELECTOR_MAX).collect());
            }
        }
        hints.from.sort();
        hints
    }

    /// Takes one value in, where the field is still empty. Whether it said something.
    fn set(&mut self, field: Field, value: &str) -> bool {
        match field {
            Field::Name => fill(&mut self.name, line(value, NAME_MAX)),
            Field::Group => fill(&mut self.group, line(value, NAME_MAX)),
            Field::Icon => fill(&mut self.icon, Icon::parse(value)),
            Field::Url => fill(&mut self.url, address(value)),
            Field::Description => fill(&mut self.description, line(value, DESCRIPTION_MAX)),
            Field::Weight => fill(&mut self.weight, value.trim().parse::<i32>().ok().map(i64::from)),
            Field::Hide => fill(&mut self.hidden, truth(value)),
            Field::Show => fill(&mut self.hidden, truth(value).map(|shown| !shown)),
            Field::External => fill(&mut self.external, truth(value)),
            Field::Restricted => fill(&mut self.restricted, truth(value)),
            Field::Probe => fill(&mut self.probe, Probe::parse(value)),
            Field::ProbeOn => fill(&mut self.probe, (truth(value) == Some(false)).then_some(Probe::Off)),
            Field::ProbeUrl => fill(&mut self.probe, address(value).map(Probe::of_url)),
            Field::GatusEndpoint => fill(&mut self.probe, Probe::of_gatus(value)),
            Field::PodSelector => fill(&mut self.pod_selector, line(value, SELECTOR_MAX)),
            Field::PartOf => fill(&mut self.part_of, line(value, NAME_MAX)),
            Field::Tags => {
                let fresh = self.tags.is_empty();
                if fresh {
                    self.tags = tags(value);
                }
                fresh && !self.tags.is_empty()
            }
        }
    }
}

fn fill<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    if place.is_some() || value.is_none() {
        return false;
    }
    *place = value;
    true
}

/// Yes or no, as people write it. `None` for anything else.
fn truth(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn tags(value: &str) -> Vec<String> {
    let mut tags: Vec<String> = value
        .split([',', ';', '\n'])
        .take(TAGS * 4)
        .filter_map(|tag| line(tag, TAG_MAX))
        .map(|tag| line(&tag.to_lowercase(), TAG_MAX).unwrap_or_default())
        .collect();
    tags.sort();
    tags.dedup();
    tags.truncate(TAGS);
    tags
}
