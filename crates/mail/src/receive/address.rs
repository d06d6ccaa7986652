//! Addresses which are topics: `[prefix]topic[+token]@domain`.

/// Longest address that is read at all, in bytes (RFC 5321, section 4.5.3.1).
const LONGEST: usize = 320;

/// Longest topic, and longest token.
const LONGEST_WORD: usize = 64;

/// Which addresses are topics here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// What stands behind the at sign; `None`: anything.
    pub domain: Option<String>,
    /// What every address begins with; may be empty.
    pub prefix: String,
}

/// Where a mail is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The topic: letters, digits, `-` and `_`, at most 64.
    pub topic: String,
    /// A token which says who writes.
    pub token: Option<String>,
}

impl Rule {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// A clause which says why it is no topic here.
    pub fn read(&self, address: &str) -> Result<Recipient, &'static str> {
        if address.len() > LONGEST {
            return Err("the address is too long");
        }
        let (local, domain) = address.rsplit_once('@').ok_or("the address has no @")?;
        if self.domain.as_ref().is_some_and(|ours| !ours.eq_ignore_ascii_case(domain)) {
            return Err("this server takes mail for its own domain only");
        }
        let name = match local.split_at_checked(self.prefix.len()) {
            Some((prefix, name)) if prefix.eq_ignore_ascii_case(&self.prefix) => name,
            _ => return Err("no such address here"),
        };
        let (topic, token) = match name.split_once('+') {
            Some((topic, token)) => (topic, Some(token)),
            None => (name, None),
        };
        if !is_word(topic) {
            return Err("no such address here");
        }
        if token.is_some_and(|token| !is_word(token)) {
            return Err("what stands behind the + is no token");
        }
        Ok(Recipient { topic: topic.to_owned(), token: token.map(str::to_owned) })
    }
}

fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_WORD).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_topics() {
        let rule = Rule { domain: Some("hob.example".to_owned()), prefix: "ntfy-".to_owned() };
        let read = |address: &str| rule.read(address).map(|it| (it.topic, it.token));
        assert_eq!(read("ntfy-Backups@hob.example"), Ok(("Backups".to_owned(), None)));
        assert_eq!(read("NTFY-a_b-1+tk_x@HOB.example"), Ok(("a_b-1".to_owned(), Some("tk_x".to_owned()))));
        for wrong in [
            "backups@hob.example",
            "ntfy-@hob.example",
            "ntfy-a@other.example",
            "ntfy-a",
            "ntfy-a b@hob.example",
            "ntfy-ä@hob.example",
            "nt",
            "ntfy-a+@hob.example",
            "ntfy-a+b+c@hob.example",
            "@ntfy-a@hob.example",
            "ntfy-a%b@hob.example",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(rule.read(&format!("ntfy-{}@hob.example", "x".repeat(65))).is_err());
        assert!(Rule::default().read("a@anything").is_ok());
    }
}
