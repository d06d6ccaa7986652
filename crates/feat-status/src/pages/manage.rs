//! The pages on which the owner makes pages for everybody.

use super::{Wrong, problem_of};
use crate::model::page::{Announcement, ENTRIES_MAX, Entry, Page, TEXT_MAX};
use hob_base::wording::counted;
use hob_base::{Level, Resource, Timestamp};
use hob_feature::Ctx;
use hob_web::components::{Field, badge, card, empty, field, form, health_mark, icon, notice, table, time};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// The list of pages.
pub(crate) fn list(pages: &[Arc<Page>], may_write: bool, said: Option<&str>, ctx: &Ctx) -> Markup {
    let row = |page: &Arc<Page>| {
        html! {
            tr {
                th scope="row" { @if may_write { a href=(page.edit_path()) { (page.title) } } @else { (page.title) } }
                td { a href=(page.path()) { (page.path()) } }
                td.number { (page.entries.len()) }
                td { @if page.shows_reasons { "shown" } @else { "hidden" } }
                td { (time(page.updated_at, ctx)) }
            }
        }
    };
    let make = html! { a.button.primary href="/status-pages/new" { "Make a page" } };
    html! {
        div.page-head {
            p { a href="/uptime" { "Up-time" } }
            h1 { "Status pages" }
            p.muted { "Pages for family, friends and users: everybody who knows the address sees them without a login, and nothing else of this house." }
            @if may_write && !pages.is_empty() { div.row { (make) } }
        }
        @if let Some(said) = said { (notice(Level::Ok, said)) }
        @if pages.is_empty() {
            (empty("There is no status page yet.", "Choose some resources, give them names that everybody may know, and share the address.", &html! { @if may_write { (make) } }))
        } @else { (table("Status pages", &["Title", "Address", "Resources", "Reasons", "Changed"], pages.iter().map(row))) }
    }
}

/// What was entered for a page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageForm {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) intro: String,
    pub(crate) reasons: String,
}

impl PageForm {
    /// As a page is.
    pub(crate) fn of(page: &Page) -> Self {
        Self {
            title: page.title.clone(),
            slug: page.slug.clone(),
            intro: page.intro.clone(),
            reasons: if page.shows_reasons { "yes".to_owned() } else { String::new() },
        }
    }
}

/// The form for a new page.
pub(crate) fn new(entered: &PageForm, wrong: Option<&Wrong>) -> Markup {
    html! {
        div.page-head {
            p { a href="/status-pages" { "Status pages" } }
            h1 { "Make a status page" }
            p.muted { "What it shows is chosen in the next step." }
        }
        (card("The page", &form("/status-pages", "Make the page", &page_fields(entered, wrong))))
    }
}

fn page_fields(entered: &PageForm, wrong: Option<&Wrong>) -> Markup {
    let title = Field {
        value: &entered.title,
        required: true,
        error: problem_of(wrong, "title"),
        help: "What everybody reads on top, such as “Services of the Miller family”.",
        ..Field::text("title", "Title")
    };
    let slug = Field {
        value: &entered.slug,
        error: problem_of(wrong, "slug"),
        help: "The end of its address /status/…: letters from a to z, digits and hyphens. Left empty, it is made of the title.",
        ..Field::text("slug", "Address")
    };
    html! {
        (field(&title))
        (field(&slug))
        (text_area("intro", "Text on top", &entered.intro, "Plain text; lines are kept. May be empty.", problem_of(wrong, "intro")))
        div.check {
            input #reasons type="checkbox" name="reasons" value="yes" checked[!entered.reasons.is_empty()] aria-describedby="reasons-note";
            label for="reasons" { "Show reasons" }
        }
        p.muted #reasons-note { small { "Reasons are Hob’s own sentences. They may name machines, ports and programs: show them only to people who may know." } }
    }
}

fn text_area(name: &str, label: &str, value: &str, help: &str, error: &str) -> Markup {
    let note = format!("{name}-note");
    html! {
        div.field.wrong[!error.is_empty()] {
            label for=(name) { (label) }
            textarea #(name) name=(name) rows="3" maxlength=(TEXT_MAX) aria-describedby=(note) aria-invalid=[(!error.is_empty()).then_some("true")] { (value) }
            p.note id=(note) { @if error.is_empty() { (help) } @else { strong { (error) } } }
        }
    }
}

/// What was entered for an announcement.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AnnouncementForm {
    #[serde(rename = "said-title")]
    pub(crate) title: String,
    #[serde(rename = "said-text")]
    pub(crate) text: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) planned: String,
}

/// What a search for resources found.
pub(crate) struct Found<'a> {
    /// What was searched for.
    pub(crate) text: &'a str,
    /// The first ones.
    pub(crate) shown: Vec<Arc<Resource>>,
    /// How many there are in all.
    pub(crate) count: usize,
}

