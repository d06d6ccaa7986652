//! Where the owner makes pages for everybody.

use crate::memory::{known, new_id, reload};
use crate::model::page::{
    ANNOUNCEMENTS_MAX, Announcement, ENTRIES_MAX, Entry, PAGES_MAX, Page, check_group, check_slug,
    check_text, check_title, slug_of,
};
use crate::pages::{self, AnnouncementForm, Editing, Found, PageForm, Wrong};
use crate::report::Filter;
use crate::store;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::error::OrNotFound;
use hob_base::wording::counted;
use hob_base::{Error, ResourceId, Result};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many resources a search shows.
const SHOWN_MAX: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageQuery {
    q: String,
    said: String,
}

/// What was done, as a sentence. Only these are ever said.
fn sentence(said: &str) -> Option<&'static str> {
    Some(match said {
        "made" => "The page is there. Choose what it shows.",
        "saved" => "Saved.",
        "added" => "Added. It is on the page now.",
        "announced" => "The announcement is saved.",
        "ended" => "The announcement is over.",
        "unsaid" => "The announcement is deleted.",
        "deleted" => "The page is deleted.",
        _ => return None,
    })
}

fn back(page: &Page, said: &str) -> Response {
    Redirect::to(&format!("{}?said={said}", page.edit_path())).into_response()
}

async fn find(ctx: &Ctx, id: &str) -> Result<Arc<Page>> {
    known(ctx).await?.by_id(id).cloned().or_not_found("status page", id)
}

pub(super) async fn list(State(ctx): State<Ctx>, frame: Frame, Query(query): Query<PageQuery>) -> Answer {
    let known = known(&ctx).await?;
    let body = pages::list(&known.pages, frame.may(Scope::Write), sentence(&query.said), &ctx);
    Ok(frame.page("Status pages", &body))
}

pub(super) async fn new(frame: Frame) -> Answer {
    frame.require(Scope::Write)?;
    Ok(frame.page("Make a status page", &pages::new(&PageForm::default(), None)))
}

/// What was entered, checked.
fn read_page(form: &PageForm, page: Page) -> std::result::Result<Page, Wrong> {
    let wrong = |field: &'static str| move |problem: String| Wrong::new(field, problem);
    let title = check_title(&form.title).map_err(wrong("title"))?;
    let slug = if form.slug.trim().is_empty() { slug_of(&title) } else { form.slug.clone() };
    Ok(Page {
        slug: check_slug(&slug).map_err(wrong("slug"))?,
        intro: check_text(&form.intro).map_err(wrong("intro"))?,
        shows_reasons: !form.reasons.is_empty(),
        title,
        ..page
    })
}

fn taken(slug: &str) -> Wrong {
    Wrong::new("slug", format!("Another page is at /status/{slug} already: choose another address."))
}

pub(super) async fn add(State(ctx): State<Ctx>, frame: Frame, Form(form): Form<PageForm>) -> Answer {
    let now = ctx.clock.now();
    if known(&ctx).await?.pages.len() >= PAGES_MAX {
        let text =
            format!("There are {PAGES_MAX} status pages already, which is the most. Delete one first.");
        return Err(Error::Conflict(text).into());
    }
    let empty = Page {
        id: new_id()?,
        slug: String::new(),
        title: String::new(),
        intro: String::new(),
        shows_reasons: false,
        created_at: now,
        updated_at: now,
        entries: Vec::new(),
        announcements: Vec::new(),
    };
    let wrong = match read_page(&form, empty) {
        Ok(page) if store::add_page(&ctx.db, &page).await? => {
            reload(&ctx).await?;
            return Ok(back(&page, "made"));
        }
        Ok(page) => taken(&page.slug),
        Err(wrong) => wrong,
    };
    Ok(again(frame.page("Make a status page", &pages::new(&form, Some(&wrong)))))
}

