//! Texts, addresses and secrets of strangers' files.

use serde_json::{Map, Value};

/// Search engines that programs know by name: that name, what people call it, and its address.
pub(crate) const ENGINES: [(&str, &str, &str); 10] = [
    ("duckduckgo", "DuckDuckGo", "https://duckduckgo.com/?q={query}"),
    ("google", "Google", "https://www.google.com/search?q={query}"),
    ("bing", "Bing", "https://www.bing.com/search?q={query}"),
    ("baidu", "Baidu", "https://www.baidu.com/s?wd={query}"),
    ("brave", "Brave Search", "https://search.brave.com/search?q={query}"),
    ("qwant", "Qwant", "https://www.qwant.com/?q={query}"),
    ("startpage", "Startpage", "https://www.startpage.com/sp/search?query={query}"),
    ("ecosia", "Ecosia", "https://www.ecosia.org/search?q={query}"),
    ("searx-bar", "searx.bar", "https://searx.bar/search?q={query}"),
    ("searx-info", "searx.info", "https://searx.info/search?q={query}"),
];

/// The longest address, in bytes.
const URL_BYTES_MAX: usize = 2000;

/// A text as one line of at most so many letters; `None` when nothing is left of it.
pub(crate) fn line(text: &str, max: usize) -> Option<String> {
    let plain: String = text
        .chars()
        .take(max * 4)
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect();
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    let text: String = words.join(" ");
    let short: String = text.chars().take(max).collect();
    let short = short.trim().to_owned();
    (!short.is_empty()).then_some(short)
}

/// A scalar as text: names may look like numbers.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The text under a key, as one line.
pub(crate) fn field(table: &Map<String, Value>, key: &str, max: usize) -> Option<String> {
    line(&text_of(table.get(key)?)?, max)
}

/// The texts of a list, or the words of one text.
pub(crate) fn tags(value: Option<&Value>) -> Vec<String> {
    let texts: Vec<String> = match value {
        Some(Value::Array(list)) => list.iter().filter_map(text_of).collect(),
        Some(other) => {
            text_of(other).map(|text| text.split([',', ' ']).map(str::to_owned).collect()).unwrap_or_default()
        }
        None => Vec::new(),
    };
    texts.iter().filter_map(|text| line(text, 24)).take(12).collect()
}

/// Whether something is switched on.
pub(crate) fn is_on(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(on) => Some(*on),
        Value::String(text) => Some(text.eq_ignore_ascii_case("true")),
        _ => None,
    }
}

/// An address that a browser opens, without credentials.
///
/// # Errors
/// One sentence that says why it is left out.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text == "#" {
        return Err("It has no address.".to_owned());
    }
    if let Some(variable) = variable(text) {
        return Err(format!(
            "Its address has the variable {variable} in it, whose value is not in the file: put the value in and read the file again."
        ));
    }
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Err("Its address does not begin with http:// or https://, so no browser opens it from here."
            .to_owned());
    };
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>\"".contains(c);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || text.len() > URL_BYTES_MAX || text.contains(odd) {
        return Err("Its address cannot be read.".to_owned());
    }
    if authority.contains('@') {
        return Err("Its address has a name or password in it, which everybody who sees the page could read; it is not kept.".to_owned());
    }
    let query = rest.split('#').next().and_then(|rest| rest.split_once('?')).map_or("", |(_, query)| query);
    if query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(key, value)| is_secret(key) && !value.is_empty())
    {
        return Err("Its address has a key or password in it, which everybody who sees the page could read; it is not kept.".to_owned());
    }
    Ok(text.to_owned())
}

/// `{{HOMEPAGE_VAR_X}}`, `${X}`: what the program would have put in.
fn variable(text: &str) -> Option<String> {
    let without = text.replace("{query}", "");
    for (open, close) in [("{{", "}}"), ("${", "}")] {
        if let Some((_, rest)) = without.split_once(open) {
            let name = rest.split(close).next().unwrap_or_default();
            return Some(format!("“{}”", line(name, 60).unwrap_or_default()));
        }
    }
    None
}

/// The host of an address.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// The address of a search engine with the place of the words in it: programs put them at the end, or where `%s` is.
pub(crate) fn with_query(url: &str) -> String {
    let url = url.trim().replace("%s", "{query}");
    if url.contains("{query}") { url } else { format!("{url}{{query}}") }
}

/// Whether a key holds something that nobody else may know.
pub(crate) fn is_secret(key: &str) -> bool {
    const PARTS: [&str; 9] = [
        "password",
        "passwd",
        "token",
        "secret",
        "apikey",
        "accesskey",
        "authorization",
        "hash",
        "credential",
    ];
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    key == "key" || key.ends_with("authkey") || PARTS.iter().any(|part| key.contains(part))
}

/// Counts what must not be kept.
pub(crate) struct Secrets;

impl Secrets {
    /// How many keys, tokens and passwords a file has.
    pub(crate) fn count(value: &Value) -> usize {
        match value {
            Value::Array(list) => list.iter().map(Self::count).sum(),
            Value::Object(table) => table
                .iter()
                .map(|(key, value)| match text_of(value) {
                    Some(text) => usize::from(is_secret(key) && !text.trim().is_empty()),
                    None => Self::count(value),
                })
                .sum(),
            _ => 0,
        }
    }
}
