//! Bringing the page of another dashboard: a file, a look at what would come of it, and then the tiles.

use crate::model::import::{Fate, Step};
use dashboard_import::{Dashboard, Widget};
use hob_base::wording::{counted, tidy};
use hob_web::components::{badge, card, empty, table};
use maud::{Markup, html};

/// What the preview needs to be drawn.
pub(crate) struct Preview<'a> {
    pub(crate) id: &'a str,
    pub(crate) dashboard: &'a Dashboard,
    pub(crate) steps: &'a [Step],
}

pub(crate) fn form(problem: &str, pasted: &str) -> Markup {
    html! {
        div.page-head {
            p { a href="/" { "Home" } }
            h1 { "Import from another dashboard" }
            p.muted { "Names, groups and tags of Dashy (conf.yml), Homepage (services.yaml, bookmarks.yaml, widgets.yaml, settings.yaml) and Homer (config.yml), one file after the other. First you see what would come of it." }
        }
        @if !problem.is_empty() { p.flash.critical role="alert" { (problem) } }
        form.stack.full method="post" action="/home/import" enctype="multipart/form-data" {
            div.field { label for="file" { "The file" } input #file name="file" type="file" accept=".yml,.yaml,.json,text/plain"; }
            div.field { label for="text" { "Or its text" } textarea #text name="text" rows="12" spellcheck="false" { (pasted) } }
            p.note.muted { "Keys and passwords of widgets in it are not kept: Hob watches services without logging in." }
            div.actions { button.primary type="submit" { "Look at it" } }
        }
    }
}

pub(crate) fn preview(view: &Preview<'_>) -> Markup {
    let dashboard = view.dashboard;
    html! {
        div.page-head {
            p { a href="/" { "Home" } " · " a href="/home/import" { "Another file" } }
            h1 { "From " (dashboard.program) ": " (counted(view.steps.len(), "link")) }
            p.muted { "Nothing is changed yet." @if dashboard.secrets > 0 { " The file has " (counted(dashboard.secrets, "key or password")) " in it: not kept, and not needed here." } }
        }
        @if view.steps.is_empty() && dashboard.engines.is_empty() {
            (empty("Nothing in it can be taken over.", "Below it says why.", &html! { a.button href="/home/import" { "Choose another file" } }))
        } @else {
            form.stack.full method="post" action="/home/import/take" {
                input type="hidden" name="import" value=(view.id);
                @if !view.steps.is_empty() { (table("What would be done", &["Name", "Group", "Where", "What to do"], view.steps.iter().enumerate().map(|(at, step)| row(at, step)))) }
                @for (at, (name, url)) in dashboard.engines.iter().enumerate() {
                    @let id = format!("engine-{at}");
                    div.check { input #(id) type="checkbox" name=(id) value="yes" checked; label for=(id) { "Search with " (name) " " small { (tidy(url, 80)) } } }
                }
                div.actions { button.primary type="submit" { "Take it over" } a.button href="/" { "Cancel" } }
            }
        }
        @if !dashboard.widgets.is_empty() { (card("Widgets", &widgets(&dashboard.widgets))) }
        @if !dashboard.left_out.is_empty() {
            (card("What is not taken over", &table("Remarks", &["Name", "Why"], dashboard.left_out.iter().map(|left| html! { tr { th scope="row" { (left.name) } td { (left.why) } } }))))
        }
    }
}

fn row(at: usize, step: &Step) -> Markup {
    let name = format!("take-{at}");
    let entry = &step.entry;
    html! {
        tr {
            th scope="row" {
                (entry.name) @for tag in &entry.tags { " " (badge(&format!("#{tag}"))) }
                @if let Some(now) = step.now.as_deref().filter(|now| *now != entry.name) { br; small { "now “" (now) "”" } }
            }
            td { @if let Some(group) = &entry.group { (group) } }
            td { code { (tidy(&entry.url, 60)) } }
            td {
                select name=(name) aria-label={ "What to do with " (entry.name) } {
                    @for (value, text) in choices(&step.fate) { option value=(value) { (text) } }
                }
            }
        }
    }
}

/// The first is what is done unless somebody wants something else.
fn choices(fate: &Fate) -> Vec<(&'static str, &'static str)> {
    const TILE: (&str, &str) = ("tile", "A tile of its own, checked");
    const BOOKMARK: (&str, &str) = ("bookmark", "A bookmark");
    const NOTHING: (&str, &str) = ("", "Leave out");
    match fate {
        Fate::Found(_) => vec![("found", "Name and group the tile that was found"), TILE, BOOKMARK, NOTHING],
        Fate::Tile => vec![TILE, BOOKMARK, NOTHING],
        Fate::Bookmark => vec![BOOKMARK, TILE, NOTHING],
        Fate::Known => vec![("", "It is there already"), TILE, BOOKMARK],
    }
}

fn widgets(widgets: &[Widget]) -> Markup {
    html! {
        p.muted { "These can be shown by Hob's own widgets; set them up there." }
        ul.sentences {
            @for widget in widgets {
                li {
                    (widget.kind) @if let Some(name) = &widget.name { " “" (name) "”" }
                    @for (key, value) in &widget.options { " · " (key) " " code { (tidy(value, 80)) } }
                }
            }
        }
    }
}