/// The same page once more, with what is wrong.
fn again(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

pub(super) async fn edit(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Answer {
    frame.require(Scope::Write)?;
    let page = find(&ctx, &id).await?;
    Ok(edit_page(
        &ctx,
        &frame,
        &page,
        &Shown { text: &query.q, said: sentence(&query.said), ..Shown::default() },
    ))
}

/// What is shown of what was entered.
#[derive(Default)]
struct Shown<'a> {
    text: &'a str,
    said: Option<&'a str>,
    wrong: Option<Wrong>,
    form: Option<&'a PageForm>,
    announcement: Option<&'a AnnouncementForm>,
}

fn edit_page(ctx: &Ctx, frame: &Frame, page: &Page, shown: &Shown<'_>) -> Response {
    let form = shown.form.cloned().unwrap_or_else(|| PageForm::of(page));
    let view = Editing {
        page,
        form: &form,
        said: shown.said,
        wrong: shown.wrong.as_ref(),
        announcement: &shown.announcement.cloned().unwrap_or_default(),
        found: &search(ctx, page, shown.text),
    };
    frame.page(&page.title, &pages::edit(&view, ctx))
}

/// Resources that are not on the page yet: services first. Hob's own are found by whom asks for them.
fn search<'a>(ctx: &Ctx, page: &Page, text: &'a str) -> Found<'a> {
    let there: HashSet<&ResourceId> = page.entries.iter().map(|entry| &entry.resource).collect();
    let filter = Filter { text: text.to_owned(), own: !text.trim().is_empty(), ..Filter::default() };
    let mut shown: Vec<_> = ctx
        .resources
        .list()
        .into_iter()
        .filter(|resource| !there.contains(&resource.id) && filter.takes(resource))
        .collect();
    shown.sort_by_cached_key(|resource| (resource.id.kind() != "service", resource.name.to_lowercase()));
    let count = shown.len();
    shown.truncate(SHOWN_MAX);
    Found { text, shown, count }
}

pub(super) async fn change(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(form): Form<PageForm>,
) -> Answer {
    let page = find(&ctx, &id).await?;
    let wrong = match read_page(&form, Page { updated_at: ctx.clock.now(), ..Page::clone(&page) }) {
        Ok(changed) if store::change_page(&ctx.db, &changed).await? => {
            reload(&ctx).await?;
            return Ok(back(&changed, "saved"));
        }
        Ok(changed) => taken(&changed.slug),
        Err(wrong) => wrong,
    };
    let shown = Shown { wrong: Some(wrong), form: Some(&form), ..Shown::default() };
    Ok(again(edit_page(&ctx, &frame, &page, &shown)))
}

/// The fields of a form with rows: `name-3` is the name of row 3.
struct Rows(HashMap<String, String>);

impl Rows {
    fn get(&self, field: &str, row: usize) -> &str {
        self.0.get(&format!("{field}-{row}")).map_or("", String::as_str)
    }
}

