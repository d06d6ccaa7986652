//! Tags that are names of emoji: those of GitHub, as ntfy documents them (<https://docs.ntfy.sh/emojis/>).
//!
//! The table is GitHub's list of names, by way of the package gemoji 8.1.0 (MIT, Titus Wormer), one name and its emoji
//! a line, sorted by bytes. It is searched where it lies; nothing is built when a program starts.

/// Name, tabulator, emoji, line end; sorted by the bytes of the name.
const TABLE: &str = include_str!("emoji.txt");

/// The emoji of this name (`warning`, `+1`, `white_check_mark`), if it is one.
#[must_use]
pub fn of(tag: &str) -> Option<&'static str> {
    let mut rest = TABLE;
    while !rest.is_empty() {
        let (before, line, after) = middle_line(rest);
        let (name, emoji) = line.split_once('\t')?;
        rest = match tag.as_bytes().cmp(name.as_bytes()) {
            std::cmp::Ordering::Equal => return Some(emoji),
            std::cmp::Ordering::Less => before,
            std::cmp::Ordering::Greater => after,
        };
    }
    None
}

/// The line in the middle of a text of whole lines, and the lines before and after it.
fn middle_line(lines: &'static str) -> (&'static str, &'static str, &'static str) {
    let middle = lines.floor_char_boundary(lines.len() / 2);
    let (left, right) = lines.split_at(middle);
    let start = left.rfind('\n').map_or(0, |at| at + 1);
    let end = right.find('\n').map_or(lines.len(), |at| middle + at);
    let (before, rest) = lines.split_at(start);
    let (line, after) = rest.split_at(end - start);
    (before, line, after.strip_prefix('\n').unwrap_or(after))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_found() {
        let names: Vec<_> = TABLE.lines().map(|line| line.split_once('\t').unwrap()).collect();
        assert!(names.len() > 1900, "{}", names.len());
        assert!(names.windows(2).all(|pair| pair[0].0.as_bytes() < pair[1].0.as_bytes()));
        for (name, emoji) in names {
            assert_eq!(of(name), Some(emoji), "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_not_found() {
        for tag in
            ["", "Warning", "warnin", "warning2", "zzzz", "+", "\t", "\n", "warning\t", "⚠️", "backup-host-1"]
        {
            assert_eq!(of(tag), None, "{tag:?}");
        }
    }

    #[test]
    fn the_examples_of_the_documentation() {
        let examples = [("+1", "👍"), ("warning", "⚠️"), ("tada", "🎉"), ("skull", "💀"), ("no_entry", "⛔")];
        for (name, emoji) in examples {
            assert_eq!(of(name), Some(emoji));
        }
        assert_eq!(split(&["warning", "mailsrv13", "cd"]), (vec!["⚠️", "💿"], vec!["mailsrv13"]));
        assert_eq!(before(&["warning", "skull", "daily"], "Disk full"), "⚠️ 💀 Disk full");
        assert_eq!(before(&["daily"], "Disk full"), "Disk full");
    }
}
