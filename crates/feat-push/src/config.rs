//! The section `[push]` of `hob.toml`.

use hob_feature::{Config, ConfigSection, Ctx, Problems, Reader};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// `[push]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "push",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# Messages: Hob's own push server, which speaks ntfy's protocol. Phones with the ntfy app, scripts with curl and
# browsers talk to it. All of this can be left out.
#
# [push]
# enabled = true
# listen = "0.0.0.0:4621"               # its own port; "none" for none; default: the hub's address, one port further
# hostname = "push.example.org"         # its own name on the hub's port
# base_url = "https://push.example.org" # how phones reach it; links to attachments begin with it
# default_access = "write-only"         # for who is not logged in: also deny-all, read-only, read-write
# keep = "30d"                          # how long messages are kept
# keep_messages = 100000                # how many at most
# keepalive = "45s"                     # how often an idle subscription is told that it lives
# attachment_file_size = "15M"
# attachment_total_size = "5G"
# attachment_expiry = "3h"
# visitor_requests = 60                 # at once, then one more every
# visitor_request_every = "5s"
# visitor_messages = 0                  # a day; 0: as many as they like
# visitor_subscriptions = 1000
# visitor_emails = 16                   # at once, then one more every
# visitor_email_every = "1h"
# visitor_attachments = "100M"
# exempt = ["127.0.0.0/8", "10.0.0.0/8"] # whose requests are not counted; default: this machine and private networks
# behind_proxy = false                  # whether a proxy in a private network says who asks
# upstream = "https://ntfy.sh"          # wakes iPhones: it is told that there is a message, not which; default: nobody
# smtp_listen = "0.0.0.0:2525"          # takes mail to ntfy-TOPIC@…, or ntfy-TOPIC+TOKEN@…; default: none
# smtp_domain = "push.example.org"      # takes it for this domain only; default: for any
# smtp_prefix = "ntfy-"                 # what addresses of topics begin with; may be ""
# webpush_hosts = ["push.lan"]          # push services of browsers inside the house
# webpush_contact = "mailto:anna@example.org" # whom push services of browsers can ask; default: base_url
"#;

/// Where the push server's own port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listen {
    /// The hub's address, one port further; any free port where the hub has any free port.
    BesideTheHub,
    /// There.
    At(SocketAddr),
    /// It has none.
    Nowhere,
}

/// What somebody may who is not logged in and of whom no rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DefaultAccess {
    /// Nothing.
    DenyAll,
    /// Subscribe.
    ReadOnly,
    /// Publish.
    WriteOnly,
    /// Both.
    ReadWrite,
}

/// A network by address and length of prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: std::net::IpAddr,
    prefix: u8,
}

/// How much one visitor may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VisitorLimits {
    /// Requests at once.
    pub(crate) requests: u32,
    /// After which one more is allowed.
    pub(crate) request_every: Duration,
    /// Messages a day; 0: no limit.
    pub(crate) messages: u64,
    /// Subscriptions at a time.
    pub(crate) subscriptions: u32,
    /// E-mails at once.
    pub(crate) emails: u32,
    /// After which one more is allowed.
    pub(crate) email_every: Duration,
    /// Bytes of attachments kept at a time.
    pub(crate) attachments: u64,
}

/// The settings of the push server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether there is one.
    pub(crate) enabled: bool,
    /// Its own port.
    pub(crate) listen: Listen,
    /// Its own name on the hub's port.
    pub(crate) hostname: Option<String>,
    /// How phones reach it, without a slash at the end.
    pub(crate) base_url: Option<String>,
    /// For who is not logged in.
    pub(crate) default_access: DefaultAccess,
    /// How long messages are kept.
    pub(crate) keep: Duration,
    /// How many messages are kept at most.
    pub(crate) keep_messages: u64,
    /// How often an idle subscription is told that it lives.
    pub(crate) keepalive: Duration,
    /// Of one attachment; bytes.
    pub(crate) attachment_file_size: u64,
    /// Of all together; bytes.
    pub(crate) attachment_total_size: u64,
    /// How long attachments are kept.
    pub(crate) attachment_expiry: Duration,
    /// How much one visitor may.
    pub(crate) visitor: VisitorLimits,
    /// Whose requests are not counted.
    pub(crate) exempt: Vec<Network>,
    /// Whether a proxy in a private network says who asks.
    pub(crate) behind_proxy: bool,
    /// Who wakes iPhones; without a slash at the end.
    pub(crate) upstream: Option<String>,
    /// Where mail is taken.
    pub(crate) smtp_listen: Option<SocketAddr>,
    /// The domain of the addresses that are topics; `None`: any.
    pub(crate) smtp_domain: Option<String>,
    /// What these addresses begin with; may be empty.
    pub(crate) smtp_prefix: String,
    /// Push services of browsers that need not be public.
    pub(crate) webpush_hosts: Vec<String>,
    /// Whom push services of browsers can ask about this hub: `mailto:` or `https://`.
    pub(crate) webpush_contact: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: Listen::BesideTheHub,
            hostname: None,
            base_url: None,
            default_access: DefaultAccess::WriteOnly,
            keep: DAY * 30,
            keep_messages: 100_000,
            keepalive: Duration::from_secs(45),
            attachment_file_size: 15 << 20,
            attachment_total_size: 5 << 30,
            attachment_expiry: HOUR * 3,
            visitor: VisitorLimits {
                requests: 60,
                request_every: Duration::from_secs(5),
                messages: 0,
                subscriptions: 1000,
                emails: 16,
                email_every: HOUR,
                attachments: 100 << 20,
            },
            exempt: PRIVATE.iter().filter_map(|text| Network::parse(text).ok()).collect(),
            behind_proxy: false,
            upstream: None,
            smtp_listen: None,
            smtp_domain: None,
            smtp_prefix: "ntfy-".to_owned(),
            webpush_hosts: Vec::new(),
            webpush_contact: None,
        }
    }
}

