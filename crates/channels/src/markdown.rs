//! Texts as Markdown that shows them as they are, for Discord and Mattermost.

/// Characters which mean something in Markdown.
const MARKS: &str = "\\`*_~|[]()<>#";

/// Text which looks as it is. Addresses stay as they are, since they become links by themselves.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut fresh = true;
    for word in text.split_inclusive(char::is_whitespace) {
        if word.starts_with("https://") || word.starts_with("http://") {
            out.push_str(word);
        } else {
            word_escaped(word, fresh, &mut out);
        }
        fresh = word.ends_with('\n');
    }
    out
}

/// Escapes a word; at the beginning of a line, signs of lists and quotes too.
fn word_escaped(word: &str, fresh: bool, out: &mut String) {
    let bare = word.trim_end();
    let numbered =
        bare.len() > 1 && bare.ends_with('.') && bare[..bare.len() - 1].bytes().all(|b| b.is_ascii_digit());
    let first = word.chars().next();
    if fresh && (matches!(first, Some('-' | '+' | '=')) && bare.len() <= 3) {
        out.push('\\');
    }
    for (at, c) in word.char_indices() {
        if MARKS.contains(c) || (fresh && numbered && c == '.') {
            out.push('\\');
        }
        out.push(c);
        // A mention begins a word. The invisible space after it keeps it from being one.
        if c == '@' && at == 0 {
            out.push('\u{200b}');
        }
    }
}

/// A link with a label.
pub(crate) fn link(label: &str, url: &str) -> String {
    // A parenthesis would end the link.
    let url = url.replace('(', "%28").replace(')', "%29");
    format!("[{}]({url})", escaped(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_is_shown_and_addresses_stay() {
        for (text, expected) in [
            ("plain words.", "plain words."),
            ("*a* _b_ `c`", "\\*a\\* \\_b\\_ \\`c\\`"),
            ("my_file_name", "my\\_file\\_name"),
            ("see https://nas/a_b_c now", "see https://nas/a_b_c now"),
            ("- one\n- two", "\\- one\n\\- two"),
            ("1. one", "1\\. one"),
            ("1.5 and - so", "1.5 and - so"),
            ("# head\n> quote", "\\# head\n\\> quote"),
            ("[x](http://evil)", "\\[x\\]\\(http://evil\\)"),
            ("<@123> @all root@nas", "\\<@123\\> @\u{200b}all root@nas"),
            ("||x||", "\\|\\|x\\|\\|"),
            ("back\\slash", "back\\\\slash"),
        ] {
            assert_eq!(escaped(text), expected, "{text}");
        }
        assert_eq!(link("a]b", "http://x/(1)"), "[a\\]b](http://x/%281%29)");
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[^\u{200b}]*") {
            let shown: String = escaped(&text).replace('\u{200b}', "");
            let mut left = shown.chars();
            for c in text.chars() {
                prop_assert!(left.any(|other| other == c));
            }
        }
    }
}
