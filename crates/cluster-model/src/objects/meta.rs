//! What every object has: its name, labels and owners.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Labels or annotations.
pub type Labels = BTreeMap<Box<str>, Box<str>>;

/// The longest value of an annotation that is kept, in bytes.
const ANNOTATION_BYTES_MAX: usize = 2048;

/// Namespace and name; the namespace is empty for what has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace.
    pub namespace: Box<str>,
    /// The name.
    pub name: Box<str>,
}

impl Key {
    /// A key.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// What every object has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// Its namespace; empty for what has none.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// Its identity.
    #[serde(deserialize_with = "or_default")]
    pub uid: Box<str>,
    /// When it was made, in milliseconds since 1970.
    #[serde(rename = "creationTimestamp", deserialize_with = "time_ms")]
    pub created_ms: Option<i64>,
    /// Since when it is being deleted.
    #[serde(rename = "deletionTimestamp", deserialize_with = "time_ms")]
    pub deleted_ms: Option<i64>,
    /// Grows with each change of what is wanted.
    #[serde(deserialize_with = "or_default")]
    pub generation: i64,
    /// Labels.
    #[serde(deserialize_with = "or_default")]
    pub labels: Labels,
    /// Annotations, without the long ones (such as what was last applied).
    #[serde(deserialize_with = "short_annotations")]
    pub annotations: Labels,
    /// Who owns it.
    #[serde(rename = "ownerReferences", deserialize_with = "each_or_skip")]
    pub owners: Vec<Owner>,
}

impl Meta {
    /// The key.
    pub fn key(&self) -> Key {
        Key { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// The annotation, if it has one of that name.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(AsRef::as_ref)
    }

    /// The label, if it has one of that name.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(AsRef::as_ref)
    }

    /// The owner that controls it.
    pub fn controller(&self) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.controller).or_else(|| self.owners.first())
    }
}

/// Who owns an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Owner {
    /// The kind as the API writes it.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The name, in the same namespace.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// Whether it is the one that controls it.
    #[serde(deserialize_with = "or_default")]
    pub controller: bool,
}

/// A condition of a status, as nearly every kind writes it (KEP-1623). Argo CD's have neither status nor reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// What it is about: `Ready`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "or_default")]
    pub status: Box<str>,
    /// Why, in one word.
    #[serde(deserialize_with = "or_default")]
    pub reason: Box<str>,
    /// Why, in words, cut to a length.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
    /// Since when it is so, in milliseconds since 1970.
    #[serde(rename = "lastTransitionTime", deserialize_with = "time_ms")]
    pub since_ms: Option<i64>,
    /// For which generation it was said.
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
}

impl Condition {
    /// The condition of this type.
    pub fn find<'a>(conditions: &'a [Self], kind: &str) -> Option<&'a Self> {
        conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// Whether it holds.
    pub fn is_true(&self) -> bool {
        &*self.status == "True"
    }

    /// Whether it does not hold. One that is unknown neither holds nor does not.
    pub fn is_false(&self) -> bool {
        &*self.status == "False"
    }
}

/// The longest message of a status that is kept, in bytes.
const MESSAGE_BYTES_MAX: usize = 2048;

/// Reads a text of any length and keeps its beginning.
pub(crate) fn short_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    let mut text: String = or_default(deserializer)?;
    if text.len() > MESSAGE_BYTES_MAX {
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    Ok(text.into_boxed_str())
}

/// Reads what may be a number or a text, as ports and quantities may, into text.
pub(crate) fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Number(number) => number.to_string().into(),
        _ => Box::default(),
    })
}

/// Reads a field; one that is `null` or of another type is as if it were not there, since one absurd field must not lose
/// the object.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// Reads a list, leaving out the items that are of another shape.
pub(crate) fn each_or_skip<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let items: Vec<serde_json::Value> = or_default(deserializer)?;
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// Reads RFC 3339 into milliseconds since 1970.
pub(crate) fn time_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text: String = or_default(deserializer)?;
    Ok(text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond))
}

fn short_annotations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let mut annotations: Labels = or_default(deserializer)?;
    annotations.retain(|name, value| {
        value.len() <= ANNOTATION_BYTES_MAX && &**name != "kubectl.kubernetes.io/last-applied-configuration"
    });
    Ok(annotations)
}
