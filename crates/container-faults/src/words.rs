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
    fn a_sentence_becomes_a_part_of_another() {
        assert_eq!(clause("The tag is gone."), "the tag is gone");
        assert_eq!(clause("ghcr.io rejects it."), "ghcr.io rejects it");
        assert_eq!(clause(""), "");
    }
}
