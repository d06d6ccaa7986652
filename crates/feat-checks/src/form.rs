//! The form of a check, as pure functions: a definition becomes what is in the inputs, and what was entered becomes a
//! definition or the list of everything that is wrong. The inputs are called as the settings in `hob.toml`.

mod fields;
mod kinds;
mod reading;
mod writing;

pub(crate) use fields::{COMMON, Input, Spec, secret_headers_shown};
pub(crate) use kinds::{KINDS, Kind, kind_of};
pub(crate) use writing::{duration_text, entered};

use crate::model::definition::CheckDefinition;
use crate::model::definition::mistakes::Mistake;
use hob_base::ResourceId;
use hob_feature::checks::{CheckSecret, CheckTarget};
use reading::Reading;
use std::collections::BTreeMap;

/// What is in the inputs, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entered(pub(crate) BTreeMap<String, String>);

impl Entered {
    /// What is in an input; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.insert(name.into(), value);
        }
    }
}

/// What reading a form needs of the house.
pub(crate) struct Tools<'a> {
    /// Seals a secret that was typed.
    pub(crate) seal: &'a dyn Fn(&str) -> hob_base::Result<CheckSecret>,
    /// The resource of this name, where exactly one has it.
    pub(crate) named: &'a dyn Fn(&str) -> Option<ResourceId>,
}

/// Reads a form. `before` is the check that is changed or copied: secrets that were not typed anew are its own.
///
/// # Errors
/// Everything that is wrong, by the names of the inputs.
pub(crate) fn read(
    kind: &Kind,
    entered: &Entered,
    before: Option<&CheckDefinition>,
    tools: &Tools<'_>,
) -> Result<CheckDefinition, Vec<Mistake>> {
    let reading = Reading::new(entered, before.map(|before| &before.target), tools);
    let target = (kind.read)(&reading);
    let mut definition = CheckDefinition::new(reading.name(&target), target);
    if let Some(before) = before {
        definition.slug.clone_from(&before.slug);
    }
    reading.common(&mut definition);
    let mut wrong = reading.into_mistakes();
    for mistake in problems(&definition, before) {
        // What could not be read at all is not found wanting once more.
        if !wrong.iter().any(|known| known.field == mistake.field) {
            wrong.push(mistake);
        }
    }
    // It is called after where it looks; as long as that is wrong, a missing name is none.
    let unnamed = entered.get("name").trim().is_empty();
    if unnamed && wrong.iter().any(|mistake| mistake.field != "name") {
        wrong.retain(|mistake| mistake.field != "name");
    }
    if wrong.is_empty() { Ok(definition) } else { Err(wrong) }
}

/// What is in the inputs of a check that nobody has touched: what is usual for the kind.
pub(crate) fn usual(kind: &Kind) -> Entered {
    let nothing = |_: &str| Ok(CheckSecret::Env(String::new()));
    let tools = Tools { seal: &nothing, named: &|_| None };
    let untouched = Entered::default();
    let reading = Reading::new(&untouched, None, &tools);
    let mut usual = entered(&CheckDefinition::new("", (kind.read)(&reading)));
    // No port is usual for these.
    usual.0.retain(|name, value| name != "port" || value != "0");
    usual
}

/// Everything that is wrong with a definition that somebody wants to keep, whoever made it. `before` is the check that it
/// replaces or is a copy of.
pub(crate) fn problems(definition: &CheckDefinition, before: Option<&CheckDefinition>) -> Vec<Mistake> {
    let mut found = definition.mistakes();
    if definition.target.secrets().len() > 60 {
        found.push(Mistake { field: "headers", problem: "at most 50 headers can be sent".to_owned() });
    }
    if let Some(before) = before
        && destination(&before.target) != destination(&definition.target)
    {
        let old = before.target.secrets();
        if definition.target.secrets().iter().any(|secret| old.contains(secret)) {
            let field = match &definition.target {
                CheckTarget::Http(http) if http.login.is_none() => "headers",
                CheckTarget::Http(http) => match http.login {
                    Some(hob_feature::checks::HttpLogin::Bearer { .. }) => "token",
                    _ => "password",
                },
                _ => "password",
            };
            found.push(Mistake {
                field,
                problem: "it would now be sent somewhere else, or less safely, than before; type it again if that is meant"
                    .to_owned(),
            });
        }
    }
    found
}

/// To whom, and how safely, the secrets of a check are sent.
fn destination(target: &CheckTarget) -> String {
    match target {
        CheckTarget::Http(http) => {
            let place = http_probe::Url::parse(&http.url)
                .map(|url| format!("{}:{}:{}", http.url.starts_with("https:"), url.host(), url.port()))
                .unwrap_or_default();
            format!("{place} {:?} {}", http.connect_to, http.trusted)
        }
        CheckTarget::Registry(registry) => {
            registry.image.split('/').next().filter(|host| host.contains(['.', ':'])).unwrap_or("").to_owned()
        }
        other => other.server().map_or_else(String::new, |server| {
            format!(
                "{} {}:{} {:?} {}",
                other.kind(),
                server.host,
                server.port,
                server.security,
                server.trusted
            )
        }),
    }
}

#[cfg(test)]
mod tests;
