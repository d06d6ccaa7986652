//! Names of domains, and which part of a host's name is one.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Longest name and longest label in bytes (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Suffixes of two labels under which names are registered, in order. These are the usual ones of the
/// Public Suffix List (<https://publicsuffix.org/>), not all.
const SUFFIXES: &[&str] = &[
    "ac.jp",
    "ac.nz",
    "ac.uk",
    "ac.za",
    "ad.jp",
    "asn.au",
    "co.at",
    "co.id",
    "co.il",
    "co.in",
    "co.jp",
    "co.ke",
    "co.kr",
    "co.nz",
    "co.th",
    "co.uk",
    "co.za",
    "com.ar",
    "com.au",
    "com.bd",
    "com.br",
    "com.cn",
    "com.co",
    "com.cy",
    "com.ec",
    "com.eg",
    "com.es",
    "com.gr",
    "com.hk",
    "com.hr",
    "com.mt",
    "com.mx",
    "com.my",
    "com.ng",
    "com.pe",
    "com.ph",
    "com.pk",
    "com.pl",
    "com.pt",
    "com.ro",
    "com.sa",
    "com.sg",
    "com.tr",
    "com.tw",
    "com.ua",
    "com.uy",
    "com.ve",
    "com.vn",
    "ed.jp",
    "edu.au",
    "firm.in",
    "geek.nz",
    "gen.in",
    "gen.nz",
    "go.jp",
    "gob.mx",
    "gov.au",
    "gov.br",
    "gov.uk",
    "gr.jp",
    "id.au",
    "in.th",
    "ind.br",
    "ind.in",
    "ltd.uk",
    "me.uk",
    "ne.jp",
    "ne.kr",
    "net.au",
    "net.br",
    "net.cn",
    "net.in",
    "net.nz",
    "net.pl",
    "net.tr",
    "net.uk",
    "net.za",
    "nhs.uk",
    "nom.br",
    "nom.es",
    "or.at",
    "or.id",
    "or.jp",
    "or.kr",
    "org.ar",
    "org.au",
    "org.br",
    "org.cn",
    "org.es",
    "org.hk",
    "org.il",
    "org.in",
    "org.mx",
    "org.nz",
    "org.pl",
    "org.sg",
    "org.tr",
    "org.tw",
    "org.uk",
    "org.za",
    "plc.uk",
    "school.nz",
    "sch.uk",
    "web.za",
];

/// Last labels under which nothing is registered: RFC 6761, 6762, 7686 and 8375, ICANN's `internal`,
/// and what homes use without asking.
const PRIVATE: &[&str] = &[
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// A domain name of at least two labels, in lower case and without a final dot. A name outside of ASCII
/// is kept as given: RDAP servers take both forms (RFC 9082, section 3.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

/// Why a text is not a [`Domain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// It has fewer than two labels.
    #[error("A domain has at least two parts with a dot between them, such as “example.org”.")]
    OneLabel,
    /// It is longer than 253 bytes, or a label is longer than 63.
    #[error("The name of the domain is too long.")]
    TooLong,
    /// A label is empty, or holds a character that none can have.
    #[error(
        "This is not the name of a domain: its parts have letters, digits and dashes, and no dash at an end."
    )]
    Label,
    /// It is an address.
    #[error("This is an address and not the name of a domain.")]
    Address,
}

impl Domain {
    /// Reads a domain name. White space around it and a final dot are dropped.
    ///
    /// # Errors
    ///
    /// [`DomainError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let text = text.trim();
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
            return Err(DomainError::Address);
        }
        let name = name.to_lowercase();
        if name.len() > MAX_NAME || name.split('.').any(|label| label.len() > MAX_LABEL) {
            return Err(DomainError::TooLong);
        }
        if !name.split('.').all(is_label) {
            return Err(DomainError::Label);
        }
        if name.contains('.') { Ok(Self(name)) } else { Err(DomainError::OneLabel) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last label, such as `org`.
    #[must_use]
    pub fn tld(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or_default()
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        Self::parse(text)
    }
}

/// Letters and digits of any script with dashes between them. Underscores are for hosts and services.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || beyond_ascii(c))
}

/// Letters and digits outside of ASCII, and the marks which some scripts write on them.
fn beyond_ascii(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && (c.is_alphanumeric() || is_mark(c))
}

/// Combining marks of the blocks in which names of domains are written.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{65f}' | '\u{900}'..='\u{e4e}')
}

