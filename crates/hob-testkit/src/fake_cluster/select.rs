//! Label and field selectors, as a list or a watch carries them.

use serde_json::Value;

/// What of a collection is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    Is(String, Vec<String>),
    IsNot(String, Vec<String>),
    Exists(String),
    Absent(String),
}

/// The fields by which every kind can be selected; servers know only a few more for each kind.
const FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "status.phase",
    "type",
    "reason",
    "involvedObject.name",
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.uid",
    "spec.unschedulable",
];

impl Selection {
    /// Reads both selectors.
    ///
    /// # Errors
    /// What the server answers to one that it cannot read.
    pub(super) fn parse(labels: &str, fields: &str) -> Result<Self, String> {
        let labels = split(labels).map(requirement).collect::<Option<Vec<_>>>();
        let labels = labels.ok_or("unable to parse requirement: found a label selector that is none")?;
        let fields: Vec<Requirement> = split(fields)
            .map(|text| requirement(text).ok_or_else(|| format!("invalid selector: {text:?}")))
            .collect::<Result<_, _>>()?;
        for field in &fields {
            match field {
                Requirement::Is(name, _) | Requirement::IsNot(name, _) if FIELDS.contains(&name.as_str()) => {
                }
                other => return Err(format!("field label not supported: {other:?}")),
            }
        }
        Ok(Self { labels, fields })
    }

    /// Whether an object is among what is asked for.
    pub(super) fn takes(&self, object: &Value) -> bool {
        let label = |name: &str| object.get("metadata")?.get("labels")?.get(name)?.as_str();
        self.labels.iter().all(|one| one.holds(label(one.name())))
            && self.fields.iter().all(|one| one.holds(Some(&field(object, one.name()))))
    }
}

impl Requirement {
    fn name(&self) -> &str {
        match self {
            Self::Is(name, _) | Self::IsNot(name, _) | Self::Exists(name) | Self::Absent(name) => name,
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Is(_, wanted) => value.is_some_and(|value| wanted.iter().any(|one| one == value)),
            Self::IsNot(_, unwanted) => !value.is_some_and(|value| unwanted.iter().any(|one| one == value)),
            Self::Exists(_) => value.is_some(),
            Self::Absent(_) => value.is_none(),
        }
    }
}

/// A field as text; one that is not there is empty, as servers see it.
fn field(object: &Value, path: &str) -> String {
    match path.split('.').try_fold(object, |value, name| value.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// At the commas outside of parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

fn requirement(text: &str) -> Option<Requirement> {
    let list = |values: &str| -> Option<Vec<String>> {
        let inner = values.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(inner.split(',').map(|value| value.trim().to_owned()).collect())
    };
    let owned = |text: &str| text.trim().to_owned();
    if let Some((name, value)) = text.split_once("!=") {
        return Some(Requirement::IsNot(owned(name), vec![owned(value)]));
    }
    if let Some((name, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(Requirement::Is(owned(name), vec![owned(value)]));
    }
    if let Some((name, values)) = text.split_once(" notin ") {
        return Some(Requirement::IsNot(owned(name), list(values)?));
    }
    if let Some((name, values)) = text.split_once(" in ") {
        return Some(Requirement::Is(owned(name), list(values)?));
    }
    let absent = text.strip_prefix('!');
    let name = absent.unwrap_or(text);
    let good = !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter));
    good.then(|| {
        if absent.is_some() { Requirement::Absent(owned(name)) } else { Requirement::Exists(owned(name)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn takes(labels: &str, fields: &str) -> bool {
        let object = json!({
            "metadata": {"name": "jellyfin", "labels": {"app": "jellyfin", "tier": "media"}},
            "type": "Warning", "spec": {"unschedulable": true},
        });
        Selection::parse(labels, fields).unwrap().takes(&object)
    }

    #[test]
    fn labels_select() {
        for yes in [
            "",
            "app=jellyfin",
            "app==jellyfin,tier!=web",
            "app in (plex, jellyfin)",
            "tier",
            "!other",
            "other notin (a)",
        ] {
            assert!(takes(yes, ""), "{yes}");
        }
        for no in
            ["app=plex", "app in (plex)", "tier notin (media)", "other", "!app", "app=jellyfin,tier=web"]
        {
            assert!(!takes(no, ""), "{no}");
        }
        assert!(Selection::parse("a b c", "").is_err());
    }

    #[test]
    fn fields_select_and_unknown_ones_are_refused() {
        assert!(takes("", "metadata.name=jellyfin,type=Warning,spec.unschedulable=true"));
        assert!(takes("", "type!=Normal,spec.nodeName="));
        assert!(!takes("", "type!=Warning"));
        assert!(Selection::parse("", "spec.made.up=1").unwrap_err().contains("not supported"));
    }
}
