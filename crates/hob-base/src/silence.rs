//! Silences and maintenance windows: of what nobody is to be told, and when.
//!
//! Matching follows Alertmanager: every matcher of a silence must match, and a label that is not there is an empty one.

use crate::{Fact, Resource, Timestamp};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The longest pattern in bytes.
const PATTERN_BYTES_MAX: usize = 512;
/// The most memory that one compiled pattern may take, in bytes.
const COMPILED_BYTES_MAX: usize = 1 << 18;

/// Labels by name: what silences are matched against.
pub type Labels = BTreeMap<String, String>;

/// One condition on one label, as Alertmanager knows it. The engine of patterns cannot back-track.
#[derive(Debug, Clone)]
pub struct Matcher {
    name: String,
    value: String,
    equal: bool,
    pattern: Option<Regex>,
}

impl Matcher {
    /// A condition on the label `name`.
    ///
    /// # Errors
    /// One sentence that says what is wrong with the pattern.
    pub fn new(name: &str, value: &str, is_regex: bool, is_equal: bool) -> Result<Self, String> {
        if name.is_empty() || name.len() > 200 {
            return Err("a matcher needs the name of a label, of at most 200 bytes".to_owned());
        }
        if value.len() > PATTERN_BYTES_MAX {
            return Err(format!("the value for “{name}” is longer than {PATTERN_BYTES_MAX} bytes"));
        }
        let pattern = is_regex.then(|| compile(value)).transpose()?;
        Ok(Self { name: name.to_owned(), value: value.to_owned(), equal: is_equal, pattern })
    }

    /// The label.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value or pattern.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the value is a pattern.
    pub fn is_regex(&self) -> bool {
        self.pattern.is_some()
    }

    /// Whether it must match, not must not.
    pub fn is_equal(&self) -> bool {
        self.equal
    }

    /// Whether these labels fulfil it.
    pub fn matches(&self, labels: &Labels) -> bool {
        let label = labels.get(&self.name).map_or("", String::as_str);
        let same = match &self.pattern {
            Some(pattern) => pattern.is_match(label),
            // One of several tags.
            None if self.name == "tag" && !self.value.is_empty() => {
                label.split(',').any(|tag| tag.trim() == self.value)
            }
            None => label == self.value,
        };
        same == self.equal
    }
}

/// A pattern that must match the whole of a label.
fn compile(pattern: &str) -> Result<Regex, String> {
    regex::RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(COMPILED_BYTES_MAX)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("the pattern “{pattern}” is too large"),
            _ => format!("“{pattern}” is not a pattern (a regular expression)"),
        })
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value, self.equal, self.is_regex())
            == (&other.name, &other.value, other.equal, other.is_regex())
    }
}

impl Eq for Matcher {}

/// As people write it: `kind="service"`, `name=~"photos.*"`.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match (self.is_equal(), self.is_regex()) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        write!(f, "{}{operator}{:?}", self.name, self.value)
    }
}

