//! The section `[services]` of `hob.toml`.

use hob_feature::{Config, ConfigSection, Problems};
use std::time::Duration;

/// What the owner may change about discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether anything is looked for at all.
    pub(crate) enabled: bool,
    /// How often what was found is checked.
    pub(crate) interval: Duration,
    /// Ports that are left alone.
    pub(crate) ignore_ports: Vec<u16>,
    /// Programs whose ports are left alone.
    pub(crate) ignore_processes: Vec<String>,
    /// After this time a service that is gone is forgotten.
    pub(crate) forget_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::from_secs(30),
            ignore_ports: Vec::new(),
            ignore_processes: Vec::new(),
            forget_after: Duration::from_secs(14 * 86_400),
        }
    }
}

/// The section.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "services",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# What listens on this machine is found and watched by itself. These settings only sharpen that.
[services]
# enabled = true                        # false: nothing is looked for
# interval = "30s"                      # how often what was found is checked, 1s to 24h
# ignore_ports = [9000]                 # these ports are left alone
# ignore_processes = ["chromedriver"]   # and all ports of these programs
# forget_after = "14d"                  # a service that is gone is missed for as long as it was there, at most so long
"#;

/// Reads the section. What is wrong goes to `problems` and is replaced by its default.
pub(crate) fn read(config: &Config, problems: &Problems) -> Settings {
    let reader = config.section("services", problems);
    let default = Settings::default();
    let day = Duration::from_secs(86_400);
    let ports = reader
        .integers("ignore_ports", 1..=65_535)
        .map(|ports| ports.into_iter().filter_map(|port| u16::try_from(port).ok()).collect());
    let settings = Settings {
        enabled: reader.boolean("enabled").unwrap_or(default.enabled),
        interval: reader.duration("interval", Duration::from_secs(1)..=day).unwrap_or(default.interval),
        ignore_ports: ports.unwrap_or_default(),
        ignore_processes: reader.texts("ignore_processes").unwrap_or_default(),
        forget_after: reader
            .duration("forget_after", Duration::from_secs(60)..=day * 3660)
            .unwrap_or(default.forget_after),
    };
    reader.finish();
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Settings, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let settings = read(&config, &problems);
        (settings, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_a_section_the_defaults_hold() {
        assert_eq!(read_text(""), (Settings::default(), vec![]));
        assert_eq!(read_text(EXAMPLE), (Settings::default(), vec![]));
    }

    #[test]
    fn the_example_is_right_once_its_comment_signs_are_taken_away() {
        let text: String =
            EXAMPLE.lines().skip(1).map(|line| format!("{}\n", line.trim_start_matches("# "))).collect();
        let (settings, problems) = read_text(&text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(settings.ignore_ports, [9000]);
        assert_eq!(settings.ignore_processes, ["chromedriver"]);
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let (_, problems) =
            read_text("[services]\nignore_port = 9000\nignore_ports = [70000]\ninterval = \"0s\"\n");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].contains("did you mean “ignore_ports”?"), "{problems:?}");
        assert!(problems[1].contains("from 1 to 65535"), "{problems:?}");
    }
}
