//! What lies outside the house: reached over the Internet connection and not without it.

use hob_feature::checks::CheckTarget;
use http_probe::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Endings of names that are never looked up on the Internet (RFC 6761, RFC 6762, RFC 8375), and those that home routers
/// are fond of.
const INSIDE: [&str; 12] = [
    "local",
    "lan",
    "home",
    "home.arpa",
    "internal",
    "localhost",
    "localdomain",
    "intranet",
    "private",
    "test",
    "box",
    "in-addr.arpa",
];

/// A part of the addresses: `127.0.0.2/32`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown: String = text.chars().take(60).collect();
            format!("“{shown}” is not a network: write for example 203.0.113.0/24 or 2001:db8::/32")
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => {
                prefix.trim().parse().ok().filter(|prefix| *prefix <= longest).ok_or_else(wrong)?
            }
            None => longest,
        };
        Ok(Self { address, prefix })
    }
}

impl Network {
    /// Whether an address is in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, bits: u32| {
            let shift = bits - u32::from(self.prefix);
            a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

/// Whether a host is outside. The last address that answered counts most; a name of which none is known yet is judged by
/// itself. `also` are networks that the owner counts as outside.
pub(crate) fn is_outside(host: &str, remote: Option<IpAddr>, also: &[Network]) -> bool {
    let address = remote.or_else(|| host.parse().ok());
    match address {
        Some(address) => is_public(address) || also.iter().any(|network| network.contains(address)),
        None => is_public_name(host),
    }
}

fn is_public_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let inside =
        |ending: &&str| host.strip_suffix(*ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    host.contains('.') && !INSIDE.iter().any(inside)
}

/// Whether packets to an address leave the house (the registries of RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (18..20).contains(&b);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_unspecified()
        || address.is_documentation()
        || shared
        || benchmark
        || a == 0
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let documentation = first == 0x2001 && second == 0xdb8;
    // Only 2000::/3 is given out (RFC 4291, section 2.4).
    first & 0xe000 == 0x2000 && !documentation
}

/// Whom a check connects to; `None` where it is nobody, or whoever this machine's own settings say.
pub(crate) fn host_of(target: &CheckTarget) -> Option<String> {
    let of_url = |text: &str| Url::parse(text).ok().map(|url| url.host().to_owned());
    match target {
        CheckTarget::Http(http) => match &http.connect_to {
            Some(to) => of_url(&format!("http://{to}/")),
            None => of_url(&http.url),
        },
        CheckTarget::Tcp(tcp) => Some(tcp.host.clone()),
        CheckTarget::Tls(tls) => Some(tls.host.clone()),
        CheckTarget::Ping(ping) => Some(ping.host.clone()),
        CheckTarget::Dns(dns) => {
            let server = dns.server.as_deref()?;
            if server.parse::<IpAddr>().is_ok() {
                Some(server.to_owned())
            } else {
                of_url(&format!("http://{server}/"))
            }
        }
        CheckTarget::Domain(domain) => of_url(&domain.server),
        CheckTarget::Grpc(grpc) => Some(grpc.host.clone()),
        CheckTarget::Registry(registry) => {
            let reference = registry_probe::Reference::parse(&registry.image).ok()?;
            of_url(&format!("https://{}/", reference.host()))
        }
        CheckTarget::Docker(_) | CheckTarget::Group(_) => None,
        other => other.server().map(|server| server.host.clone()),
    }
}

/// Whether asking it often is a burden to others, who count what they are asked.
pub(crate) fn is_costly(target: &CheckTarget) -> bool {
    matches!(target, CheckTarget::Domain(_) | CheckTarget::Registry(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_feature::checks::{DnsCheck, HttpCheck, Matching, RegistryCheck};
    use proptest::prelude::*;

    #[test]
    fn names_and_addresses_are_inside_or_outside() {
        for (host, outside) in [
            ("photos.example.org", true),
            ("photos.example.org.", true),
            ("nas", false),
            ("nas.lan", false),
            ("NAS.Local", false),
            ("x.home.arpa", false),
            ("vlan.example.org", true),
            ("plan", false),
            ("myplan.fr", true),
            ("localhost", false),
            ("1.1.1.1", true),
            ("192.168.1.1", false),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("100.100.1.1", false),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("2606:4700:4700::1111", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::1", false),
            ("::ffff:192.168.1.1", false),
        ] {
            assert_eq!(is_outside(host, None, &[]), outside, "{host}");
        }
        // What answered counts more than the name.
        assert!(!is_outside("photos.example.org", Some([192, 168, 1, 10].into()), &[]));
        assert!(is_outside("nas", Some([1, 1, 1, 1].into()), &[]));
        let also: Vec<Network> = vec!["127.0.0.2/32".parse().unwrap(), "fd00::/8".parse().unwrap()];
        assert!(is_outside("127.0.0.2", None, &also) && !is_outside("127.0.0.3", None, &also));
        assert!(is_outside("fd12::1", None, &also));
    }

    #[test]
    fn networks_are_read_and_know_their_addresses() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.9.8.7", "11.0.0.0"),
            ("0.0.0.0/0", "1.1.1.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "::1", "1.1.1.1"),
        ] {
            let network: Network = text.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{text}");
            assert!(!network.contains(outside.parse().unwrap()), "{text}");
        }
        for wrong in ["", "10.0.0.0/33", "::/129", "nas/8", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_host_is_who_is_connected_to() {
        let http = HttpCheck {
            connect_to: Some("[fd00::7]:443".into()),
            ..HttpCheck::new("https://a.example.org/")
        };
        assert_eq!(host_of(&CheckTarget::Http(Box::new(http))).as_deref(), Some("fd00::7"));
        let dns = |server: Option<&str>| {
            let server = server.map(str::to_owned);
            let dns = DnsCheck {
                name: "x".into(),
                record: "A".into(),
                server,
                expect: vec![],
                matching: Matching::Any,
            };
            host_of(&CheckTarget::Dns(dns))
        };
        assert_eq!(dns(None), None);
        assert_eq!(dns(Some("fd00::1")).as_deref(), Some("fd00::1"));
        assert_eq!(dns(Some("9.9.9.9:53")).as_deref(), Some("9.9.9.9"));
        let registry = RegistryCheck { image: "ghcr.io/me/app".into(), user: None, password: None };
        assert_eq!(host_of(&CheckTarget::Registry(registry)).as_deref(), Some("ghcr.io"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, bits: u128, prefix in 0..=128_u8) {
            let _ = text.parse::<Network>();
            let _ = is_outside(&text, None, &[]);
            let network: Network = format!("{}/{prefix}", Ipv6Addr::from_bits(bits)).parse().unwrap();
            prop_assert!(network.contains(IpAddr::V6(Ipv6Addr::from_bits(bits))) || Ipv6Addr::from_bits(bits).to_ipv4_mapped().is_some());
        }
    }
}
