//! The section `[kubernetes_registries]` of `hob.toml`.

use hob_feature::{Config, ConfigSection, Problems};
use std::time::Duration;

/// What the owner may change about asking registries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether registries are asked at all.
    pub(crate) enabled: bool,
    /// How often each image is asked for.
    pub(crate) interval: Duration,
    /// How long after the start of the hub nobody is asked: who starts it often asks no more often.
    pub(crate) start_after: Duration,
    /// Registries (`nas.lan:5000`) that are asked over plain HTTP, with credentials too.
    pub(crate) plain_http: Vec<String>,
    /// Where the last day of GitHub's tokens is asked for; `None`: nowhere.
    pub(crate) github: Option<String>,
}

/// The section.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "kubernetes_registries",
    check: |config, problems| {
        read_with(config, problems);
    },
    example: EXAMPLE,
};

/// GitHub's API.
const GITHUB: &str = "https://api.github.com/rate_limit";

const EXAMPLE: &str = r#"# Once a day the registry of every image in use is asked whether it could be pulled, with the credential of its pods.
[kubernetes_registries]
# enabled = true                    # false: no registry is asked; neither with the environment variable HOB_AUTO=off
# interval = "24h"                  # how often, 10m to 7d
# start_after = "2m"                # how long after Hob's own start nobody is asked
# plain_http = ["nas.lan:5000"]     # registries without HTTPS that get credentials all the same
# github_dates = true               # ask api.github.com for the last day of tokens for ghcr.io
"#;

/// Reads the section. What is wrong was reported when the hub started.
pub(crate) fn read(config: &Config) -> Settings {
    read_with(config, &Problems::default())
}

fn read_with(config: &Config, problems: &Problems) -> Settings {
    let reader = config.section("kubernetes_registries", problems);
    let forbidden = std::env::var_os("HOB_AUTO").is_some_and(|value| value == "off");
    let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
    let github = reader.boolean("github_dates").unwrap_or(true);
    let settings = Settings {
        enabled: reader.boolean("enabled").unwrap_or(!forbidden),
        interval: reader.duration("interval", 10 * minute..=7 * 24 * hour).unwrap_or(24 * hour),
        start_after: reader.duration("start_after", Duration::ZERO..=hour).unwrap_or(2 * minute),
        plain_http: reader.texts("plain_http").unwrap_or_default(),
        github: github.then(|| reader.text("github_api").unwrap_or_else(|| GITHUB.to_owned())),
    };
    reader.finish();
    settings
}
