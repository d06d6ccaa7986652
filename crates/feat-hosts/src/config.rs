//! The section `[hosts]` of `hob.toml`.

use hob_feature::{Config, ConfigSection, Problems};
use std::ops::RangeInclusive;
use std::time::Duration;

/// What a forecast may be set to warn of.
const FORECAST_RANGE: RangeInclusive<Duration> =
    Duration::from_secs(3600)..=Duration::from_secs(5 * 365 * 86_400);

/// The limits by which filesystems are judged, and what is left alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Whether this machine is watched at all.
    pub(crate) enabled: bool,
    /// A filesystem this full is a warning.
    pub(crate) filesystem_warning_percent: f64,
    /// A filesystem this full is critical.
    pub(crate) filesystem_critical_percent: f64,
    /// One that will be full within this time is a warning.
    pub(crate) forecast_warning: Duration,
    /// Mount points that are not watched; `/mnt/*` means everything below.
    pub(crate) ignore_filesystems: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            filesystem_warning_percent: 85.0,
            filesystem_critical_percent: 95.0,
            forecast_warning: Duration::from_secs(14 * 86_400),
            ignore_filesystems: Vec::new(),
        }
    }
}

/// What `hob config example` prints.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "hosts",
    check: |config, problems| {
        Settings::read(config, problems);
    },
    example: "\
# This machine: its CPU, memory, temperatures, filesystems and failed systemd units.
[hosts]
# enabled = true
# A filesystem this full is a warning or critical. With 200 GiB or more free, the forecast counts instead.
# filesystem_warning_percent = 85
# filesystem_critical_percent = 95
# A filesystem that will be full within this time is a warning.
# forecast_warning = \"14d\"
# Mount points to leave alone; \"/mnt/*\" means everything below /mnt.
# ignore_filesystems = [\"/mnt/scratch\"]
",
};

impl Settings {
    /// Reads `[hosts]`; what is missing or wrong keeps its default, and what is wrong is reported.
    pub(crate) fn read(config: &Config, problems: &Problems) -> Self {
        let mut settings = Self::default();
        let section = config.section("hosts", problems);
        if let Some(enabled) = section.boolean("enabled") {
            settings.enabled = enabled;
        }
        if let Some(percent) = section.number("filesystem_warning_percent", 1.0..=100.0) {
            settings.filesystem_warning_percent = percent;
        }
        if let Some(percent) = section.number("filesystem_critical_percent", 1.0..=100.0) {
            settings.filesystem_critical_percent = percent;
        }
        if settings.filesystem_critical_percent < settings.filesystem_warning_percent {
            section.problem(
                "filesystem_critical_percent",
                format!(
                    "{} must not be below filesystem_warning_percent, which is {}",
                    settings.filesystem_critical_percent, settings.filesystem_warning_percent
                ),
            );
        }
        if let Some(duration) = section.duration("forecast_warning", FORECAST_RANGE) {
            settings.forecast_warning = duration;
        }
        if let Some(paths) = section.texts("ignore_filesystems") {
            if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
                let problem = format!("“{path}” is not a mount point: it must begin with a slash");
                section.problem("ignore_filesystems", problem);
            }
            settings.ignore_filesystems = paths;
        }
        section.finish();
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let settings = Settings::read(&config, &problems);
        (settings, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn settings_are_read() {
        let (settings, problems) = read(
            "[hosts]\nenabled = false\nfilesystem_warning_percent = 70\nfilesystem_critical_percent = 90.5\n\
             forecast_warning = \"7d\"\nignore_filesystems = [\"/mnt/scratch\"]\n",
        );
        assert_eq!(problems, [""; 0]);
        let wanted = Settings {
            enabled: false,
            filesystem_warning_percent: 70.0,
            filesystem_critical_percent: 90.5,
            forecast_warning: Duration::from_secs(7 * 86_400),
            ignore_filesystems: vec!["/mnt/scratch".to_owned()],
        };
        assert_eq!(settings, wanted);
    }

    #[test]
    fn the_example_shows_the_defaults() {
        let text: String = SECTION
            .example
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .filter(|line| line.starts_with('[') || line.contains(" = "))
            .filter(|line| !line.starts_with("ignore"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(read(&text), (Settings::default(), Vec::new()));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let (_, problems) = read(
            "[hosts]\nfilesystem_warning_percent = 99\nignore_filesystems = \"scratch\"\nforecast_warnings = \"7d\"\n",
        );
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems.iter().any(|p| p.contains("must not be below filesystem_warning_percent")),
            "{problems:?}"
        );
        assert!(problems.iter().any(|p| p.contains("did you mean “forecast_warning”?")), "{problems:?}");
    }
}