/// This machine and private networks.
const PRIVATE: [&str; 8] = [
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
];

impl Network {
    /// Reads `192.168.0.0/16`, or one address.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is no network: write for example 192.168.0.0/16");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: std::net::IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(text) => text.parse().ok().filter(|length| *length <= longest).ok_or_else(wrong)?,
        };
        Ok(Self { address, prefix })
    }

    /// Whether an address is in it. An IPv4 address in IPv6 clothes is the IPv4 address.
    pub(crate) fn contains(&self, address: std::net::IpAddr) -> bool {
        use std::net::IpAddr::{V4, V6};
        match (self.address, address.to_canonical()) {
            (V4(own), V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                (own.to_bits() ^ other.to_bits()) & mask == 0
            }
            (V6(own), V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                (own.to_bits() ^ other.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

/// Whether an address belongs to this machine or a private network.
pub(crate) fn is_private(address: std::net::IpAddr) -> bool {
    static NETWORKS: OnceLock<Vec<Network>> = OnceLock::new();
    let networks =
        NETWORKS.get_or_init(|| PRIVATE.iter().filter_map(|text| Network::parse(text).ok()).collect());
    networks.iter().any(|network| network.contains(address))
}

impl DefaultAccess {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "deny-all" => Ok(Self::DenyAll),
            "read-only" => Ok(Self::ReadOnly),
            "write-only" => Ok(Self::WriteOnly),
            "read-write" => Ok(Self::ReadWrite),
            _ => Err("it must be deny-all, read-only, write-only or read-write".to_owned()),
        }
    }
}

/// The settings of this hub, read once.
pub(crate) fn settings(ctx: &Ctx) -> Arc<Settings> {
    #[derive(Default)]
    struct Kept(OnceLock<Arc<Settings>>);
    // Mistakes were reported before the hub started.
    ctx.memory.of::<Kept>().0.get_or_init(|| Arc::new(read(&ctx.config, &Problems::default()))).clone()
}

/// Reads the section. What cannot be used is reported and stays at its default.
pub(crate) fn read(config: &Config, problems: &Problems) -> Settings {
    let base = Settings::default();
    let reader = config.section("push", problems);
    let settings = Settings {
        enabled: reader.boolean("enabled").unwrap_or(base.enabled),
        listen: reader.parsed("listen", read_listen).unwrap_or(base.listen),
        hostname: reader.parsed("hostname", read_hostname),
        base_url: reader.parsed("base_url", read_url),
        default_access: reader.parsed("default_access", DefaultAccess::parse).unwrap_or(base.default_access),
        keep: reader.duration("keep", MINUTE..=DAY * 3660).unwrap_or(base.keep),
        keep_messages: whole(&reader, "keep_messages", 100..=10_000_000).unwrap_or(base.keep_messages),
        keepalive: reader.duration("keepalive", Duration::from_secs(1)..=HOUR).unwrap_or(base.keepalive),
        attachment_file_size: size(&reader, "attachment_file_size").unwrap_or(base.attachment_file_size),
        attachment_total_size: size(&reader, "attachment_total_size").unwrap_or(base.attachment_total_size),
        attachment_expiry: reader
            .duration("attachment_expiry", MINUTE..=DAY * 366)
            .unwrap_or(base.attachment_expiry),
        visitor: read_visitor(&reader, &base.visitor),
        exempt: networks(&reader, "exempt").unwrap_or(base.exempt),
        behind_proxy: reader.boolean("behind_proxy").unwrap_or(base.behind_proxy),
        upstream: reader.parsed("upstream", read_url),
        smtp_listen: reader.parsed("smtp_listen", |text| {
            text.parse().map_err(|_| "it must be an address and a port, such as 0.0.0.0:2525".to_owned())
        }),
        smtp_domain: reader.parsed("smtp_domain", read_hostname),
        smtp_prefix: reader.parsed("smtp_prefix", read_prefix).unwrap_or(base.smtp_prefix),
        webpush_hosts: reader.texts("webpush_hosts").unwrap_or(base.webpush_hosts),
        webpush_contact: reader.parsed("webpush_contact", |text| {
            let wrong = "it must be an address such as mailto:anna@example.org or https://example.org";
            webpush::Contact::read(text).map(|_| text.to_owned()).ok_or_else(|| wrong.to_owned())
        }),
    };
    reader.finish();
    settings
}

/// What an address of mail may begin with, without what separates a token.
fn read_prefix(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.len() <= 32 && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("it may have letters, digits, “-”, “_” and “.”, at most 32".to_owned())
    }
}

fn read_visitor(reader: &Reader<'_>, base: &VisitorLimits) -> VisitorLimits {
    let count = |key: &str, least: i64| {
        reader.integer(key, least..=1_000_000).and_then(|number| u32::try_from(number).ok())
    };
    let every = |key: &str| reader.duration(key, Duration::from_millis(1)..=DAY);
    VisitorLimits {
        requests: count("visitor_requests", 1).unwrap_or(base.requests),
        request_every: every("visitor_request_every").unwrap_or(base.request_every),
        messages: whole(reader, "visitor_messages", 0..=1_000_000_000).unwrap_or(base.messages),
        subscriptions: count("visitor_subscriptions", 1).unwrap_or(base.subscriptions),
        emails: count("visitor_emails", 0).unwrap_or(base.emails),
        email_every: every("visitor_email_every").unwrap_or(base.email_every),
        attachments: size(reader, "visitor_attachments").unwrap_or(base.attachments),
    }
}

fn whole(reader: &Reader<'_>, key: &str, range: std::ops::RangeInclusive<i64>) -> Option<u64> {
    reader.integer(key, range).and_then(|number| u64::try_from(number).ok())
}

fn size(reader: &Reader<'_>, key: &str) -> Option<u64> {
    reader.parsed(key, read_size)
}

fn networks(reader: &Reader<'_>, key: &str) -> Option<Vec<Network>> {
    let mut networks = Vec::new();
    for text in reader.texts(key)? {
        match Network::parse(&text) {
            Ok(network) => networks.push(network),
            Err(problem) => reader.problem(key, problem),
        }
    }
    Some(networks)
}

/// Reads `15M`, `5G`, `100K` or a number of bytes.
fn read_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("“{text}” is no size: write a number and a unit, such as 500K, 15M or 5G");
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let shift = match unit.trim().trim_end_matches(['b', 'B']).trim_end_matches('i') {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(1_u64 << shift).filter(|bytes| *bytes <= 1 << 50).ok_or_else(wrong)
}

fn read_listen(text: &str) -> Result<Listen, String> {
    if text == "none" {
        return Ok(Listen::Nowhere);
    }
    let address = text.strip_prefix(':').map_or_else(|| text.to_owned(), |port| format!("[::]:{port}"));
    address
        .parse()
        .map(Listen::At)
        .map_err(|_| "it must be an address and a port, such as 0.0.0.0:4621, or none".to_owned())
}

fn read_hostname(text: &str) -> Result<String, String> {
    let name = text.trim().to_ascii_lowercase();
    let fine = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if name.len() <= 253 && name.split('.').all(fine) {
        return Ok(name);
    }
    Err("it must be a name without scheme, port and path, such as push.example.org".to_owned())
}

fn read_url(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ', '"', '<']) => {
            Ok(text.to_owned())
        }
        _ => Err("it must be the beginning of an address without a path, such as https://push.example.org"
            .to_owned()),
    }
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
    fn a_hub_without_the_section_has_the_defaults() {
        assert_eq!(read_text(""), (Settings::default(), Vec::new()));
    }

    #[test]
    fn the_example_is_right() {
        let text: String = EXAMPLE
            .lines()
            .skip(3)
            .map(|line| format!("{}\n", line.trim_start_matches('#').trim_start()))
            .collect();
        let (settings, problems) = read_text(&text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(settings.hostname.as_deref(), Some("push.example.org"));
        assert_eq!(settings.attachment_file_size, 15 << 20);
        assert_eq!(settings.listen, Listen::At(SocketAddr::from(([0, 0, 0, 0], 4621))));
    }

    #[test]
    fn mistakes_are_named() {
        let (settings, problems) = read_text(
            "[push]\nlisten = \"4621\"\nhostname = \"https://x\"\nbase_url = \"push.lan\"\nkeep = \"1s\"\n\
             default_access = \"all\"\nattachment_file_size = \"many\"\nexempt = [\"10.0.0.0/33\"]\n",
        );
        assert_eq!(problems.len(), 7, "{problems:#?}");
        assert_eq!(settings.keep, Settings::default().keep);
    }

    #[test]
    fn networks_hold_their_addresses() {
        let network = Network::parse("192.168.0.0/16").unwrap();
        assert!(network.contains("192.168.7.1".parse().unwrap()));
        assert!(network.contains("::ffff:192.168.7.1".parse().unwrap()));
        assert!(!network.contains("192.169.7.1".parse().unwrap()));
        assert!(Network::parse("0.0.0.0/0").unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!(!Network::parse("::/0").unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!(is_private("::1".parse().unwrap()) && !is_private("2001:db8::1".parse().unwrap()));
    }
}
