//! The section `[account]` of `hob.toml`.

use crate::model::Network;
use hob_feature::{Config, ConfigSection, Problems};

/// What can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<Network>,
}

/// What `hob config example` prints.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "account",
    check: |config, problems| {
        Settings::read(config, problems);
    },
    example: "\
# Users, sessions and API tokens.
[account]
# The reverse proxies in front of Hob: addresses, or networks such as \"172.16.0.0/12\". Only what they say in
# X-Forwarded-For is believed. Without it everybody behind a proxy counts as one address, also when somebody guesses
# passwords.
# trusted_proxies = [\"127.0.0.1\"]
",
};

impl Settings {
    /// Reads `[account]`; what is wrong is reported and left out.
    pub(crate) fn read(config: &Config, problems: &Problems) -> Self {
        let section = config.section("account", problems);
        let mut settings = Self::default();
        for text in section.texts("trusted_proxies").unwrap_or_default() {
            match text.parse() {
                Ok(network) => settings.trusted_proxies.push(network),
                Err(problem) => section.problem("trusted_proxies", problem),
            }
        }
        section.finish();
        settings
    }
}
