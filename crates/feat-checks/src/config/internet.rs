//! The table `[internet]` of `hob.toml`: how to tell that it is the connection that is down.

use crate::model::outside::Network;
use hob_feature::{Config, ConfigSection, Problems};
use http_probe::ConnectTo;

/// What the crate reads of it.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "internet",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# When nothing outside answers any more, Hob says that once, and not of every check. It rests on the checks of outside
# addresses alone; anchors make it surer. Nothing else is asked.
#
# [internet]
# anchors = ["1.1.1.1:443", "9.9.9.9:443"]   # connected to once a minute, and when something outside fails
# outside = ["203.0.113.0/24"]               # networks that count as outside, although their addresses are private
"#;

/// How to tell that it is the connection that is down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Internet {
    /// Places outside that are always there.
    pub(crate) anchors: Vec<Anchor>,
    /// Networks that count as outside.
    pub(crate) outside: Vec<Network>,
}

/// A place outside that is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// Name or address.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

/// The most that makes sense.
const ANCHORS_MAX: usize = 10;

/// What the owner says. What is wrong goes to `problems`.
pub(crate) fn read(config: &Config, problems: &Problems) -> Internet {
    let reader = config.section("internet", problems);
    let mut internet = Internet::default();
    for text in reader.texts("anchors").unwrap_or_default() {
        match text.parse::<ConnectTo>() {
            Ok(ConnectTo::Address(address)) => {
                internet.anchors.push(Anchor { host: address.ip().to_string(), port: address.port() });
            }
            Ok(ConnectTo::Host(host, port)) => internet.anchors.push(Anchor { host, port }),
            Err(_) => reader.problem("anchors", "write a host and a port, for example \"1.1.1.1:443\""),
        }
    }
    if internet.anchors.len() > ANCHORS_MAX {
        reader.problem("anchors", format!("at most {ANCHORS_MAX} can be given"));
        internet.anchors.truncate(ANCHORS_MAX);
    }
    for text in reader.texts("outside").unwrap_or_default() {
        match text.parse() {
            Ok(network) => internet.outside.push(network),
            Err(problem) => reader.problem("outside", problem),
        }
    }
    reader.finish();
    internet
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Internet, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let internet = read(&config, &problems);
        (internet, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn anchors_and_networks_are_read() {
        let (internet, problems) = read_text(
            "[internet]\nanchors = [\"1.1.1.1:443\", \"[2606:4700:4700::1111]:443\", \"dns.example.org:53\"]\noutside = \"127.0.0.2/32\"\n",
        );
        assert_eq!(problems, [""; 0]);
        let anchors: Vec<_> = internet.anchors.iter().map(|a| (a.host.as_str(), a.port)).collect();
        assert_eq!(anchors, [("1.1.1.1", 443), ("2606:4700:4700::1111", 443), ("dns.example.org", 53)]);
        assert_eq!(internet.outside, ["127.0.0.2/32".parse().unwrap()]);
        assert_eq!(read_text(""), (Internet::default(), vec![]));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let (internet, problems) =
            read_text("[internet]\nanchors = [\"1.1.1.1\"]\noutside = [\"nas\"]\nanchor = \"x\"\n");
        assert_eq!(internet, Internet::default());
        assert_eq!(
            problems,
            [
                "hob.toml:2: internet.anchors: write a host and a port, for example \"1.1.1.1:443\"",
                "hob.toml:3: internet.outside: “nas” is not a network: write for example 203.0.113.0/24 or 2001:db8::/32",
                "hob.toml:4: internet.anchor: there is no such setting; did you mean “anchors”?",
            ]
        );
    }
}