pub(super) async fn add_entries(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> Answer {
    let page = find(&ctx, &id).await?;
    let rows = Rows(fields);
    match added(&page, &rows) {
        Ok(entries) => {
            store::replace_entries(&ctx.db, &page.id, &entries, ctx.clock.now()).await?;
            reload(&ctx).await?;
            Ok(back(&page, "added"))
        }
        Err(wrong) => {
            let text = rows.0.get("q").map_or("", String::as_str);
            let shown = Shown { wrong: Some(wrong), text, ..Shown::default() };
            Ok(again(edit_page(&ctx, &frame, &page, &shown)))
        }
    }
}

/// The entries with those that were ticked.
fn added(page: &Page, rows: &Rows) -> std::result::Result<Vec<Entry>, Wrong> {
    let group = rows.0.get("group").map_or("", String::as_str);
    let group = check_group(group).map_err(|problem| Wrong::new("group", problem))?;
    let mut entries = page.entries.clone();
    for row in 0..SHOWN_MAX {
        let Ok(resource) = rows.get("pick", row).parse::<ResourceId>() else { continue };
        if entries.iter().any(|entry| entry.resource == resource) {
            continue;
        }
        let name = check_title(rows.get("name", row)).map_err(|problem| {
            Wrong::new("name", format!("{resource} needs a name that everybody may know. {problem}"))
        })?;
        entries.push(Entry { resource, group: group.clone(), name });
    }
    if entries.len() == page.entries.len() {
        return Err(Wrong::new("pick", "Tick at least one resource that is not on the page yet."));
    }
    if entries.len() > ENTRIES_MAX {
        let text = format!(
            "A page shows at most {}. Make another page for the rest.",
            counted(ENTRIES_MAX, "resource")
        );
        return Err(Wrong::new("pick", text));
    }
    Ok(entries)
}

pub(super) async fn change_entries(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> Answer {
    let page = find(&ctx, &id).await?;
    match changed(&page, &Rows(fields)) {
        Ok(entries) => {
            store::replace_entries(&ctx.db, &page.id, &entries, ctx.clock.now()).await?;
            reload(&ctx).await?;
            Ok(back(&page, "saved"))
        }
        Err(wrong) => {
            let shown = Shown { wrong: Some(wrong), ..Shown::default() };
            Ok(again(edit_page(&ctx, &frame, &page, &shown)))
        }
    }
}

/// The entries as the form wants them. What somebody else added meanwhile stays, at its place.
fn changed(page: &Page, rows: &Rows) -> std::result::Result<Vec<Entry>, Wrong> {
    let row_of: HashMap<&str, usize> =
        (0..ENTRIES_MAX).map(|row| (rows.get("id", row), row)).filter(|(id, _)| !id.is_empty()).collect();
    let mut placed: Vec<(u32, Entry)> = Vec::new();
    for (place, entry) in (1_u32..).zip(&page.entries) {
        let Some(row) = row_of.get(entry.resource.as_str()) else {
            placed.push((place, entry.clone()));
            continue;
        };
        if !rows.get("remove", *row).is_empty() {
            continue;
        }
        let wrong = |problem: String| Wrong::new("name", format!("{}: {problem}", entry.name));
        let name = check_title(rows.get("name", *row)).map_err(wrong)?;
        let group = check_group(rows.get("group", *row)).map_err(wrong)?;
        let place = rows.get("position", *row).trim().parse().unwrap_or(place);
        placed.push((place, Entry { resource: entry.resource.clone(), group, name }));
    }
    placed.sort_by_key(|(place, _)| *place);
    Ok(placed.into_iter().map(|(_, entry)| entry).collect())
}

pub(super) async fn announce(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(form): Form<AnnouncementForm>,
) -> Answer {
    let page = find(&ctx, &id).await?;
    if page.announcements.len() >= ANNOUNCEMENTS_MAX {
        let text = format!(
            "This page has {ANNOUNCEMENTS_MAX} announcements already, which is the most. Delete some first."
        );
        return Err(Error::Conflict(text).into());
    }
    let read = || -> std::result::Result<Announcement, Wrong> {
        let title = check_title(&form.title).map_err(|problem| Wrong::new("said-title", problem))?;
        let text = check_text(&form.text).map_err(|problem| Wrong::new("said-text", problem))?;
        let (from, to) = pages::announcement_times(&form, &ctx)?;
        Ok(Announcement { id: String::new(), title, text, planned: !form.planned.is_empty(), from, to })
    };
    match read() {
        Ok(said) => {
            let said = Announcement { id: new_id()?, ..said };
            store::add_announcement(&ctx.db, &page.id, &said).await?;
            reload(&ctx).await?;
            Ok(back(&page, "announced"))
        }
        Err(wrong) => {
            let shown = Shown { wrong: Some(wrong), announcement: Some(&form), ..Shown::default() };
            Ok(again(edit_page(&ctx, &frame, &page, &shown)))
        }
    }
}

pub(super) async fn end_announcement(
    State(ctx): State<Ctx>,
    Path((id, said)): Path<(String, String)>,
) -> Answer {
    let page = find(&ctx, &id).await?;
    if !store::end_announcement(&ctx.db, &page.id, &said, ctx.clock.now()).await? {
        return Err(
            Error::Conflict("This announcement is not there, or not shown at present.".to_owned()).into()
        );
    }
    reload(&ctx).await?;
    Ok(back(&page, "ended"))
}

pub(super) async fn delete_announcement(
    State(ctx): State<Ctx>,
    Path((id, said)): Path<(String, String)>,
) -> Answer {
    let page = find(&ctx, &id).await?;
    if !store::delete_announcement(&ctx.db, &page.id, &said).await? {
        return Err(Error::not_found("announcement", said).into());
    }
    reload(&ctx).await?;
    Ok(back(&page, "unsaid"))
}

pub(super) async fn confirm_delete(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let page = find(&ctx, &id).await?;
    Ok(frame.page("Delete a status page", &pages::confirm_delete(&page)))
}

pub(super) async fn delete(State(ctx): State<Ctx>, Path(id): Path<String>) -> Answer {
    let page = find(&ctx, &id).await?;
    store::delete_page(&ctx.db, &page.id).await?;
    reload(&ctx).await?;
    Ok(Redirect::to("/status-pages?said=deleted").into_response())
}
