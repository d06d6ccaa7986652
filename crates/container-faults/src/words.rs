//! Names and texts of strangers as parts of sentences.

/// The longest name in a sentence, in characters.
const NAME_MAX: usize = 120;

/// A name between quotation marks, cut to a length.
pub fn quoted(name: &str) -> String {
    format!("“{}”", cut(&single_line(name), NAME_MAX))
}

/// A text of at most so many characters; what was cut off is shown by an ellipsis.
pub fn cut(text: &str, max: usize) -> String {
    let mut characters = text.char_indices();
    match characters.nth(max) {
        None => text.to_owned(),
        Some(_) => {
            let end = text.char_indices().nth(max.saturating_sub(1)).map_or(0, |(at, _)| at);
            format!("{}…", text.get(..end).unwrap_or_default().trim_end())
        }
    }
}

/// A text on one line: control characters and runs of blanks are one blank.
pub fn single_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A text without the queries of addresses in it: registries hand out addresses whose query is a key for a while.
pub fn without_queries(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'))
            .unwrap_or(after.len());
        let (address, next) = after.split_at_checked(end).unwrap_or((after, ""));
        let (address, has_query) =
            address.split_once('?').map_or((address, false), |(address, _)| (address, true));
        kept.push_str(before);
        kept.push_str("://");
        kept.push_str(address);
        if has_query {
            kept.push_str("?…");
        }
        rest = next;
    }
    kept.push_str(rest);
    kept
}

/// A sentence as a part of another.
pub(crate) fn clause(sentence: &str) -> String {
    let text = sentence.strip_suffix('.').unwrap_or(sentence);
    for first in ["The ", "It ", "A ", "An ", "There ", "Its ", "Nothing ", "No ", "This "] {
        if text.starts_with(first) {
            let mut characters = text.chars();
            let initial = characters.next().map(|c| c.to_ascii_lowercase());
            return initial.into_iter().chain(characters).collect();
        }
    }
    text.to_owned()
}

/// What stands between two marks, the first time that both are there.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    let (inside, _) = rest.split_once(after)?;
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
        assert_eq!(cut("", 0), "");
        assert_eq!(cut("a", 0), "…");
        assert_eq!(quoted("a\nb\u{1b}[0m"), "“a b [0m”");
    }

    #[test]
    fn keys_in_addresses_are_left_out() {
        assert_eq!(
            without_queries(
                r#"Get "https://cdn.example.org/blob?sig=SECRET&x=1": EOF, see https://a.example/b?c=d"#
            ),
            r#"Get "https://cdn.example.org/blob?…": EOF, see https://a.example/b?…"#
        );
        assert_eq!(without_queries("what? no address"), "what? no address");
    }

    #[test]
    fn a_sentence_becomes_a_part_of_another() {
        assert_eq!(clause("The tag is gone."), "the tag is gone");
        assert_eq!(clause("ghcr.io rejects it."), "ghcr.io rejects it");
        assert_eq!(clause(""), "");
    }
}
