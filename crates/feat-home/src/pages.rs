//! View data → markup.

mod arrange;
mod detail;
mod edit;
mod hidden;
pub(crate) mod import;
mod links;
mod list;
mod machines;
mod parts;
mod search;
mod tile;
pub(crate) mod wall;

pub(crate) use arrange::{Arranging, arrange};
pub(crate) use detail::{Detail, detail};
pub(crate) use edit::{Mistakes, edit};
pub(crate) use hidden::hidden;
pub(crate) use links::{LinkForm, bookmarks, manage};
pub(crate) use list::{Filter, list};
pub(crate) use machines::machines;
pub(crate) use parts::{incidents, problems, state};
pub(crate) use search::{search_box, search_results};
pub(crate) use tile::tile;

use crate::cards::{self, Shown};
use crate::layouts::Mine;
use crate::model::layout::{FAVOURITES, Shelf, Width};
use crate::model::links::{LinkKind, Links};
use crate::model::{Group, House, Tile};
use hob_base::Level;
use hob_base::uptime::Span;
use hob_base::wording::counted;
use hob_feature::{CardPlace, Ctx};
use hob_web::asset;
use hob_web::components::{empty, health_mark, icon, resource_path};
use maud::{Markup, PreEscaped, html};
use tile::address;

/// More tags than this are only found by typing.
const TAGS_MAX: usize = 16;

/// What a tile draws beside its resource.
pub(crate) struct Uptime<'a> {
    /// The days of the strip.
    pub days: &'a [Span],
    /// The spans in which the hub did not run.
    pub gaps: &'a [Span],
}

/// The ways in which a tile is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    /// Without its history.
    pub(crate) compact: bool,
    /// Whether it opens in a tab of its own.
    pub(crate) new_tab: bool,
}

/// What the home page is drawn from.
pub(crate) struct View<'a> {
    pub(crate) house: &'a House,
    pub(crate) mine: &'a Mine,
    pub(crate) links: &'a Links,
    pub(crate) cards: &'a [Shown],
    pub(crate) look: Look,
    /// What the tiles were narrowed down to; empty for nothing.
    pub(crate) words: &'a str,
}

/// The whole home page; `tiles` draws one tile, from a cache where it can.
pub(crate) fn home(view: &View<'_>, ctx: &Ctx, tiles: impl FnMut(&Tile) -> String) -> Markup {
    let house = view.house;
    let off = &view.mine.layout.cards_off;
    let at = |place: CardPlace| cards::at(view.cards, place).filter(|one| !off.contains(&one.key));
    html! {
        div.page-head data-live-topic="home" { (state(house)) (incidents(house, ctx)) (problems(house, ctx)) }
        @if at(CardPlace::Top).next().is_some() {
            div.top-cards { @for one in at(CardPlace::Top) { (home_card(one)) } }
        }
        (finder(view))
        div.house {
            (services(view, tiles))
            aside.side {
                (machines(house))
                @for one in at(CardPlace::Side) { (home_card(one)) }
                (bookmarks(view.links))
            }
        }
        @if !house.ports.is_empty() { (ports(house)) }
        (footer(view))
        script type="module" src=(asset("home.js")) {}
    }
}

/// A card of a feature.
pub(crate) fn home_card(one: &Shown) -> Markup {
    html! {
        article.card.home-card id={ "card-" (one.key) } {
            @if !one.card.title.is_empty() { h2 { (one.card.title) } }
            (one.card.body)
        }
    }
}

/// Filter and search in one box, and how the tiles look.
fn finder(view: &View<'_>) -> Markup {
    let compact = view.look.compact;
    html! {
        div.finder {
            form.find #find role="search" method="get" action="/" {
                // The first button is the one that Enter presses where there is no script.
                button.sr type="submit" tabindex="-1" { "Filter" }
                label.sr for="filter" { "Filter the tiles, or search" }
                input #filter name="q" type="search" value=(view.words) placeholder="Filter or search" autocomplete="off" data-keep
                    aria-keyshortcuts="/" aria-controls="services" enterkeyhint="go";
                kbd aria-hidden="true" { "/" }
                button.small formaction="/find" name="with" value="hob" { "Search Hob" }
                @for engine in view.links.of(LinkKind::Engine) {
                    button.small formaction="/find" name="with" value=(engine.id) { (engine.name) }
                }
            }
            form.row method="post" action="/home/view" {
                button.small name="view" value=(if compact { "large" } else { "compact" }) { @if compact { "Large tiles" } @else { "Compact" } }
                a.button.small href="/home/edit" { (icon("edit")) "Arrange" }
            }
        }
        p.sr #found role="status" { @if !view.words.is_empty() { (counted(view.house.tiles(), "tile")) } }
        (tags(view))
    }
}

