//! The parts of a text that was written for every kind of reader: paragraphs, and lists with a heading.

/// Marks which begin an item of a list.
const MARKS: [&str; 4] = ["• ", "- ", "* ", "– "];

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// Sentences; each line of its own.
    Paragraph(Vec<String>),
    /// Items, below a heading which may be empty.
    List { heading: String, items: Vec<String> },
}

/// Reads a text: an empty line ends a part; a line which begins with a mark is an item; the line before a list is its
/// heading.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).chain([""]) {
        if let Some(item) = MARKS.iter().find_map(|mark| line.strip_prefix(mark)) {
            push_item(&mut all, &mut lines, item.trim());
        } else if line.is_empty() {
            push_paragraph(&mut all, &mut lines);
            // Items after an empty line are a list of their own.
            all.push(Block::Paragraph(Vec::new()));
        } else {
            if lines.is_empty() {
                all.push(Block::Paragraph(Vec::new()));
            }
            lines.push(line.to_owned());
        }
    }
    all.retain(|block| !matches!(block, Block::Paragraph(lines) if lines.is_empty()));
    all
}

fn push_paragraph(all: &mut Vec<Block>, lines: &mut Vec<String>) {
    if !lines.is_empty() {
        all.push(Block::Paragraph(std::mem::take(lines)));
    }
}

fn push_item(all: &mut Vec<Block>, lines: &mut Vec<String>, item: &str) {
    let heading = lines.pop();
    push_paragraph(all, lines);
    match (heading, all.last_mut()) {
        (None, Some(Block::List { items, .. })) => items.push(item.to_owned()),
        (heading, _) => {
            let heading = heading.unwrap_or_default().trim_end_matches(':').to_owned();
            all.push(Block::List { heading, items: vec![item.to_owned()] });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(heading: &str, items: &[&str]) -> Block {
        Block::List {
            heading: heading.to_owned(),
            items: items.iter().map(|&item| item.to_owned()).collect(),
        }
    }

    fn paragraph(lines: &[&str]) -> Block {
        Block::Paragraph(lines.iter().map(|&line| line.to_owned()).collect())
    }

    #[test]
    fn texts_have_parts() {
        let text = "One.\nTwo.\n\nOpened:\n• a\n- b\n\n* c\nAfter.\n";
        assert_eq!(
            blocks(text),
            [
                paragraph(&["One.", "Two."]),
                list("Opened", &["a", "b"]),
                list("", &["c"]),
                paragraph(&["After."])
            ]
        );
        assert_eq!(
            blocks("First.\nThings:\n- a\nMore:\n- b"),
            [paragraph(&["First."]), list("Things", &["a"]), list("More", &["b"])]
        );
        assert_eq!(blocks(" \r\n\n"), []);
        assert_eq!(blocks("-5 °C is cold"), [paragraph(&["-5 °C is cold"])]);
    }
}
