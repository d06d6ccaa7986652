//! A mail as text: what a terminal, a watch or a reader without HTML shows.

use crate::blocks::Block;
use crate::note::NoteView;

/// The text: headline, sentences, lists, the address of the page, and who writes.
pub(crate) fn text(view: &NoteView, blocks: &[Block]) -> String {
    let mut parts = vec![format!("{}: {}", view.label(), view.title)];
    parts.extend(blocks.iter().map(block));
    parts.extend(view.page().map(|page| format!("Show it in the browser:\n{page}")));
    let pages: Vec<String> = view.pages().map(|(name, address)| format!("{name}:\n{address}")).collect();
    if !pages.is_empty() {
        parts.push(pages.join("\n"));
    }
    // “-- ” begins what readers show in grey and leave out of an answer.
    let mut foot: Vec<String> =
        [view.origin(), view.why.clone()].into_iter().filter(|line| !line.is_empty()).collect();
    foot.extend(view.settings.as_deref().filter(|address| NoteView::is_page(address)).map(str::to_owned));
    if !foot.is_empty() {
        parts.push(format!("-- \n{}", foot.join("\n")));
    }
    parts.join("\n\n") + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph(lines) => lines.join("\n"),
        Block::List { heading, items } => {
            let heading = (!heading.is_empty()).then(|| format!("{heading}:"));
            let items = items.iter().map(|item| format!("  - {item}"));
            heading.into_iter().chain(items).collect::<Vec<_>>().join("\n")
        }
    }
}
