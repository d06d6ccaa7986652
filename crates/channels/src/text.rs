//! Texts made fit for where they go: cut without breaking a character, without what disturbs,
//! escaped for the markup of a service.

/// The first `max` characters; if there are more, the last of them is an ellipsis.
pub(crate) fn cut(text: &str, max: usize) -> String {
    cut_by(text, max, |_| 1)
}

/// As [`cut`], in bytes of UTF-8.
pub(crate) fn cut_bytes(text: &str, max: usize) -> String {
    cut_by(text, max, char::len_utf8)
}

/// As [`cut`], in units of UTF-16, in which Telegram and Discord count.
pub(crate) fn cut_utf16(text: &str, max: usize) -> String {
    cut_by(text, max, char::len_utf16)
}

/// Cuts to `max` in a measure of characters.
fn cut_by(text: &str, max: usize, measure: impl Fn(char) -> usize) -> String {
    const ELLIPSIS: char = '…';
    let room = max.saturating_sub(measure(ELLIPSIS));
    let (mut used, mut kept) = (0, 0);
    for (at, c) in text.char_indices() {
        used += measure(c);
        if used <= room {
            kept = at + c.len_utf8();
        }
        if used > max {
            let mut beginning = text[..kept].trim_end().to_owned();
            if max >= measure(ELLIPSIS) {
                beginning.push(ELLIPSIS);
            }
            return beginning;
        }
    }
    text.to_owned()
}

/// Text without control characters, other than line breaks, and without those which change the
/// direction of writing for what stands around them.
pub(crate) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|&c| c == '\n' || !disturbs(c)).collect()
}

/// As [`clean`], on one line: every run of white space is one space.
pub(crate) fn clean_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let kept: String = spaced.chars().filter(|&c| !disturbs(c)).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character is a control character, or changes how those around it are shown.
pub(crate) fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Escaped for HTML, in text as in attributes between double quotes.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cut_says_that_something_is_missing() {
        for (text, max, expected) in [
            ("", 0, ""),
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("ab cd", 4, "ab…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("äöü", 3, "äöü"),
            ("äöüß", 3, "äö…"),
        ] {
            assert_eq!(cut(text, max), expected, "{text} {max}");
        }
        assert_eq!(cut_bytes("äöü", 6), "äöü");
        assert_eq!(cut_bytes("äöü", 5), "ä…");
        assert_eq!(cut_bytes("äöü", 2), "");
        assert_eq!(cut_utf16("🔥🔥", 4), "🔥🔥");
        assert_eq!(cut_utf16("🔥🔥", 3), "🔥…");
    }

    #[test]
    fn what_disturbs_is_left_out() {
        assert_eq!(clean("a\r\nb\u{7}\tc\u{202e}d\u{0}"), "a\nb cd");
        assert_eq!(clean_line(" a\r\n b\u{7}c\u{2066}d "), "a b cd");
        assert_eq!(clean("👩‍🚒"), "👩‍🚒");
        assert_eq!(html(r#"<a href="x">&"#), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }

    proptest! {
        #[test]
        fn cuts_keep_to_their_measure(text: String, max in 0usize..40) {
            prop_assert!(cut(&text, max).chars().count() <= max);
            prop_assert!(cut_bytes(&text, max).len() <= max);
            prop_assert!(cut_utf16(&text, max).encode_utf16().count() <= max);
            prop_assert!(!clean_line(&text).contains(char::is_control));
        }
    }
}
