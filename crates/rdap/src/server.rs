//! Whom to ask about a domain.

use http_probe::Url;

use crate::domain::Domain;

/// Registries and their servers, from IANA's list (<https://data.iana.org/rdap/dns.json>, RFC 9224, section
/// 4) as public programs had it in 2026. A few which are usual and whose servers have stayed the same
/// for years; all others are found by a service that redirects.
const REGISTRIES: &[(&str, &str)] = &[
    ("ai", "https://rdap.identitydigital.services/rdap/"),
    ("app", "https://pubapi.registry.google/rdap/"),
    ("ca", "https://rdap.ca.fury.ca/rdap/"),
    ("com", "https://rdap.verisign.com/com/v1/"),
    ("dev", "https://pubapi.registry.google/rdap/"),
    ("fi", "https://rdap.fi/rdap/rdap/"),
    ("net", "https://rdap.verisign.com/net/v1/"),
    ("online", "https://rdap.centralnic.com/online/"),
    ("org", "https://rdap.publicinterestregistry.org/rdap/"),
    ("site", "https://rdap.centralnic.com/site/"),
    ("store", "https://rdap.centralnic.com/store/"),
    ("tech", "https://rdap.centralnic.com/tech/"),
    ("uk", "https://rdap.nominet.uk/uk/"),
    ("xyz", "https://rdap.centralnic.com/xyz/"),
];

/// Whom to ask: the base to which `domain/NAME` is added (RFC 9082, section 3.1.3), with or without a
/// final slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// The server of the registry itself: what it does not know is not registered.
    Registry(Url),
    /// A service which redirects to the server of the registry, such as `https://rdap.org/`: what it
    /// does not redirect belongs to a registry without RDAP.
    Redirecting(Url),
}

impl Server {
    /// The registry's own server for some usual top-level domains; `None` for all others. Being there
    /// spares asking a third party.
    #[must_use]
    pub fn built_in(domain: &Domain) -> Option<Self> {
        let (_, base) = REGISTRIES.iter().find(|(tld, _)| *tld == domain.tld())?;
        Url::parse(base).ok().map(Self::Registry)
    }

    /// The base.
    #[must_use]
    pub fn base(&self) -> &Url {
        match self {
            Self::Registry(base) | Self::Redirecting(base) => base,
        }
    }

    /// What to ask about a domain; `None` if that is too long for an address.
    pub(crate) fn question(&self, domain: &Domain) -> Option<Url> {
        let base = self.base().to_string();
        let base = base.split('?').next().unwrap_or_default().trim_end_matches('/');
        Url::parse(&format!("{base}/domain/{domain}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    #[test]
    fn a_few_registries_are_known() {
        let ask = |name| Server::built_in(&domain(name)).and_then(|server| server.question(&domain(name)));
        assert_eq!(
            ask("example.com").unwrap().to_string(),
            "https://rdap.verisign.com/com/v1/domain/example.com"
        );
        assert_eq!(
            ask("example.co.uk").unwrap().to_string(),
            "https://rdap.nominet.uk/uk/domain/example.co.uk"
        );
        assert_eq!(ask("example.de"), None);
        for (tld, base) in REGISTRIES {
            assert!(
                base.starts_with("https://") && base.ends_with('/') && Url::parse(base).is_ok(),
                "{base}"
            );
            assert_eq!(REGISTRIES.iter().filter(|(other, _)| other == tld).count(), 1, "{tld}");
        }
    }

    #[test]
    fn a_base_ends_with_a_slash_or_not() {
        for base in ["https://rdap.org", "https://rdap.org/", "https://rdap.org/?x"] {
            let server = Server::Redirecting(Url::parse(base).unwrap());
            let asked = server.question(&domain("bücher.example")).unwrap();
            assert_eq!(asked.to_string(), "https://rdap.org/domain/b%C3%BCcher.example");
        }
    }
}