fn tags(view: &View<'_>) -> Markup {
    let tags = view.house.tags();
    html! {
        @if !tags.is_empty() || !view.words.is_empty() {
            nav.tag-row aria-label="Tags" {
                @for (tag, count) in tags.iter().take(TAGS_MAX) {
                    a.badge href={ "/?q=%23" (tag) } data-tag=(tag) { "#" (tag) " " small { (count) } }
                }
                @if !view.words.is_empty() { a.badge href="/" { "Show all tiles" } }
            }
        }
    }
}

fn services(view: &View<'_>, mut tiles: impl FnMut(&Tile) -> String) -> Markup {
    let layout = &view.mine.layout;
    let shelves = layout.arrange(view.house);
    let width = match layout.width {
        Width::Middle => None,
        other => Some(other.as_str()),
    };
    html! {
        div.services #services .compact[view.look.compact] .(width.unwrap_or_default()) data-live-topic=(view.mine.topic())
            data-tab=[layout.new_tab.then_some("new")] {
            @if shelves.is_empty() && view.words.is_empty() { (no_services()) }
            @if shelves.is_empty() && !view.words.is_empty() { p.muted { "No tile contains “" (view.words) "”." } }
            form.groups method="post" action="/home/star" hx-post="/home/star" hx-swap="none" {
                @for shelf in shelves.iter().filter(|shelf| !shelf.hidden || !view.words.is_empty()) {
                    (section(shelf, !view.words.is_empty(), &mut tiles))
                }
            }
            p.muted #none hidden { "No tile contains this. Enter searches for it." }
        }
    }
}

fn section(shelf: &Shelf<'_>, open: bool, tiles: &mut impl FnMut(&Tile) -> String) -> Markup {
    let level = shelf.tiles.iter().map(|tile| tile.level()).max().unwrap_or(Level::Ok);
    html! {
        details.group.favourites[shelf.title == FAVOURITES] id={ "g-" (group_id(shelf.title)) } open[open || !shelf.folded] data-group=(shelf.title) {
            summary { h2 { (shelf.name) } (group_mark(shelf.title, level)) small { (shelf.tiles.len()) } }
            ul.tiles { @for tile in &shelf.tiles { (PreEscaped(tiles(tile))) } }
        }
    }
}

/// The worst health under a heading, for when it is folded.
pub(crate) fn mark_of(group: &Group) -> Markup {
    group_mark(&group.title, group.level())
}

fn group_mark(title: &str, level: Level) -> Markup {
    html! { span.worst id={ "m-" (group_id(title)) } { @if level != Level::Ok { (health_mark(level)) } } }
}

/// A heading as part of an id: ids have no spaces, and two headings never have the same.
fn group_id(title: &str) -> String {
    let hash =
        title.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

fn no_services() -> Markup {
    empty(
        "No web service has been found yet.",
        "Whatever starts to listen on this machine and speaks HTTP appears by itself within a few seconds, and so does every \
         route of a cluster and every container. Services elsewhere can be added by hand.",
        &html! { a.button href="/home/links" { "Add one by hand" } a.button href="/home/import" { "Import from another dashboard" } },
    )
}

fn ports(house: &House) -> Markup {
    html! {
        details #ports {
            summary { "Other ports that listen (" (house.ports.len()) ")" }
            ul.facts {
                @for port in house.ports.iter().take(PORTS_MAX) {
                    li { a href=(resource_path(&port.id)) { (port.name) } " " small { (address(port)) } }
                }
            }
            @if house.ports.len() > PORTS_MAX { p { a href="/resources?kind=port" { "All ports" } } }
        }
    }
}

/// More ports than this are on the list of resources.
const PORTS_MAX: usize = 60;

fn footer(view: &View<'_>) -> Markup {
    let hidden = view.house.hidden.len();
    let shelves = view.mine.layout.arrange(view.house);
    let left_out = shelves.iter().filter(|shelf| shelf.hidden).count();
    html! {
        p.muted.foot {
            @if hidden > 0 { a href="/home/hidden" { (counted(hidden, "hidden tile")) } " not shown. " }
            @if left_out > 0 { a href="/home/edit" { (counted(left_out, "group")) } " left out. " }
            a href="/home/links" { "Bookmarks" } " · " a href="/home/import" { "Import" } " · " a href="/wall" { "Wall display" }
        }
    }
}
