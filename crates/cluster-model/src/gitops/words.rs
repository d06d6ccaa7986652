//! Names, times and revisions in sentences.

/// How many names are told in one sentence.
const NAMED: usize = 4;
/// How much of a commit is shown.
const COMMIT_CHARS: usize = 8;
/// The longest text of somebody else's in a sentence, in characters.
const TEXT_CHARS: usize = 300;

/// The first few with commas and an “and”.
pub(super) fn listed<T: AsRef<str>>(items: &[T]) -> String {
    let shown: Vec<&str> = items.iter().take(NAMED).map(AsRef::as_ref).collect();
    match (shown.as_slice(), items.len().saturating_sub(NAMED)) {
        ([], _) => String::new(),
        ([one], 0) => (*one).to_owned(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

/// A revision as people speak of it: `main@sha1:0123456789…` is `main@01234567`, a bare commit its beginning, and a
/// version stays as it is.
pub(super) fn revision(text: &str) -> String {
    let is_hash = |hash: &str| hash.len() >= 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let short = |hash: &str| hash.chars().take(COMMIT_CHARS).collect::<String>();
    if is_hash(text) {
        return short(text);
    }
    for mark in ["@sha1:", "@sha256:", "/", "@"] {
        if let Some((name, hash)) = text.rsplit_once(mark)
            && is_hash(hash)
        {
            return format!("{name}@{}", short(hash));
        }
    }
    if let Some(hash) = text.strip_prefix("sha256:").or_else(|| text.strip_prefix("sha1:"))
        && is_hash(hash)
    {
        return short(hash);
    }
    cut(text)
}

/// A text as it may stand in a sentence: one line, without control characters, cut to a length.
pub(super) fn cut(text: &str) -> String {
    let mut words = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > TEXT_CHARS * 4 {
            break;
        }
    }
    if words.chars().count() <= TEXT_CHARS {
        return words;
    }
    let mut short: String = words.chars().take(TEXT_CHARS - 1).collect();
    short.push('…');
    short
}

/// A span in words: “3 days”, “2 hours”.
pub(super) fn span(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1000;
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds / 60, "minute"),
        7200..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A moment as a fact, RFC 3339 in UTC.
pub(super) fn moment(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map(|at| at.to_string()).unwrap_or_default()
}

/// A duration as Go writes it (`1h30m0s`), in milliseconds.
pub(super) fn go_duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit = match unit {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1000.0,
            "ms" => 1.0,
            "us" | "µs" | "ns" => 0.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * unit;
        rest = tail;
    }
    (total.is_finite() && total < 1e15).then_some(total as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_short() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for (text, short) in [
            (format!("main@sha1:{hash}"), "main@01234567"),
            (format!("main/{hash}"), "main@01234567"),
            (hash.to_owned(), "01234567"),
            (format!("latest@sha256:{hash}{hash}"), "latest@01234567"),
            ("1.2.3".to_owned(), "1.2.3"),
            ("v1".to_owned(), "v1"),
        ] {
            assert_eq!(revision(&text), short);
        }
    }

    #[test]
    fn durations_of_go_are_read() {
        for (text, milliseconds) in [
            ("1h0m0s", Some(3_600_000)),
            ("10m", Some(600_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1500)),
            ("", None),
            ("soon", None),
            ("12", None),
        ] {
            assert_eq!(go_duration(text), milliseconds, "{text}");
        }
    }

    #[test]
    fn spans_are_said_in_one_unit() {
        assert_eq!(span(90_000), "90 seconds");
        assert_eq!(span(3_600_000), "60 minutes");
        assert_eq!(span(3 * 86_400_000), "3 days");
    }

    #[test]
    fn texts_of_others_are_one_short_line() {
        assert_eq!(cut(" a\n\tb\u{1b}[0m "), "a b [0m");
        assert_eq!(cut(&"x".repeat(1000)).chars().count(), 300);
    }
}
