//! Which alerts and silences a client asks for: the list of matchers of Alertmanager (`pkg/labels/parse.go`), and the
//! switches of its queries.

use super::wire::AlertStatus;
use super::{RECEIVER, alert::Labels};
use hob_base::Silence;
use hob_base::silence::Matcher;

/// The most matchers of one query.
pub(crate) const MATCHERS_MAX: usize = 100;

/// Reads one `filter` of a query: a matcher such as `name="value"`, `name=~pattern` (the quotes may be left out), or a list
/// of them, `{a="b",c=~"d"}`.
///
/// # Errors
/// What is wrong with it, in the words of Alertmanager.
pub(crate) fn parse_filter(text: &str) -> Result<Vec<Matcher>, String> {
    let trimmed = text.trim();
    let Some(inner) = trimmed.strip_prefix('{') else {
        // Without braces a comma may be part of a value; only what is no single matcher is taken for a list.
        return match parse_matcher(trimmed) {
            Ok(matcher) => Ok(vec![matcher]),
            Err(error) => parse_list(trimmed).ok().filter(|list| list.len() > 1).ok_or(error),
        };
    };
    parse_list(inner.trim_end().strip_suffix('}').ok_or_else(|| bad_format(text))?)
}

fn bad_format(text: &str) -> String {
    let shown: String = text.chars().take(200).collect();
    format!("bad matcher format: {shown}")
}

fn parse_list(text: &str) -> Result<Vec<Matcher>, String> {
    let tokens: Vec<&str> = split_list(text).into_iter().map(str::trim).collect();
    let tokens = match tokens.as_slice() {
        // One comma may follow the last.
        [rest @ .., ""] => rest,
        all => all,
    };
    if tokens.len() > MATCHERS_MAX {
        return Err(format!(
            "too many matchers: {}, the most that Hob takes is {MATCHERS_MAX}",
            tokens.len()
        ));
    }
    tokens.iter().map(|token| parse_matcher(token)).collect()
}

/// Splits at commas outside of quotes.
fn split_list(text: &str) -> Vec<&str> {
    let (mut quoted, mut escaped, mut from) = (false, false, 0);
    let mut tokens = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                tokens.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    tokens.push(&text[from..]);
    tokens
}

fn parse_matcher(text: &str) -> Result<Matcher, String> {
    const OPERATORS: [(&str, bool, bool); 4] =
        [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
    let (name, rest) = name_of(text.trim()).ok_or_else(|| bad_format(text))?;
    let rest = rest.trim_start();
    let found = OPERATORS
        .iter()
        .find_map(|(operator, regex, equal)| Some((rest.strip_prefix(operator)?, *regex, *equal)));
    let (value, is_regex, is_equal) = found.ok_or_else(|| bad_format(text))?;
    Matcher::new(&name, &unquoted(value.trim())?, is_regex, is_equal)
}

/// The name, plain or in quotes, and what follows it.
fn name_of(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        let end = closing_quote(text)?;
        return Some((unquoted(text.get(..=end)?).ok()?, text.get(end + 1..)?))
            .filter(|(name, _)| !name.is_empty());
    }
    let end = text.find(['=', '!'])?;
    let name = text.get(..end)?.trim_end();
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | ',' | '{' | '}' | '\\' | '\'' | '`');
    (!name.is_empty() && name.chars().all(plain)).then(|| (name.to_owned(), &text[end..]))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(i),
            _ => {}
        }
    }
    None
}

/// The value without quotes and escapes. A backslash before anything but `n`, `"` and `\` stands for itself.
fn unquoted(text: &str) -> Result<String, String> {
    let shown = || -> String { text.chars().take(200).collect() };
    let wrong = || format!("matcher value contains unescaped double quote: {}", shown());
    let inner = match text.strip_prefix('"') {
        Some(_) if closing_quote(text) != Some(text.len() - 1) => return Err(wrong()),
        Some(inner) => &inner[..inner.len() - 1],
        None => text,
    };
    let mut value = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => return Err(wrong()),
            '\\' => match letters.next() {
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => value.push('\\'),
            },
            c => value.push(c),
        }
    }
    Ok(value)
}

/// Which alerts.
#[derive(Debug)]
pub(crate) struct Wanted {
    active: bool,
    silenced: bool,
    matchers: Vec<Matcher>,
    receiver: Option<Matcher>,
}

impl Wanted {
    /// Reads the query of `/alerts` and `/alerts/groups`. Nothing is ever inhibited, muted or unprocessed here, so what is
    /// said of that changes nothing; a name that is not known is left aside, as the original does.
    ///
    /// # Errors
    /// What is wrong with it, in the words of Alertmanager.
    pub(crate) fn from_query(query: &[(String, String)]) -> Result<Self, String> {
        let switch = |name: &str| {
            let given = query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            given.filter(|value| !value.is_empty()).is_none_or(is_true)
        };
        let receiver = query.iter().rev().find(|(key, value)| key == "receiver" && !value.is_empty());
        let receiver = receiver.map(|(_, pattern)| Matcher::new("receiver", pattern, true, true)).transpose();
        Ok(Self {
            active: switch("active"),
            silenced: switch("silenced"),
            matchers: filters(query)?,
            receiver: receiver.map_err(|problem| format!("failed to parse receiver param: {problem}"))?,
        })
    }

    /// Whether any alert can be wanted: all have the same receiver.
    pub(crate) fn is_for_us(&self) -> bool {
        let receiver = Labels::from([("receiver".to_owned(), RECEIVER.to_owned())]);
        self.receiver.as_ref().is_none_or(|pattern| pattern.matches(&receiver))
    }

    /// Whether an alert of these labels is wanted, whatever its status.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether an alert of this status is wanted.
    pub(crate) fn wants(&self, status: &AlertStatus) -> bool {
        if status.silenced_by.is_empty() { self.active } else { self.silenced }
    }
}

/// All `filter`s of a query.
///
/// # Errors
/// What is wrong with one of them.
pub(crate) fn filters(query: &[(String, String)]) -> Result<Vec<Matcher>, String> {
    let mut all = Vec::new();
    for (_, text) in query.iter().filter(|(key, _)| key == "filter") {
        all.extend(parse_filter(text)?);
        if all.len() > MATCHERS_MAX {
            return Err(format!("too many matchers, the most that Hob takes is {MATCHERS_MAX}"));
        }
    }
    Ok(all)
}

/// What `swag.ConvertBool` of go-openapi takes for true; everything else is false.
fn is_true(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a silence has each of these matchers among its own.
pub(crate) fn has_all(silence: &Silence, matchers: &[Matcher]) -> bool {
    matchers.iter().all(|matcher| silence.matchers.contains(matcher))
}

#[cfg(test)]
mod tests;
