//! Texts of strangers made fit to be shown: one line, bounded, addresses that are addresses.

/// The longest address that is kept, in bytes.
const ADDRESS_MAX: usize = 2000;

/// Words that are written in capitals in a name.
const CAPITALS: [&str; 20] = [
    "ai", "api", "cms", "db", "dns", "ftp", "id", "io", "ip", "llm", "mqtt", "nas", "nfs", "pdf", "rss",
    "sql", "ssh", "tv", "ui", "vpn",
];

/// A text as one line of at most `max` characters: white space and control characters become single spaces. Markup is
/// left as it is: it is just text. `None` when nothing is left.
#[must_use]
pub fn line(text: &str, max: usize) -> Option<String> {
    let mut out = String::new();
    let mut count = 0;
    // What is far too long is not even walked through.
    for c in text.chars().take(max.saturating_mul(4).max(1000)) {
        let gap = c.is_whitespace() || c.is_control() || is_invisible(c);
        if gap && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if count == max {
            break;
        }
        out.push(if gap { ' ' } else { c });
        count += 1;
    }
    let length = out.trim_end().len();
    out.truncate(length);
    (!out.is_empty()).then_some(out)
}

/// Characters that turn the direction of text around, or that nobody sees. A joiner (U+200D) holds emoji together.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A text as an address that a browser can open: `http` or `https`, with a host, without a name and password in it, and
/// without what no address holds (a template that was never filled in). `None` for everything else.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let fits = matches!(scheme.as_str(), "http" | "https")
        && text.len() <= ADDRESS_MAX
        && !authority.contains('@')
        && (authority.starts_with('[') || !host.is_empty())
        && !rest.chars().any(|c| {
            c.is_whitespace()
                || c.is_control()
                || is_invisible(c)
                || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '\'')
        });
    fits.then(|| format!("{scheme}://{rest}"))
}

/// A name as people write it: `home-assistant` is “Home Assistant”.
#[must_use]
pub fn title(name: &str) -> String {
    let words =
        name.split(|c: char| matches!(c, '-' | '_' | '.' | ' ') || c.is_control()).filter(|w| !w.is_empty());
    let words: Vec<String> = words
        .take(6)
        .map(|word| {
            let mut letters = word.chars().take(40);
            match letters.next() {
                Some(_) if CAPITALS.contains(&word) => word.to_uppercase(),
                Some(first) => first.to_uppercase().chain(letters).collect(),
                None => String::new(),
            }
        })
        .collect();
    words.join(" ")
}

/// One or two letters for a name, for where there is no picture: “HA” for “Home Assistant”, “Gr” for “Grafana”.
#[must_use]
pub fn letters(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let (Some(first), second) = (words.next(), words.next()) else { return "?".to_owned() };
    let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
    let mut all = first.chars();
    let mut out: String = all.next().map(upper).into_iter().collect();
    match second.and_then(|word| word.chars().next()) {
        Some(initial) => out.push(upper(initial)),
        None => out.extend(all.next()),
    }
    out
}
