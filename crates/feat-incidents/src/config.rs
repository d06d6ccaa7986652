//! The sections `[incidents]` and `[[maintenance]]` of `hob.toml`.

use crate::model::life::Patience;
use crate::model::telling::Rota;
use hob_base::silence::Matcher;
use hob_base::{Silence, Timestamp};
use hob_feature::{Config, ConfigSection, Problems, Reader};
use recurrence::Window;
use std::time::Duration;

/// Silences of `hob.toml` hold from ever on.
const EVER: Timestamp = Timestamp::from_millis(0);

/// How patient Hob is, and whom it tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// How patient the judge is.
    pub(crate) patience: Patience,
    /// Whom to tell.
    pub(crate) rota: Rota,
}

/// `[incidents]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "incidents",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

/// `[[maintenance]]`.
pub(crate) const MAINTENANCE: ConfigSection = ConfigSection {
    key: "maintenance",
    check: |config, problems| {
        read_maintenance(config, problems);
    },
    example: MAINTENANCE_EXAMPLE,
};

const EXAMPLE: &str = r#"# What is broken and why: one outage is one incident is one message.
[incidents]
# open_after = "30s"                    # how long something must be critical before it is an incident, 0s to 1h
# open_after_warning = "5m"             # the same for warnings, and for what fell silent
# close_after = "2m"                    # how long all must be well before it is over
# tell = ["anna"]                       # who hears of it; without it everybody who listens
# then_tell = ["ben"]                   # who hears of it when nobody takes care
# escalate_after = "30m"                # after this time
# remind_every = "4h"                   # how often to say that something critical still goes on; default: never
"#;

const MAINTENANCE_EXAMPLE: &str = r#"# Planned work: what breaks in it is shown, but nobody is told. It also covers what needs what is named.
#
# [[maintenance]]
# name = "Weekly updates"               # what is shown
# when = ["Sun 02:00-04:00"]            # also "Mon-Fri 22:00-06:00", "daily 03:00-03:30", "cron 0 3 1 * * for 2h"
# resources = ["host/home/nas"]         # by id,
# hosts = ["nas"]                       # by machine,
# tags = ["media"]                      # by tag,
# match = ['kind="service"']            # or by label; all of them must match
"#;

/// Reads `[incidents]`. What is wrong goes to `problems` and is replaced by its default.
pub(crate) fn read(config: &Config, problems: &Problems) -> Settings {
    let reader = config.section("incidents", problems);
    let default = Patience::default();
    let hour = Duration::from_secs(3600);
    let time = |key: &str, most: Duration| reader.duration(key, Duration::ZERO..=most);
    let warning = time("open_after_warning", hour * 24);
    let well = time("close_after", hour * 24).unwrap_or(default.well);
    let patience = Patience {
        critical: time("open_after", hour).unwrap_or(default.critical),
        warning: warning.unwrap_or(default.warning),
        unknown: warning.unwrap_or(default.unknown),
        well,
        flapping: default.flapping.max(well),
    };
    let people = |key: &str| reader.texts(key).unwrap_or_default();
    let rota = Rota {
        first: people("tell"),
        second: people("then_tell"),
        escalate_after: reader.duration("escalate_after", Duration::from_secs(1)..=hour * 24 * 7),
        remind_every: reader.duration("remind_every", Duration::from_secs(60)..=hour * 24 * 7),
    };
    if rota.escalate_after.is_some() && rota.second.is_empty() {
        reader.problem("escalate_after", "nobody is named in then_tell; name who is to hear of it then");
    }
    if !rota.second.is_empty() && rota.escalate_after.is_none() {
        reader.problem("then_tell", "escalate_after is missing; say after which time, for example \"30m\"");
    }
    reader.finish();
    Settings { patience, rota }
}

/// Reads every `[[maintenance]]`.
pub(crate) fn read_maintenance(config: &Config, problems: &Problems) -> Vec<Silence> {
    let tables = config.sections("maintenance", problems);
    let read = tables.iter().enumerate().filter_map(|(i, reader)| {
        let silence = read_one(reader, i + 1);
        reader.finish();
        silence
    });
    read.collect()
}

