//! Renders the Helm chart of `deploy/kubernetes` without Helm, which Debian does not have.
//!
//! The chart is written so that Go's templates with Sprig's functions are enough: `template` at a fixed depth in place of
//! `include … | nindent`, and `toJson` of a value in place of `toYaml`, which is looked up here. Where `helm` is on the path,
//! a test compares.

use go_template::{Environment, Template};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of the chart.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes/chart")
}

/// The values that the chart brings, with these instead, as `helm --values` merges them.
///
/// # Panics
/// When the chart is not there or cannot be read.
pub fn values(over: &Value) -> Value {
    let mut values = read_yaml("values.yaml");
    merge(&mut values, over);
    values
}

/// The text of the manifests for a release of this name in this namespace, as `helm template` writes it: without the
/// notes, file after file.
///
/// # Panics
/// When a template is wrong.
pub fn render(release: &str, namespace: &str, over: &Value) -> String {
    let about = read_yaml("Chart.yaml");
    let values = values(over);
    let mut as_json = BTreeMap::new();
    note_json(".Values", &values, &mut as_json);
    let data = json!({
        "Values": values, "Json": as_json,
        "Release": {"Name": release, "Namespace": namespace, "Service": "Helm"},
        "Chart": {"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
    });
    let helpers = read("templates/_helpers.tpl");
    let environment = Environment::new(Timestamp::UNIX_EPOCH, TimeZone::UTC);
    let mut whole = String::new();
    for name in ["rbac", "config", "storage", "deployment", "service", "routes", "networkpolicy"] {
        let file = format!("templates/{name}.yaml");
        let template = Template::parse(&without_to_json(&format!("{helpers}{}", read(&file))));
        let template = template.unwrap_or_else(|error| panic!("{file}: {error}"));
        let text = template.render(&data, &environment).unwrap_or_else(|error| panic!("{file}: {error}"));
        let text = text.trim().trim_start_matches("---").trim();
        if !text.is_empty() {
            whole.push_str("---\n");
            whole.push_str(text);
            whole.push('\n');
        }
    }
    whole
}

/// The manifests as objects.
///
/// # Panics
/// When a template is wrong.
pub fn objects(release: &str, namespace: &str, over: &Value) -> Vec<Value> {
    let text = render(release, namespace, over);
    crate::yaml::objects(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Each value as JSON, by its path.
fn note_json(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    found.insert(path.to_owned(), value.to_string());
    for (name, value) in value.as_object().into_iter().flatten() {
        note_json(&format!("{path}.{name}"), value, found);
    }
}

/// `toJson .Values.x` is Sprig's, but not one of the functions that messages have.
fn without_to_json(template: &str) -> String {
    let mut parts = template.split("toJson ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (path, rest) = part.split_at(part.find([' ', '}', ')']).unwrap_or(part.len()));
        text.push_str(&format!("index $.Json \"{path}\"{rest}"));
    }
    text
}

fn read(name: &str) -> String {
    let file = folder().join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn read_yaml(name: &str) -> Value {
    let mut objects = crate::yaml::objects(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    objects.pop().unwrap_or_else(|| panic!("{name} is empty"))
}

fn merge(values: &mut Value, over: &Value) {
    match (values, over) {
        (Value::Object(values), Value::Object(over)) => {
            for (name, value) in over {
                merge(values.entry(name).or_insert(Value::Null), value);
            }
        }
        (values, over) => *values = over.clone(),
    }
}

#[cfg(test)]
mod tests;
