//! How Hob talks: durations, counts and lists in whole words.

use std::time::Duration;

/// `3 minutes`, `1 hour`, `2 days`: the largest unit that fits, rounded down.
pub fn duration_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if duration < Duration::from_secs(1) && !duration.is_zero() {
        return format!("{} ms", duration.as_millis().max(1));
    }
    counted(count as usize, unit)
}

/// `1 service`, `5 services`. Irregular plurals are not needed so far, apart from `-y`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// The known word nearest to a mistyped one, for "did you mean".
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (edits(typed, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Parses `30s`, `5m`, `2h`, `14d`, `500ms`.
///
/// # Errors
/// One sentence that says what would be right.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("“{text}” is not a duration: write a number and a unit, such as 30s, 5m, 2h or 14d.");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let ms = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(ms)
        .filter(|ms| *ms <= 100 * 366 * 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(wrong)
}

/// Somebody else's words, made harmless: one line, no control characters, none that turn the direction of text, no runs of white space, at most `max`
/// characters.
pub fn tidy(text: &str, max: usize) -> String {
    let mut tidied = String::new();
    let (mut count, mut gap) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || c == '\u{fffd}' {
            gap = true;
            continue;
        }
        if matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        {
            continue;
        }
        let needed = if gap && count > 0 { 2 } else { 1 };
        if count + needed > max {
            // The last place is for the sign that something is missing.
            while tidied.chars().count() >= max.max(1) {
                tidied.pop();
            }
            tidied.truncate(tidied.trim_end().len());
            tidied.push('…');
            break;
        }
        if needed == 2 {
            tidied.push(' ');
        }
        gap = false;
        tidied.push(c);
        count += needed;
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_told_in_their_largest_unit() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "1 minute"),
            (7200, "2 hours"),
            (90_000, "25 hours"),
            (200_000, "2 days"),
        ] {
            assert_eq!(duration_words(Duration::from_secs(seconds)), text);
        }
        assert_eq!(duration_words(Duration::from_millis(40)), "40 ms");
    }

    #[test]
    fn plurals_and_lists() {
        assert_eq!(counted(1, "repository"), "1 repository");
        assert_eq!(counted(2, "repository"), "2 repositories");
        assert_eq!(counted(0, "day"), "0 days");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn mistyped_words_find_their_neighbour() {
        assert_eq!(nearest("intervall", ["interval", "url"]), Some("interval"));
        assert_eq!(nearest("banana", ["interval", "url"]), None);
    }

    #[test]
    fn durations_parse_or_say_what_would_be_right() {
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "30", "s", "-5s", "5 weeks", "99999999999999999999d"] {
            assert!(parse_duration(wrong).unwrap_err().contains("30s, 5m"), "{wrong}");
        }
    }

    #[test]
    fn words_are_kept_and_tricks_are_not() {
        assert_eq!(tidy("  Home \n\t Assistant\u{0} ", 80), "Home Assistant");
        assert_eq!(tidy("safe\u{202e}gpj.exe", 80), "safegpj.exe");
        assert_eq!(tidy("Grafana", 7), "Grafana");
        assert_eq!(tidy("Grafanas", 7), "Grafan…");
    }

    proptest! {
        #[test]
        fn it_is_one_short_line(text: String, max in 1_usize..50) {
            let tidied = tidy(&text, max);
            prop_assert!(tidied.chars().count() <= max, "{}", tidied);
            prop_assert!(!tidied.chars().any(char::is_control));
            prop_assert_eq!(tidied.trim(), tidied.as_str());
        }

        #[test]
        fn parsing_a_duration_never_panics(text in ".*") {
            let _ = parse_duration(&text);
        }
    }
}
