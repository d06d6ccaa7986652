//! Who writes and who is written to: addresses as people type them, and as headers want them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::header;

/// Longest name before an address, in characters.
const LONGEST_NAME: usize = 100;

/// Longest part before the at sign (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;

/// Longest part behind the at sign (RFC 5321, section 4.5.3.1.2).
const LONGEST_DOMAIN: usize = 255;

/// An address of mail, with or without a name.
///
/// It can only be made by [`parse`](Self::parse), so that whoever has one may put it into a command or a
/// header: it holds no line end, no bracket and no space outside of its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    name: String,
    mailbox: String,
}

impl Address {
    /// Reads `anna@example.org`, `Anna <anna@example.org>` or `"Anna, at home" <anna@example.org>`.
    ///
    /// # Errors
    ///
    /// A clause which says what is wrong: `“anna” has no @`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, mailbox) = match text.strip_suffix('>') {
            Some(rest) => {
                let (name, mailbox) =
                    rest.rsplit_once('<').ok_or_else(|| format!("“{}” has no <", cut(text)))?;
                let name = name.trim();
                if !name.starts_with('"') && name.contains(['<', '>', '@']) {
                    return Err(format!("“{}” holds more than one address", cut(text)));
                }
                (unquoted(name), mailbox.trim())
            }
            None => (String::new(), text),
        };
        if name.chars().any(char::is_control) {
            return Err(
                "the name before the address holds a line end or another control character".to_owned()
            );
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(format!("the name before the address is longer than {LONGEST_NAME} characters"));
        }
        check(mailbox)?;
        Ok(Self { name, mailbox: mailbox.to_owned() })
    }

    /// Reads several, separated by commas, semicolons or line ends. A comma within quotes separates nothing.
    ///
    /// # Errors
    ///
    /// A clause which says what is wrong with the first wrong one.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut quoted = false;
        let mut parts = text.split(|c| {
            quoted ^= c == '"';
            !quoted && matches!(c, ',' | ';' | '\n')
        });
        let mut all: Vec<Self> = Vec::new();
        for part in parts.by_ref().map(str::trim).filter(|part| !part.is_empty()) {
            let address = Self::parse(part)?;
            if !all.iter().any(|other| other.mailbox == address.mailbox) {
                all.push(address);
            }
        }
        Ok(all)
    }

    /// The same address with another name. Control characters become spaces, and it is cut.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let name = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_NAME).collect();
        Self { name, ..self }
    }

    /// The address without a name: `anna@example.org`.
    #[must_use]
    pub fn mailbox(&self) -> &str {
        &self.mailbox
    }

    /// What stands before the address; often empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands behind the at sign.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.mailbox.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// As a header has it (RFC 5322, section 3.4).
    pub(crate) fn in_header(&self) -> String {
        match self.name.as_str() {
            "" => self.mailbox.clone(),
            name => format!("{} <{}>", header::phrase(name), self.mailbox),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.mailbox),
            name => write!(f, "{name} <{}>", self.mailbox),
        }
    }
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// The name without its quotes, and without the backslashes in them.
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut escaped = false;
    inner
        .chars()
        .filter(|&c| {
            escaped = c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

fn check(mailbox: &str) -> Result<(), String> {
    let shown = cut(mailbox);
    let Some((local, domain)) = mailbox.rsplit_once('@') else {
        return Err(format!("“{shown}” has no @"));
    };
    if local.is_empty() || domain.is_empty() {
        return Err(format!("“{shown}” needs something on both sides of its @"));
    }
    if local.len() > LONGEST_LOCAL || domain.len() > LONGEST_DOMAIN {
        return Err(format!("“{shown}” is longer than an address of mail may be"));
    }
    if !is_dotted(local, |c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)) {
        return Err(format!("“{shown}” holds something before its @ that no address may hold"));
    }
    if !domain.is_ascii() {
        let how = "write its domain as mail servers do (it begins with xn--)";
        return Err(format!("“{shown}” has letters behind its @ that mail servers do not know: {how}"));
    }
    if !(is_literal(domain) || is_dotted(domain, |c| c.is_ascii_alphanumeric() || c == '-')) {
        return Err(format!("“{shown}” holds something behind its @ that no domain may hold"));
    }
    Ok(())
}

/// Parts between dots, of which none is empty.
fn is_dotted(text: &str, may: impl Fn(char) -> bool) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(&may))
}

/// An address of a machine in the place of a domain (RFC 5321, section 4.1.3).
fn is_literal(domain: &str) -> bool {
    let Some(inner) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    match inner.strip_prefix("IPv6:") {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    }
}

fn cut(text: &str) -> String {
    tls_probe::words::readable(text.chars(), 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_as_people_type_them() {
        for (text, name, mailbox) in [
            (" anna@example.org ", "", "anna@example.org"),
            ("Anna <anna@example.org>", "Anna", "anna@example.org"),
            ("<root@localhost>", "", "root@localhost"),
            ("\"Anna, \\\"at home\\\"\" <a+b@[192.0.2.1]>", "Anna, \"at home\"", "a+b@[192.0.2.1]"),
            ("Änne Øst <a@[IPv6:::1]>", "Änne Øst", "a@[IPv6:::1]"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.name(), address.mailbox()), (name, mailbox), "{text}");
        }
        assert_eq!(Address::parse("a@b.c").unwrap().domain(), "b.c");
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, part) in [
            ("anna", "has no @"),
            ("@example.org", "both sides"),
            ("anna@", "both sides"),
            ("anna@example.org>", "has no <"),
            ("an na@example.org", "before its @"),
            ("anna@example.org\r\nBcc: all@example.org", "before its @"),
            ("anna@exa\r\nmple.org", "behind its @"),
            ("anna\0@example.org", "before its @"),
            ("a\r\nX: y <anna@example.org>", "control character"),
            ("anna@münchen.de", "xn--"),
            ("ännä@example.org", "before its @"),
            ("a@[1.2.3]", "behind its @"),
            ("a@b..c", "behind its @"),
            ("a <b> <c@d>", "more than one"),
            ("a@b> SIZE=1 <c@d>", "more than one"),
        ] {
            let why = Address::parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
            assert!(!why.contains(char::is_control), "{why}");
        }
    }

    #[test]
    fn a_list_of_addresses() {
        let all = Address::parse_list("a@b, \"B, C\" <b@c>;\n c@d ,, a@b").unwrap();
        let all: Vec<_> = all.iter().map(Address::mailbox).collect();
        assert_eq!(all, ["a@b", "b@c", "c@d"]);
        assert!(Address::parse_list("").unwrap().is_empty());
        assert!(Address::parse_list("a@b, c").is_err());
    }

    proptest! {
        #[test]
        fn no_address_leaves_its_line(text in ".{0,40}@.{0,40}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert!(address.mailbox().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>'));
                prop_assert!(!address.in_header().replace("\r\n ", "").contains(char::is_control));
            }
        }
    }
}