/// Reads `name="value"`, `name!="value"`, `name=~"pattern"`, `name!~"pattern"`; the quotes may be left out.
impl std::str::FromStr for Matcher {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown: String = text.chars().take(80).collect();
            format!("“{shown}” is not a matcher: write for example kind=\"service\" or name=~\"photos.*\"")
        };
        let at = text.find(['=', '!']).ok_or_else(wrong)?;
        let (name, rest) = text.split_at(at);
        let operators = [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
        let (value, is_regex, is_equal) = operators
            .iter()
            .find_map(|(operator, regex, equal)| Some((rest.strip_prefix(operator)?, *regex, *equal)))
            .ok_or_else(wrong)?;
        let value = value.trim();
        let value = match value.strip_prefix('"') {
            Some(quoted) => serde_json::from_str::<String>(&format!("\"{quoted}")).map_err(|_| wrong())?,
            None => value.to_owned(),
        };
        Self::new(name.trim(), &value, is_regex, is_equal)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatcherForm {
    name: String,
    value: String,
    #[serde(default)]
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

/// In the form of Alertmanager's API: `{name, value, isRegex, isEqual}`.
impl Serialize for Matcher {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = MatcherForm {
            name: self.name.clone(),
            value: self.value.clone(),
            is_regex: self.is_regex(),
            is_equal: self.equal,
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = MatcherForm::deserialize(deserializer)?;
        Self::new(&form.name, &form.value, form.is_regex, form.is_equal).map_err(serde::de::Error::custom)
    }
}

/// Of what nobody is to be told, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Unique; Alertmanager's clients expect a UUID.
    pub id: String,
    /// All of them must match. Never empty.
    pub matchers: Vec<Matcher>,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when; `None`: until somebody ends it (only with `recurs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Within these bounds only in these windows: `Sun 02:00-04:00`, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurs: Option<String>,
    /// Planned work: it also covers what depends on what is matched, and counts apart in up-time reports.
    #[serde(default)]
    pub maintenance: bool,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Silence {
    /// Whether the labels are meant, at whatever time.
    pub fn matches(&self, labels: &Labels) -> bool {
        !self.matchers.is_empty() && self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether `at` lies within its bounds, windows left aside.
    pub fn is_within(&self, at: Timestamp) -> bool {
        self.starts_at <= at && self.ends_at.is_none_or(|end| at < end)
    }
}

/// What silences are matched against: every fact that is text, a whole number, yes or no, and besides `kind`, `scope`,
/// `name`, `resource` (the whole id), `title` (what people call it), `health`, `severity` and `host` (the names of the
/// hosts that it needs itself, or its own).
pub fn labels_of(resource: &Resource) -> Labels {
    let mut labels: Labels = resource
        .facts
        .iter()
        .filter_map(|(key, fact)| {
            let value = match fact {
                Fact::Text(text) => text.clone(),
                Fact::Integer(number) => number.to_string(),
                Fact::Boolean(value) => value.to_string(),
                Fact::Number(_) => return None,
            };
            Some((key.clone(), value))
        })
        .collect();
    let id = &resource.id;
    // What another monitoring system says of its alert is its own; what Hob derives gives way.
    let foreign = id.kind() == "alert";
    let mut set = |key: &str, value: String| {
        if !foreign || !labels.contains_key(key) {
            labels.insert(key.to_owned(), value);
        }
    };
    if id.kind() == "host" {
        set("host", id.name().to_owned());
    } else if let Some(host) = resource.depends_on.iter().find(|on| on.kind() == "host") {
        set("host", host.name().to_owned());
    }
    set("kind", id.kind().to_owned());
    set("scope", id.scope().to_owned());
    set("name", id.name().to_owned());
    set("resource", id.to_string());
    set("title", resource.name.clone());
    set("health", resource.health.level.to_string());
    labels.entry("severity".to_owned()).or_insert_with(|| resource.health.level.to_string());
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn matchers_read_and_write_the_form_that_people_know() {
        for text in [r#"kind="service""#, r#"name=~"photos.*""#, r#"job!="a\"b""#, r#"x!~"1|2""#] {
            let matcher: Matcher = text.parse().unwrap();
            assert_eq!(matcher.to_string(), text);
            let json = serde_json::to_string(&matcher).unwrap();
            assert_eq!(serde_json::from_str::<Matcher>(&json).unwrap(), matcher);
        }
        assert_eq!("kind=service".parse::<Matcher>().unwrap().to_string(), r#"kind="service""#);
        for wrong in ["", "kind", "=x", "a=~\"(\"", "a=~\"(a{1000}){1000}\"", "a=\"x"] {
            assert!(wrong.parse::<Matcher>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_must_match_the_whole_label_and_a_missing_label_is_empty() {
        let given = labels(&[("name", "photos"), ("tag", "family, media")]);
        for (text, expected) in [
            ("name=photos", true),
            ("name=~pho", false),
            ("name=~pho.*", true),
            ("name!~pho", true),
            ("missing=", true),
            ("missing!=x", true),
            ("tag=media", true),
            ("tag=med", false),
            ("tag!=family", false),
        ] {
            assert_eq!(text.parse::<Matcher>().unwrap().matches(&given), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_that_makes_others_back_track_is_answered_at_once() {
        let matcher: Matcher = "name=~(a+)+b".parse().unwrap();
        let given = labels(&[("name", &"a".repeat(50_000))]);
        // One that back-tracks would not come back in this century.
        assert!(!matcher.matches(&given));
    }
}
