//! `[status]` and `[[objective]]` of `hob.toml`.

use crate::model::objective::{DEFAULT, LIMITS, Objective, Origin};
use hob_base::ResourceId;
use hob_feature::{Config, ConfigSection, Problems};
use std::collections::HashMap;

/// What the owner may set in the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Under which address the outside knows this hub: scheme and host.
    pub(crate) url: Option<String>,
    /// What is wanted where nothing else is said.
    pub(crate) objective: Objective,
    /// Of single resources.
    pub(crate) by_resource: HashMap<ResourceId, Objective>,
    /// Of kinds.
    pub(crate) by_kind: HashMap<String, Objective>,
}

impl Settings {
    /// What is wanted of a resource, and who said so: the file's word on the resource, the page's, the file's on its
    /// kind, the default.
    pub(crate) fn objective_of(
        &self,
        id: &ResourceId,
        people: &HashMap<ResourceId, f64>,
    ) -> (Objective, Origin) {
        if let Some(objective) = self.by_resource.get(id) {
            return (*objective, Origin::File);
        }
        if let Some(objective) = people.get(id).and_then(|percent| Objective::new(*percent).ok()) {
            return (objective, Origin::Page);
        }
        match self.by_kind.get(id.kind()) {
            Some(objective) => (*objective, Origin::File),
            None => (self.objective, Origin::Default),
        }
    }
}

/// The section `[status]`.
pub(crate) const STATUS: ConfigSection = ConfigSection {
    key: "status",
    check: |config, problems| {
        read_status(config, problems);
    },
    example: "\
# Up-time reports and status pages for everybody.
[status]
# Under which address visitors reach the status pages; used in feeds. Without it the address is the one that was asked for.
# url = \"https://status.example.org\"
# objective = 99.5                      # per cent of a month that everything is to be up
",
};

/// The tables `[[objective]]`.
pub(crate) const OBJECTIVE: ConfigSection = ConfigSection {
    key: "objective",
    check: |config, problems| {
        read_objectives(config, problems);
    },
    example: "\
# What is wanted of one resource or of one kind. This wins over what is set on its page.
# [[objective]]
# resource = \"service/nas/3000\"         # or kind = \"service\"
# percent = 99.9
",
};

/// All of it; what is wrong was reported when the hub started, and is left out.
pub(crate) fn read(config: &Config) -> Settings {
    let problems = Problems::default();
    let (url, objective) = read_status(config, &problems);
    let (by_resource, by_kind) = read_objectives(config, &problems);
    Settings { url, objective, by_resource, by_kind }
}

fn read_status(config: &Config, problems: &Problems) -> (Option<String>, Objective) {
    let section = config.section("status", problems);
    let url = section.parsed("url", check_url);
    let objective = section.number("objective", LIMITS).and_then(|percent| Objective::new(percent).ok());
    section.finish();
    (url, objective.unwrap_or(DEFAULT))
}

fn read_objectives(
    config: &Config,
    problems: &Problems,
) -> (HashMap<ResourceId, Objective>, HashMap<String, Objective>) {
    let (mut by_resource, mut by_kind) = (HashMap::new(), HashMap::new());
    for section in config.sections("objective", problems) {
        let resource: Option<ResourceId> = section.parsed("resource", str::parse);
        let kind = section.text("kind");
        let percent = section.number("percent", LIMITS).and_then(|percent| Objective::new(percent).ok());
        section.finish();
        match (resource, kind, percent) {
            (Some(id), None, Some(percent)) => {
                by_resource.insert(id, percent);
            }
            (None, Some(kind), Some(percent)) => {
                by_kind.insert(kind, percent);
            }
            (Some(_), Some(_), _) => section.problem("kind", "give either a resource or a kind, not both"),
            (None, None, _) => {
                section.problem("", "it needs a resource or a kind, such as kind = \"service\"");
            }
            (_, _, None) => section.problem("percent", "it is missing; write for example percent = 99.9"),
        }
    }
    (by_resource, by_kind)
}

fn check_url(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if host.is_some_and(is_host) {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(80).collect();
    Err(format!("“{shown}” is not the address of a host: write for example https://status.example.org"))
}

/// Whether this is a host, with or without a port, and nothing that could do harm in an address.
pub(crate) fn is_host(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Settings, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        (STATUS.check)(&config, &problems);
        (OBJECTIVE.check)(&config, &problems);
        (read(&config), problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_sections_the_defaults_hold() {
        let (settings, problems) = read_text("");
        assert_eq!((settings.objective, settings.url, problems.len()), (DEFAULT, None, 0));
    }

    #[test]
    fn the_examples_are_right_once_their_comment_signs_are_taken_away() {
        let text: String = [STATUS.example, OBJECTIVE.example]
            .iter()
            .flat_map(|example| example.lines())
            .filter(|line| line.contains(" = ") || line.contains('['))
            .map(|line| format!("{}\n", line.trim_start_matches("# ")))
            .collect();
        let (settings, problems) = read_text(&text);
        assert_eq!(problems, [""; 0], "{text}");
        assert_eq!(settings.url.as_deref(), Some("https://status.example.org"));
        assert_eq!(settings.by_resource.len(), 1);
    }

    #[test]
    fn the_file_wins_over_the_page_and_the_page_over_the_kind() {
        let (settings, problems) = read_text(
            "[[objective]]\nkind = \"service\"\npercent = 99\n[[objective]]\nresource = \"service/nas/1\"\npercent = 90\n",
        );
        assert_eq!(problems, [""; 0]);
        let id = |n: u8| ResourceId::new("service", "nas", &n.to_string());
        let people = [(id(1), 95.0), (id(2), 95.0)].into();
        let told = |id: &ResourceId| {
            let (objective, origin) = settings.objective_of(id, &people);
            (objective.percent(), origin)
        };
        assert_eq!(told(&id(1)), (90.0, Origin::File));
        assert_eq!(told(&id(2)), (95.0, Origin::Page));
        assert_eq!(told(&id(3)), (99.0, Origin::File));
        assert_eq!(told(&ResourceId::new("host", "home", "nas")), (99.5, Origin::Default));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let (_, problems) = read_text(
            "[status]\nurl = \"ftp://x\"\nobjective = 0\n[[objective]]\npercent = 99\n[[objective]]\nkind = \"host\"\n",
        );
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[0].contains("https://status.example.org"), "{problems:?}");
        assert!(problems[1].contains("from 1 to 100"), "{problems:?}");
        assert!(problems[2].contains("kind = \"service\""), "{problems:?}");
        assert!(problems[3].contains("percent = 99.9"), "{problems:?}");
    }
}
