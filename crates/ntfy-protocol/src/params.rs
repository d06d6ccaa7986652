//! Where the parameters of a request stand: in headers, in the query, or in a message of JSON.

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The parameters of a request. A header wins over a parameter of the query, whatever their names are.
pub(crate) struct Params<'a> {
    headers: &'a HeaderMap,
    query: Vec<(String, String)>,
    /// What JSON said: stands before everything else.
    said: Vec<(&'static str, String)>,
}

/// The most parameters of a query that are looked at.
const QUERY_MAX: usize = 200;

impl<'a> Params<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).take(QUERY_MAX).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (form_decode(name), form_decode(value))
        });
        Self { headers, query: pairs.collect(), said: Vec::new() }
    }

    /// Sets a parameter, by the first of its names; an empty value says nothing.
    pub(crate) fn say(&mut self, name: &'static str, value: String) {
        if !value.is_empty() {
            self.said.push((name, value));
        }
    }

    /// The value of the first of these names that has one, trimmed; empty where none has. Names are in lower case.
    pub(crate) fn read(&self, names: &[&str]) -> String {
        let said =
            |name: &&str| self.said.iter().find(|(said, _)| said == name).map(|(_, value)| value.clone());
        let header = |name: &&str| self.header(name);
        let query =
            |name: &&str| self.query.iter().find(|(key, _)| key == *name).map(|(_, value)| value.clone());
        let found = |value: Option<String>| value.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        names
            .iter()
            .find_map(|name| found(said(name)))
            .or_else(|| names.iter().find_map(|name| found(header(name))))
            .or_else(|| names.iter().find_map(|name| found(query(name))))
            .unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<String> {
        let value = header_text(self.headers.get(name)?.as_bytes());
        // Browsers and proxies send their own header of this name (RFC 9218): how soon they want the answer.
        if name == "priority" && (value.trim_start().starts_with("u=") || value.trim() == "i") {
            return None;
        }
        Some(if value.contains("=?") { crate::rfc2047::decode(&value) } else { value.into_owned() })
    }

    /// A yes or a no; `usual` where nothing is said. What is neither is a no.
    pub(crate) fn flag(&self, usual: bool, names: &[&str]) -> bool {
        let value = self.read(names);
        if value.is_empty() { usual } else { is_yes(&value) }
    }

    /// A list with commas, without empty parts, at most `max` of them.
    pub(crate) fn list(&self, max: usize, names: &[&str]) -> Vec<String> {
        let value = self.read(names);
        value.split(',').map(str::trim).filter(|part| !part.is_empty()).take(max).map(str::to_owned).collect()
    }
}

/// Whether it says yes.
pub(crate) fn is_yes(value: &str) -> bool {
    ["1", "yes", "true"].iter().any(|yes| yes.eq_ignore_ascii_case(value))
}

/// Whether it says no.
pub(crate) fn is_no(value: &str) -> bool {
    ["0", "no", "false"].iter().any(|no| no.eq_ignore_ascii_case(value))
}

/// The text of a header. Headers have no set of characters; UTF-8 is usual with ntfy, and what is not UTF-8 is
/// Latin-1, as old HTTP had it and Python's requests still sends it.
fn header_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Decodes a name or a value of a query: `+` is a space, `%XX` a byte.
fn form_decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}