/// The domain which somebody registered to have this host: `example.org` for `www.example.org`.
///
/// This is a guess from the last two labels, or the last three where the last two are one of about a
/// hundred usual suffixes (`co.uk`, `com.au`); the whole Public Suffix List is not looked at. So for a
/// rare suffix the guess is the suffix itself, and a person should be able to name the domain instead.
/// `None` for an address, for a name of one label, for a suffix, and for names that nobody registers:
/// `nas.lan`, `x.local`, `x.home.arpa` and the like.
#[must_use]
pub fn registrable(host: &str) -> Option<Domain> {
    let host = Domain::parse(host).ok()?;
    if PRIVATE.contains(&host.tld()) {
        return None;
    }
    let mut starts = host.as_str().rmatch_indices('.').map(|(dot, _)| dot + 1);
    let (_, second, third) = (starts.next()?, starts.next(), starts.next());
    let two = &host.as_str()[second.unwrap_or(0)..];
    if !SUFFIXES.contains(&two) {
        return Some(Domain(two.to_owned()));
    }
    second.map(|_| Domain(host.as_str()[third.unwrap_or(0)..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read() {
        for (text, name) in [
            ("example.org", "example.org"),
            (" Example.ORG. ", "example.org"),
            ("a.b.c.example.co.uk", "a.b.c.example.co.uk"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("Bücher.example", "bücher.example"),
            ("1.example", "1.example"),
        ] {
            assert_eq!(Domain::parse(text).unwrap().as_str(), name, "{text}");
        }
        assert_eq!(Domain::parse("www.example.org").unwrap().tld(), "org");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        use DomainError as E;
        for (text, error) in [
            ("", E::Label),
            ("nas", E::OneLabel),
            (".", E::Label),
            ("..", E::Label),
            (".org", E::Label),
            ("a..org", E::Label),
            ("-a.org", E::Label),
            ("a-.org", E::Label),
            ("a_b.org", E::Label),
            ("a b.org", E::Label),
            ("a/b.org", E::Label),
            ("https://example.org", E::Label),
            ("example.org:443", E::Label),
            ("a?.org", E::Label),
            ("192.0.2.1", E::Address),
            ("[2001:db8::1]", E::Address),
            (&format!("{}.org", "a".repeat(64)), E::TooLong),
            (&"a.".repeat(127), E::TooLong),
        ] {
            let read = Domain::parse(text);
            // The last one has 253 bytes without its dot.
            if text.len() == 254 {
                assert!(read.is_ok());
            } else {
                assert_eq!(read, Err(error), "{text}");
            }
        }
        assert_eq!(Domain::parse(&"a.".repeat(128)), Err(E::TooLong));
    }

    #[test]
    fn the_registered_part_is_guessed() {
        for (host, domain) in [
            ("example.org", Some("example.org")),
            ("www.a.example.org", Some("example.org")),
            ("example.co.uk", Some("example.co.uk")),
            ("www.example.co.uk", Some("example.co.uk")),
            ("www.example.com.au", Some("example.com.au")),
            ("co.uk", None),
            ("nas.lan", None),
            ("nas.home.arpa", None),
            ("nas.local", None),
            ("nas", None),
            ("192.0.2.1", None),
            ("::1", None),
        ] {
            assert_eq!(registrable(host).as_ref().map(Domain::as_str), domain, "{host}");
        }
    }

    #[test]
    fn suffixes_are_names_of_two_labels() {
        for suffix in SUFFIXES {
            assert_eq!(suffix.split('.').count(), 2, "{suffix}");
            assert!(Domain::parse(suffix).is_ok(), "{suffix}");
            assert_eq!(SUFFIXES.iter().filter(|other| other == &suffix).count(), 1, "{suffix}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text: String) {
            if let Ok(domain) = Domain::parse(&text) {
                prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain));
            }
        }

        #[test]
        fn the_registered_part_is_an_end_of_the_host(host in "[a-z]{1,5}(\\.[a-z]{1,4}){0,4}(\\.co\\.uk|\\.org|\\.com\\.au)?") {
            if let Some(domain) = registrable(&host) {
                let rest = host.strip_suffix(domain.as_str());
                prop_assert!(rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
                prop_assert!(!SUFFIXES.contains(&domain.as_str()));
                prop_assert_eq!(registrable(domain.as_str()), Some(domain));
            }
        }
    }
}