/// What the page of one page shows.
pub(crate) struct Editing<'a> {
    pub(crate) page: &'a Page,
    pub(crate) form: &'a PageForm,
    pub(crate) said: Option<&'a str>,
    pub(crate) wrong: Option<&'a Wrong>,
    pub(crate) announcement: &'a AnnouncementForm,
    pub(crate) found: &'a Found<'a>,
}

/// The page on which a page is changed.
pub(crate) fn edit(view: &Editing<'_>, ctx: &Ctx) -> Markup {
    let page = view.page;
    html! {
        div.page-head {
            p { a href="/status-pages" { "Status pages" } }
            h1 { (page.title) }
            div.row {
                a.button.primary href=(page.path()) { (icon("link")) "Look at it" }
                a.button href={ (page.edit_path()) "/delete" } { "Delete …" }
            }
        }
        @if let Some(said) = view.said { (notice(Level::Ok, said)) }
        @if let Some(wrong) = view.wrong { (notice(Level::Critical, &wrong.problem)) }
        (card("What it shows", &entries(view, ctx)))
        (card("Add resources", &adding(view)))
        (card("Announcements", &announcements(view, ctx)))
        (card("The page", &form(&page.edit_path(), "Save", &page_fields(view.form, view.wrong))))
        (card("Badges and feeds", &addresses(page)))
    }
}

