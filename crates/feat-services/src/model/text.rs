//! Somebody else's words, made harmless.

/// As one line: no control characters, none that turn the direction of text, no runs of white space, at most `max`
/// characters.
pub(crate) fn tidy(text: &str, max: usize) -> String {
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
    }
}
