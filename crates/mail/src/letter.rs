//! A mail before it is sent, and as the bytes which are sent.

use ring::digest::{SHA256, digest};

use crate::header::{push_text, push_words};
use crate::{Address, quoted};

/// Most identifiers of earlier mails of a thread which are named.
const MOST_REFERENCES: usize = 20;

/// A mail, without who writes it and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// The subject, on one line.
    pub subject: String,
    /// The text for readers which show no HTML, and for people who prefer it.
    pub text: String,
    /// The same as HTML. Nothing in it is fetched from anywhere.
    pub html: Option<String>,
    /// When it was written, in milliseconds since 1970.
    pub at: i64,
    /// What makes this mail unique: the same key gives the same `Message-ID`, so that a mail which is sent twice
    /// after a crash can be recognised.
    pub key: String,
    /// What the mail is about: mails of the same thread are shown together.
    pub thread: Option<String>,
    /// The keys of earlier mails to which this is an answer, the oldest first.
    pub answers: Vec<String>,
    /// What kind of mails these are, for filters of the reader: becomes `List-Id`. ASCII letters, digits, dots and
    /// hyphens.
    pub list: Option<String>,
    /// Where one changes which mails one gets: a web address, becomes `List-Unsubscribe`.
    pub unsubscribe: Option<String>,
    /// Whether the reader is to mark it as important.
    pub important: bool,
}

impl Letter {
    /// The `Message-ID` of this mail, without brackets, if `from` sends it.
    #[must_use]
    pub fn message_id(&self, from: &Address) -> String {
        message_id(&format!("mail/{}", self.key), from)
    }

    /// The bytes which are sent (RFC 5322 and RFC 2046), with `\r\n` at the end of each line.
    #[must_use]
    pub fn compose(&self, from: &Address, to: &[Address]) -> Vec<u8> {
        let mut mail = String::new();
        self.push_headers(&mut mail, from, to);
        mail.push_str("MIME-Version: 1.0\r\n");
        let Some(html) = &self.html else {
            push_part(&mut mail, "plain", &self.text);
            return mail.into_bytes();
        };
        // `=_` is what quoted-printable never writes, so that no text can end a part.
        let boundary = format!("=_{}", &hash(&self.key)[..24]);
        mail.push_str(&format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n"));
        for (kind, text) in [("plain", &self.text), ("html", html)] {
            mail.push_str(&format!("--{boundary}\r\n"));
            push_part(&mut mail, kind, text);
        }
        mail.push_str(&format!("--{boundary}--\r\n"));
        mail.into_bytes()
    }

    fn push_headers(&self, mail: &mut String, from: &Address, to: &[Address]) {
        let bracketed = |id: String| format!("<{id}>");
        push_words(mail, "Date", &[date(self.at)]);
        push_words(mail, "From", &[from.in_header()]);
        let last = to.len().saturating_sub(1);
        let comma = |at: usize| if at == last { "" } else { "," };
        let to: Vec<_> = to.iter().enumerate().map(|(at, one)| one.in_header() + comma(at)).collect();
        push_words(mail, "To", &to);
        push_text(mail, "Subject", &self.subject);
        push_words(mail, "Message-ID", &[bracketed(self.message_id(from))]);
        let references = self.references(from);
        if let Some(last) = references.last() {
            push_words(mail, "In-Reply-To", &[bracketed(last.clone())]);
            push_words(mail, "References", &references.into_iter().map(bracketed).collect::<Vec<_>>());
        }
        // Nobody's holiday answers a machine (RFC 3834; the second is what Exchange looks at).
        push_words(mail, "Auto-Submitted", &["auto-generated".to_owned()]);
        push_words(mail, "X-Auto-Response-Suppress", &["All".to_owned()]);
        if let Some(list) = self.list.as_deref().filter(|list| is_list(list)) {
            push_words(mail, "List-Id", &[format!("<{list}>")]);
        }
        if let Some(address) = self.unsubscribe.as_deref().filter(|address| is_web_address(address)) {
            push_words(mail, "List-Unsubscribe", &[format!("<{address}>")]);
        }
        if self.important {
            push_words(mail, "Importance", &["high".to_owned()]);
            push_words(mail, "X-Priority", &["1".to_owned()]);
        }
    }

    /// The identifiers of what this answers. A thread has one which no mail has: it holds together what follows,
    /// even where the first mail was never sent.
    fn references(&self, from: &Address) -> Vec<String> {
        let thread = self.thread.iter().map(|thread| message_id(&format!("thread/{thread}"), from));
        let earliest = self.answers.len().saturating_sub(MOST_REFERENCES);
        let answers = &self.answers[earliest..];
        thread.chain(answers.iter().map(|key| message_id(&format!("mail/{key}"), from))).collect()
    }
}

/// An identifier which is always the same for the same thing (RFC 5322, section 3.6.4).
fn message_id(of: &str, from: &Address) -> String {
    // An address of a machine in brackets stands in an identifier, too.
    format!("{}@{}", &hash(of)[..32], from.domain())
}

fn hash(of: &str) -> String {
    digest(&SHA256, of.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A moment as mails have it (RFC 5322, section 3.3); one which no calendar has becomes 1970.
fn date(at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&at).unwrap_or_default()
}

fn is_list(list: &str) -> bool {
    list.len() <= 100
        && list.split('.').all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        })
}

/// Something that may stand between brackets in a header, and that a browser opens.
fn is_web_address(address: &str) -> bool {
    let has_scheme = address.starts_with("https://") || address.starts_with("http://");
    has_scheme
        && address.len() <= 900
        && address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','))
}

fn push_part(mail: &mut String, kind: &str, text: &str) {
    mail.push_str(&format!("Content-Type: text/{kind}; charset=utf-8\r\n"));
    mail.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    mail.push_str(&quoted::encode(text));
}

#[cfg(test)]
mod tests;
