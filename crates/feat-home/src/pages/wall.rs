//! The wall display: large, without navigation, what is broken first. And the page on which its links are made.

use super::tile::face;
use crate::cards::Shown;
use crate::model::{Group, House, Tile};
use crate::walls::{Dark, Wall};
use hob_base::Level;
use hob_base::wording::counted;
use hob_feature::Ctx;
use hob_web::asset;
use hob_web::components::{Field, card, empty, field, health_mark, table, time};
use maud::{DOCTYPE, Markup, html};

/// More problems than this do not fit on a wall.
const PROBLEMS_MAX: usize = 8;
/// More tiles than this cannot be read from across the room; of more, only each group is shown.
const TILES_MAX: usize = 80;

/// What a wall is drawn from.
pub(crate) struct WallView<'a> {
    pub(crate) house: &'a House,
    pub(crate) cards: &'a [Shown],
    /// When it is dark.
    pub(crate) dark: Dark,
    /// Where it hears of changes.
    pub(crate) live: &'a str,
}

/// The whole document.
pub(crate) fn wall(view: &WallView<'_>, ctx: &Ctx) -> Markup {
    let theme = match view.dark {
        Dark::Always => Some("dark"),
        Dark::Never => Some("light"),
        Dark::Display | Dark::Between(..) => None,
    };
    let schedule = matches!(view.dark, Dark::Between(..)).then(|| view.dark.to_string());
    let zone = ctx.zone.iana_name();
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme] data-dark=[schedule] data-zone=[zone] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                // Without a script the wall still follows, a minute at a time.
                noscript { meta http-equiv="refresh" content="60"; }
                title { "Wall · Hob" }
                link rel="stylesheet" href=(asset("style.css"));
                link rel="icon" type="image/svg+xml" href=(asset("favicon.svg"));
                script type="module" src=(asset("home.js")) {}
            }
            body.wall data-stream=(view.live) { main #main { (body(view, ctx)) } p #live-state role="status" hidden { "The connection to Hob is lost. What is shown may be old." } }
        }
    }
}

fn body(view: &WallView<'_>, ctx: &Ctx) -> Markup {
    let house = view.house;
    let now = ctx.clock.now();
    html! {
        header.wall-head.(house.level) {
            h1 { (health_mark(house.level)) span { (house.sentence) } }
            p.clock { time data-clock="HH:MM" data-zone=[ctx.zone.iana_name()] { (now.clock_time(&ctx.zone)) } small { time data-clock="day" data-zone=[ctx.zone.iana_name()] { (now.zoned(&ctx.zone).strftime("%A, %-d %B")) } } }
        }
        @if !house.problems.is_empty() { (problems(house, ctx)) }
        @if !view.cards.is_empty() {
            div.wall-cards { @for one in view.cards { article.card.home-card { @if !one.card.title.is_empty() { h2 { (one.card.title) } } (one.card.body) } } }
        }
        @if house.tiles() > TILES_MAX { ul.wall-groups { @for group in &house.groups { (summary(group)) } } }
        @else { @for group in &house.groups { (shelf(group)) } }
        @if house.groups.is_empty() { p.muted { "No service has been found yet." } }
    }
}

fn problems(house: &House, ctx: &Ctx) -> Markup {
    let more = house.problems.len().saturating_sub(PROBLEMS_MAX);
    html! {
        ul.problems aria-label="What needs attention" {
            @for (name, resource) in house.problems.iter().take(PROBLEMS_MAX) {
                li.problem.(resource.health.level) {
                    (health_mark(resource.health.level))
                    strong { (name) }
                    span.since { "since " (time(resource.since, ctx)) }
                    p.reason { (resource.health.reason) }
                }
            }
            @if more > 0 { li { "And " (counted(more, "more thing")) "." } }
        }
    }
}

fn shelf(group: &Group) -> Markup {
    let mut tiles: Vec<&Tile> = group.tiles.iter().collect();
    // Stable: what is well stays where it is.
    tiles.sort_by_key(|tile| std::cmp::Reverse(tile.level()));
    html! {
        section {
            h2 { (group.title) }
            ul.wall-tiles {
                @for tile in tiles {
                    li.(tile.level()) { (face(tile)) span { (tile.name) } (health_mark(tile.level())) }
                }
            }
        }
    }
}

fn summary(group: &Group) -> Markup {
    let unwell: Vec<&Tile> = group.tiles.iter().filter(|tile| tile.level() != Level::Ok).collect();
    html! {
        li.(group.level()) {
            (health_mark(group.level()))
            strong { (group.title) }
            small { @if unwell.is_empty() { (group.tiles.len()) } @else { (unwell.len()) " of " (group.tiles.len()) " not well" } }
        }
    }
}

/// What was entered for a new link, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WallForm {
    pub(crate) name: String,
    pub(crate) dark: String,
    pub(crate) wrong: Option<(&'static str, String)>,
    /// The address that was just made; it is shown once.
    pub(crate) made: Option<String>,
}

/// The page on which links are made and taken away.
pub(crate) fn manage(walls: &[Wall], form: &WallForm, may_write: bool, ctx: &Ctx) -> Markup {
    let wrong = |name: &str| {
        form.wrong.as_ref().filter(|(field, _)| *field == name).map_or("", |(_, problem)| problem.as_str())
    };
    html! {
        div.page-head {
            p { a href="/home/edit" { "Arrange" } }
            h1 { "Wall displays" }
            p.muted { "A wall display shows the whole house in large letters, what is broken first. " a href="/wall" { "Open it here" } ", or make a link for a display that has no login." }
        }
        @if let Some(address) = &form.made {
            section.card {
                h2 { "The link" }
                p { "Open it on the display. It is shown only now; whoever has it sees the wall, until you take it away." }
                div.row data-copy-row { input.copy readonly value=(address) aria-label="The link"; button type="button" data-copy { "Copy" } }
            }
        }
        @if walls.is_empty() { (empty("There is no link yet.", "", &html! {})) }
        @else { (table("Links of wall displays", &["Name", "Dark", "Made", ""], walls.iter().map(|wall| row(wall, may_write, ctx)))) }
        @if may_write {
            (card("Make a link", &html! {
                form.stack method="post" action="/home/walls" {
                    (field(&Field { value: &form.name, error: wrong("name"), help: "Where the display hangs: Kitchen.", required: true, ..Field::text("name", "Name") }))
                    (field(&Field { value: &form.dark, error: wrong("dark"), help: "From when to when, such as 20:00-07:00; always; never; empty for what the display prefers.", ..Field::text("dark", "Dark") }))
                    div.actions { button.primary type="submit" { "Make a link" } }
                }
            }))
        }
    }
}

fn row(wall: &Wall, may_write: bool, ctx: &Ctx) -> Markup {
    let dark = match wall.dark {
        Dark::Display => "as the display prefers".to_owned(),
        other => other.to_string(),
    };
    html! {
        tr {
            th scope="row" { (wall.name) }
            td { (dark) }
            td { (time(wall.created_at, ctx)) " by " (wall.created_by) }
            td { @if may_write { form method="post" action="/home/walls/delete" { button.small name="id" value=(wall.id) { "Take away " span.sr { (wall.name) } } } } }
        }
    }
}
