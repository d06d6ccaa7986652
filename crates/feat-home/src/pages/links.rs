//! Bookmarks on the home page, and where people write down bookmarks, search engines and tiles.

use super::tile::letter;
use crate::model::links::{Link, LinkKind, Links, QUERY};
use hob_web::components::{Field, SYMBOLS, badge, card, empty, field, icon, select};
use maud::{Markup, html};

/// More bookmarks than this under one heading are on their own page.
const SHOWN_MAX: usize = 40;

/// What was entered, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinkForm {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) group: String,
    pub(crate) icon: String,
    pub(crate) description: String,
    pub(crate) tags: String,
    /// Which field, and one sentence.
    pub(crate) wrong: Option<(&'static str, String)>,
}

/// The bookmarks as a card of the home page.
pub(crate) fn bookmarks(links: &Links) -> Markup {
    let groups = by_group(links);
    html! {
        @if !groups.is_empty() {
            section.card #bookmarks {
                h2 { "Bookmarks" }
                @for (group, links) in &groups {
                    div {
                        @if let Some(group) = group { h3 { (group) } }
                        ul.bookmarks {
                            @for link in links.iter().take(SHOWN_MAX) {
                                li { a href=(link.url) title=[link.description.as_deref()] rel="noreferrer" { (picture(link)) span { (link.name) } } }
                            }
                            @if links.len() > SHOWN_MAX { li { a href="/home/links" { "All bookmarks" } } }
                        }
                    }
                }
            }
        }
    }
}

/// Bookmarks under their headings, in the order in which the headings first occur; those without one first.
fn by_group(links: &Links) -> Vec<(Option<&str>, Vec<&Link>)> {
    let mut groups: Vec<(Option<&str>, Vec<&Link>)> = Vec::new();
    for link in links.of(LinkKind::Bookmark) {
        let group = link.group.as_deref();
        match groups.iter_mut().find(|(title, _)| *title == group) {
            Some((_, all)) => all.push(link),
            None => groups.push((group, vec![link])),
        }
    }
    groups.sort_by_key(|(title, _)| title.is_some());
    groups
}

fn picture(link: &Link) -> Markup {
    match link.icon.as_deref() {
        Some(symbol) if SYMBOLS.contains(&symbol) => icon(symbol),
        Some(text) => html! { span.letter aria-hidden="true" { (text) } },
        None => html! { span.letter aria-hidden="true" { (letter(&link.name)) } },
    }
}

/// The page on which they are added and deleted.
pub(crate) fn manage(links: &Links, form: &LinkForm, may_write: bool) -> Markup {
    html! {
        div.page-head {
            p { a href="/" { "Home" } }
            h1 { "Bookmarks, search engines and tiles by hand" }
            p.muted { "What Hob finds needs no entry here. This is for everything else: pages elsewhere, where to search, and services that no cluster, container or port tells of." }
        }
        @if links.all.is_empty() { (empty("Nothing has been written down yet.", "Bookmarks stand beside the tiles, search engines beside the filter.", &html! { a.button href="/home/import" { "Import from another dashboard" } })) }
        @for (kind, title) in [(LinkKind::Bookmark, "Bookmarks"), (LinkKind::Engine, "Search engines"), (LinkKind::Tile, "Tiles by hand")] {
            @if links.of(kind).next().is_some() {
                (card(title, &html! { ul.arrange { @for link in links.of(kind) { (row(link, may_write)) } } }))
            }
        }
        @if may_write { (card("Add", &add(form))) }
    }
}

fn row(link: &Link, may_write: bool) -> Markup {
    html! {
        li {
            div.grow {
                strong { (link.name) } @if let Some(group) = &link.group { " " small { (group) } }
                br; small { code { (link.url) } }
            }
            @if link.fixed { (badge("hob.toml")) }
            @else if may_write {
                form method="post" action="/home/links/delete" {
                    input type="hidden" name="kind" value=(link.kind.as_str());
                    button.small name="id" value=(link.id) { "Delete " span.sr { (link.name) } }
                }
            }
        }
    }
}

fn add(form: &LinkForm) -> Markup {
    let wrong = |name: &str| {
        form.wrong.as_ref().filter(|(field, _)| *field == name).map_or("", |(_, problem)| problem.as_str())
    };
    let kinds = [
        (LinkKind::Bookmark.as_str(), "a bookmark"),
        (LinkKind::Engine.as_str(), "a search engine"),
        (LinkKind::Tile.as_str(), "a tile, with a check of its address"),
    ];
    let address = format!(
        "https://… For a search engine with {QUERY} where the words go: https://duckduckgo.com/?q={QUERY}"
    );
    html! {
        form.stack method="post" action="/home/links" {
            (select("kind", "What", &kinds, if form.kind.is_empty() { "bookmark" } else { &form.kind }))
            (field(&Field { value: &form.name, error: wrong("name"), required: true, ..Field::text("name", "Name") }))
            (field(&Field { value: &form.url, error: wrong("url"), kind: "text", help: &address, required: true, ..Field::text("url", "Address") }))
            (field(&Field { value: &form.group, error: wrong("group"), help: "The heading under which it stands; may be empty.", ..Field::text("group", "Group") }))
            (field(&Field { value: &form.icon, error: wrong("icon"), help: "One or two characters, such as 📚; may be empty.", ..Field::text("icon", "Icon") }))
            (field(&Field { value: &form.description, help: "A few words; may be empty.", ..Field::text("description", "Description") }))
            (field(&Field { value: &form.tags, help: "Words to find a tile by, divided by commas; may be empty.", ..Field::text("tags", "Tags") }))
            div.actions { button.primary type="submit" { "Add" } }
        }
    }
}