fn read_one(reader: &Reader<'_>, number: usize) -> Option<Silence> {
    let name = reader.text("name").unwrap_or_else(|| format!("Maintenance {number}"));
    let when = reader.texts("when");
    if when.as_ref().is_none_or(Vec::is_empty) {
        reader.problem("when", "it is missing; write for example when = [\"Sun 02:00-04:00\"]");
    }
    let mut good = true;
    for window in when.iter().flatten() {
        if let Err(error) = Window::parse(window) {
            reader.problem("when", error.to_string());
            good = false;
        }
    }
    let mut matchers = Vec::new();
    let mut add = |key: &str, label: &str| {
        let values = reader.texts(key).unwrap_or_default();
        if values.is_empty() {
            return;
        }
        let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
        // Of a list any one suffices; tags are themselves a list.
        let pattern = quoted.join("|");
        let pattern = if label == "tag" { format!(r"(.*,\s*)?({pattern})(\s*,.*)?") } else { pattern };
        match Matcher::new(label, &pattern, true, true) {
            Ok(matcher) => matchers.push(matcher),
            Err(problem) => reader.problem(key, problem),
        }
    };
    add("resources", "resource");
    add("hosts", "host");
    add("tags", "tag");
    for text in reader.texts("match").unwrap_or_default() {
        match text.parse() {
            Ok(matcher) => matchers.push(matcher),
            Err(problem) => reader.problem("match", problem),
        }
    }
    if matchers.is_empty() {
        reader.problem("", "it says for what nowhere; name resources, hosts, tags or match");
    }
    let recurs = when.filter(|when| good && !when.is_empty())?.join("\n");
    (!matchers.is_empty()).then(|| Silence {
        id: format!("hob.toml-maintenance-{number}"),
        matchers,
        starts_at: EVER,
        ends_at: None,
        recurs: Some(recurs),
        maintenance: true,
        created_by: "hob.toml".to_owned(),
        comment: name,
        updated_at: EVER,
    })
}

/// The text as a pattern that means nothing but itself.
fn quote(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if !c.is_alphanumeric() && c.is_ascii() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::silence::Labels;
    use std::path::Path;

    fn problems_of(text: &str) -> Vec<String> {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        read(&config, &problems);
        read_maintenance(&config, &problems);
        problems.into_sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let text = "[incidents]\nopen_after = \"2d\"\nescalate_after = \"5m\"\n[[maintenance]]\nwhen = [\"Someday\"]\n";
        let problems = problems_of(text).join("\n");
        for words in [
            "hob.toml:2",
            "then_tell",
            "hob.toml:5: maintenance[1].when",
            "name resources, hosts, tags or match",
        ] {
            assert!(problems.contains(words), "{words}: {problems}");
        }
        assert!(problems_of("").is_empty());
    }

    #[test]
    fn maintenance_means_what_it_names_and_nothing_else() {
        let text = "[[maintenance]]\nwhen = [\"Sun 02:00-04:00\"]\nresources = [\"host/home/n.s\", \"host/home/pi\"]\n\
                    [[maintenance]]\nwhen = [\"daily 03:00-03:30\"]\ntags = [\"media\"]\n";
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let silences = read_maintenance(&config, &Problems::default());
        let labels = |key: &str, value: &str| Labels::from([(key.to_owned(), value.to_owned())]);
        assert!(silences[0].matches(&labels("resource", "host/home/n.s")));
        assert!(silences[0].matches(&labels("resource", "host/home/pi")));
        assert!(!silences[0].matches(&labels("resource", "host/home/nas")));
        for (tags, expected) in
            [("media", true), ("family, media", true), ("media,x", true), ("multimedia", false)]
        {
            assert_eq!(silences[1].matches(&labels("tag", tags)), expected, "{tags}");
        }
    }
}
