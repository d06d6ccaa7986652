//! Tags that are names of emoji.

/// The emoji of this name (`warning`, `+1`, `white_check_mark`), if it is one.
#[must_use]
pub fn of(tag: &str) -> Option<&'static str> {
    let _ = tag;
    None
}

/// The emoji among the tags, and the others as they are.
#[must_use]
pub fn split<T: AsRef<str>>(tags: &[T]) -> (Vec<&'static str>, Vec<&str>) {
    let mut emoji = Vec::new();
    let mut words = Vec::new();
    for tag in tags {
        match of(tag.as_ref()) {
            Some(found) => emoji.push(found),
            None => words.push(tag.as_ref()),
        }
    }
    (emoji, words)
}

/// The text with the emoji of the tags before it, as ntfy's clients show a title (or a text without one).
#[must_use]
pub fn before<T: AsRef<str>>(tags: &[T], text: &str) -> String {
    let (emoji, _) = split(tags);
    if emoji.is_empty() { text.to_owned() } else { format!("{} {text}", emoji.join(" ")) }
}