fn entries(view: &Editing<'_>, ctx: &Ctx) -> Markup {
    let page = view.page;
    if page.entries.is_empty() {
        return html! { p.muted { "Nothing yet. Choose resources below; only what stands here is ever shown." } };
    }
    let row = |(i, entry): (usize, &Entry)| {
        let resource = ctx.resources.get(&entry.resource);
        let number = i + 1;
        html! {
            tr {
                td { input type="hidden" name={ "id-" (i) } value=(entry.resource);
                    input.order type="number" name={ "position-" (i) } value=(number) min="1" max="999" aria-label={ "Position of " (entry.name) }; }
                td { input.wide name={ "name-" (i) } value=(entry.name) maxlength="80" required autocomplete="off" aria-label={ "Public name of " (entry.resource) };
                    small { @match &resource {
                        Some(resource) => { (health_mark(resource.health.level)) " " (resource.name) " · " (resource.id) },
                        None => { (entry.resource) " is not known to Hob at present." },
                    } } }
                td { input.wide name={ "group-" (i) } value=(entry.group) maxlength="80" list="groups" autocomplete="off" aria-label={ "Group of " (entry.name) }; }
                td { span.check { input #{ "remove-" (i) } type="checkbox" name={ "remove-" (i) } value="yes"; label for={ "remove-" (i) } { "Remove" } } }
            }
        }
    };
    html! {
        p.muted { "Everybody reads the public names and groups; the names below them are for you." }
        form.stack.full method="post" action={ (page.edit_path()) "/entries" } {
            (table("What it shows", &["Position", "Public name", "Group", ""], page.entries.iter().enumerate().map(row)))
            datalist #groups { @for group in page.groups() { option value=(group) {} } }
            div.actions { button.primary type="submit" { "Save the list" } }
        }
    }
}

fn adding(view: &Editing<'_>) -> Markup {
    let (page, found) = (view.page, view.found);
    let path = page.edit_path();
    if page.entries.len() >= ENTRIES_MAX {
        return html! { p.muted { "The page is full: it shows " (ENTRIES_MAX) " resources, which is the most." } };
    }
    let row = |(i, resource): (usize, &Arc<Resource>)| {
        let note = format!("pick-note-{i}");
        html! {
            tr {
                td { span.check { input #{ "pick-" (i) } type="checkbox" name={ "pick-" (i) } value=(resource.id) aria-describedby=(note); label.sr for={ "pick-" (i) } { "Add " (resource.name) } } }
                td { span id=(note) { (health_mark(resource.health.level)) " " (resource.name) br; small { (resource.id) } } }
                td { input.wide name={ "name-" (i) } value=(resource.name) maxlength="80" autocomplete="off" aria-label={ "Public name of " (resource.name) }; }
            }
        }
    };
    html! {
        form.row method="get" action={ (path) "#add" } role="search" {
            div.field #add { label.sr for="q" { "Search resources" } input #q name="q" type="search" value=(found.text) placeholder="Name, kind or id …"; }
            button type="submit" { "Search" }
        }
        @if found.shown.is_empty() { p.muted { "Nothing that is not on the page yet matches." } }
        @else {
            p.muted { @if found.count > found.shown.len() { "The first " (found.shown.len()) " of " (found.count) "; search to see others." } @else { (counted(found.count, "resource")) "." } }
            form.stack.full method="post" action={ (path) "/add" } {
                input type="hidden" name="q" value=(found.text);
                (table("Resources that can be added", &["Add", "Resource", "Public name"], found.shown.iter().enumerate().map(row)))
                div.row {
                    div.field { label for="group" { "Into the group" } input #group name="group" maxlength="80" list="groups-to" autocomplete="off" placeholder="none"; }
                    datalist #groups-to { @for group in page.groups() { option value=(group) {} } }
                }
                div.actions { button.primary type="submit" { "Add what is ticked" } }
            }
        }
    }
}

/// The form of `datetime-local`.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

fn announcements(view: &Editing<'_>, ctx: &Ctx) -> Markup {
    let (page, entered, now) = (view.page, view.announcement, ctx.clock.now());
    let action =
        |said: &Announcement, verb: &str| format!("{}/announcements/{}/{verb}", page.edit_path(), said.id);
    let row = |said: &Announcement| {
        html! {
            tr {
                th scope="row" { (said.title) @if said.planned { " " (badge("planned work")) } }
                td { (time(said.from, ctx)) @if let Some(to) = said.to { " to " (time(to, ctx)) } }
                td { @if said.is_over(now) { "over" } @else if said.is_active(now) { strong { "shown on top" } } @else { "ahead" } }
                td { div.row {
                    @if said.is_active(now) { form method="post" action=(action(said, "end")) { button.small type="submit" { "End it" } } }
                    form method="post" action=(action(said, "delete")) { button.small.danger type="submit" { "Delete" } }
                } }
            }
        }
    };
    let title = Field {
        value: &entered.title,
        required: true,
        error: problem_of(view.wrong, "said-title"),
        ..Field::text("said-title", "Title")
    };
    let from = Field {
        kind: "datetime-local",
        value: &entered.from,
        help: "Empty: from now on.",
        error: problem_of(view.wrong, "from"),
        ..Field::text("from", "From")
    };
    let to = Field {
        kind: "datetime-local",
        value: &entered.to,
        help: "Empty: until you end it.",
        error: problem_of(view.wrong, "to"),
        ..Field::text("to", "To")
    };
    html! {
        @if !page.announcements.is_empty() {
            (table("Announcements", &["Title", "When", "Now", ""], page.announcements.iter().map(row)))
        }
        details open[view.wrong.is_some_and(|wrong| matches!(wrong.field.as_str(), "said-title" | "from" | "to" | "said-text"))] {
            summary { "Say something to the visitors" }
            (form(&format!("{}/announcements", page.edit_path()), "Announce it", &html! {
                (field(&title))
                (text_area("said-text", "Text", &entered.text, "Plain text; lines are kept. May be empty.", problem_of(view.wrong, "said-text")))
                div.row { (field(&from)) (field(&to)) }
                div.check {
                    input #planned type="checkbox" name="planned" value="yes" checked[!entered.planned.is_empty()];
                    label for="planned" { "Planned work" }
                }
            }))
        }
    }
}

fn addresses(page: &Page) -> Markup {
    let path = page.path();
    html! {
        p { "The badge of the whole page, of its first resource, and of that one’s up-time; they may stand on any site:" }
        ul.stack {
            li { code { (path) "/badge.svg" } }
            li { code { (path) "/badge/1.svg" } }
            li { code { (path) "/badge/1.svg?show=uptime" } }
        }
        p { "For readers of feeds and for programs: " a href={ (path) "/feed.atom" } { "Atom" } ", " a href={ (path) "/feed.rss" } { "RSS" } ", " a href={ (path) "/summary.json" } { "JSON" } "." }
    }
}

/// Asks before a page is deleted.
pub(crate) fn confirm_delete(page: &Page) -> Markup {
    html! {
        div.page-head {
            p { a href=(page.edit_path()) { (page.title) } }
            h1 { "Delete “" (page.title) "”?" }
            p { "The page, its badges and its feeds are gone at once, and so are its announcements. The resources themselves and their history stay." }
        }
        form method="post" action={ (page.edit_path()) "/delete" } {
            div.actions {
                button.danger type="submit" { "Delete the page" }
                a.button href=(page.edit_path()) { "Keep it" }
            }
        }
    }
}

/// Reads the times of an announcement as a browser sends them, in the house's zone.
///
/// # Errors
/// The field that is wrong, and what would be right.
pub(crate) fn announcement_times(
    entered: &AnnouncementForm,
    ctx: &Ctx,
) -> Result<(Timestamp, Option<Timestamp>), Wrong> {
    let read = |name: &str, text: &str| -> Result<Option<Timestamp>, Wrong> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || Wrong::new(name, "This is not a time: write for example 2026-11-23T14:00.");
        let minutes: String = text.chars().take(16).collect();
        let civil = jiff::civil::DateTime::strptime(LOCAL, &minutes).map_err(|_| wrong())?;
        let zoned = civil.to_zoned(ctx.zone.clone()).map_err(|_| wrong())?;
        Ok(Some(Timestamp::from_millis(zoned.timestamp().as_millisecond())))
    };
    let from = read("from", &entered.from)?.unwrap_or_else(|| ctx.clock.now());
    let to = read("to", &entered.to)?;
    if to.is_some_and(|to| to <= from) {
        return Err(Wrong::new("to", "It must end after it begins."));
    }
    Ok((from, to))
}
