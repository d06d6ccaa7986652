//! Where somebody arranges the page: every button is a form, so that it works without a script.

use crate::cards::Shown;
use crate::model::layout::{FAVOURITES, Layout, Shelf, View, Width};
use hob_base::wording::counted;
use hob_web::components::{card, select};
use maud::{Markup, html};

/// What the page needs to be drawn.
pub(crate) struct Arranging<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) shelves: &'a [Shelf<'a>],
    pub(crate) cards: &'a [Shown],
    /// Whether it is the layout of everybody without an account.
    pub(crate) common: bool,
    /// What was just done, as a sentence.
    pub(crate) said: Option<&'static str>,
}

pub(crate) fn arrange(view: &Arranging<'_>) -> Markup {
    let groups: Vec<&Shelf<'_>> = view.shelves.iter().filter(|shelf| shelf.title != FAVOURITES).collect();
    let favourites = view.shelves.iter().find(|shelf| shelf.title == FAVOURITES);
    html! {
        div.page-head {
            p { a href="/" { "Home" } }
            h1 { "Arrange the home page" }
            p.muted {
                @if view.common { "This is the page of everybody who has not arranged their own, and of tokens." }
                @else { "This is your own page; others keep theirs. Names, icons and groups of single tiles are changed on the tile itself, for everybody." }
            }
        }
        @if let Some(said) = view.said { p.flash.ok role="status" { (said) } }
        (card("How it looks", &look(view.layout)))
        @if let Some(shelf) = favourites { (card("Favourites", &favourites_list(shelf))) }
        (card("Groups", &group_list(&groups)))
        @if !view.cards.is_empty() { (card("Cards", &card_list(view))) }
        section.card {
            h2 { "More" }
            p.row {
                a.button href="/home/links" { "Bookmarks and search engines" }
                a.button href="/home/hidden" { "Hidden tiles" }
                a.button href="/home/walls" { "Wall displays" }
                a.button href="/home/import" { "Import from another dashboard" }
            }
            form method="post" action="/home/edit" { button.danger name="do" value="reset" { "Back to how it arranges itself" } }
        }
    }
}

fn look(layout: &Layout) -> Markup {
    let views = [
        (View::Auto, "By itself: compact when there are many"),
        (View::Large, "Large"),
        (View::Compact, "Compact"),
    ];
    let views = views.map(|(view, text)| (view.as_str(), text));
    let widths = [(Width::Narrow, "Narrow"), (Width::Middle, "As usual"), (Width::Wide, "Wide")];
    let widths = widths.map(|(width, text)| (width.as_str(), text));
    let tabs = [("same", "In the same tab"), ("new", "In a new tab")];
    html! {
        form.row.filter method="post" action="/home/edit" {
            (select("view", "Tiles", &views, layout.view.as_str()))
            (select("width", "Columns", &widths, layout.width.as_str()))
            (select("tab", "Services open", &tabs, if layout.new_tab { "new" } else { "same" }))
            button name="do" value="look" { "Save" }
        }
    }
}

fn favourites_list(shelf: &Shelf<'_>) -> Markup {
    html! {
        ul.arrange {
            @for (at, tile) in shelf.tiles.iter().enumerate() {
                li {
                    span { (tile.name) }
                    form.row method="post" action="/home/edit" {
                        input type="hidden" name="tile" value=(tile.resource.id);
                        (mover("star", &tile.name, at > 0, at + 1 < shelf.tiles.len()))
                        button.small name="do" value="unstar" { "Remove " span.sr { (tile.name) } }
                    }
                }
            }
        }
    }
}

/// Up and down. Buttons that would do nothing are there all the same, so that the others do not move under the finger.
fn mover(what: &str, name: &str, up: bool, down: bool) -> Markup {
    html! {
        button.small name="do" value={ (what) "-up" } disabled[!up] { span aria-hidden="true" { "↑" } span.sr { "Move " (name) " up" } }
        button.small name="do" value={ (what) "-down" } disabled[!down] { span aria-hidden="true" { "↓" } span.sr { "Move " (name) " down" } }
    }
}

fn group_list(groups: &[&Shelf<'_>]) -> Markup {
    html! {
        @if groups.is_empty() { p.muted { "There is none yet." } }
        ul.arrange {
            @for (at, shelf) in groups.iter().enumerate() {
                li.gone[shelf.hidden] {
                    form.row method="post" action="/home/edit" {
                        input type="hidden" name="group" value=(shelf.title);
                        // Enter in the field presses the first button.
                        button.sr name="do" value="rename" tabindex="-1" { "Rename " (shelf.name) }
                        input name="name" value=(shelf.name) maxlength="60" aria-label={ "What to call " (shelf.title) };
                        small.number { (counted(shelf.tiles.len(), "tile")) }
                        button.small name="do" value="rename" { "Rename" }
                        (mover("group", shelf.name, at > 0, at + 1 < groups.len()))
                        button.small name="do" value=(if shelf.folded { "unfold" } else { "fold" }) { @if shelf.folded { "Unfold" } @else { "Fold" } span.sr { " " (shelf.name) } }
                        button.small name="do" value=(if shelf.hidden { "show" } else { "hide" }) { @if shelf.hidden { "Show" } @else { "Hide" } span.sr { " " (shelf.name) } }
                    }
                }
            }
        }
    }
}

fn card_list(view: &Arranging<'_>) -> Markup {
    html! {
        ul.arrange {
            @for one in view.cards {
                @let off = view.layout.cards_off.contains(&one.key);
                @let name = if one.card.title.is_empty() { &one.key } else { &one.card.title };
                li.gone[off] {
                    span { (name) }
                    form method="post" action="/home/edit" {
                        input type="hidden" name="card" value=(one.key);
                        button.small name="do" value=(if off { "card-on" } else { "card-off" }) { @if off { "Show" } @else { "Hide" } span.sr { " " (name) } }
                    }
                }
            }
        }
    }
}
