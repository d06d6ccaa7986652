//! Addresses of the home page, of resources and of search.

mod api;
mod arrange;
mod import;
mod links;
mod wall;

use crate::model::links::{LinkKind, origin};
use crate::model::{self, Settings, TileSettings, Words, check_name, link_target};
use crate::pages::{self, Mistakes};
use crate::{board, tiles};
use axum::Form;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use hob_base::error::{Doing, OrNotFound};
use hob_base::uptime::days;
use hob_base::{Error, Level, Resource, ResourceId};
use hob_feature::resources::STRIP_DAYS;
use hob_feature::{Ctx, Scope, SearchHit};
use hob_web::components::{check_symbol, resource_path};
use hob_web::{Answer, Frame, Packed};
use maud::html;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many transitions the page of a resource shows.
const TIMELINE_MAX: u32 = 100;

pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/find", get(links::find))
        .route("/home/hidden", get(hidden))
        .route("/home/show", post(show))
        .route("/home/links", get(links::list).post(links::add))
        .route("/home/links/delete", post(links::delete))
        .merge(import::routes())
        .route("/home/walls", get(wall::list).post(wall::make))
        .route("/home/walls/delete", post(wall::take_away))
        .route("/wall", get(wall::wall))
        .route("/resources", get(list))
        .route("/resources/{*id}", get(detail))
        .route("/open/{*id}", get(open))
        .route("/tiles/{*id}", get(edit).post(save))
        .route("/forget/{*id}", post(forget))
        .route("/search", get(search))
        .route("/search/results", get(search_results))
        .merge(api::routes())
        .with_state(ctx.clone())
}

/// How each person wants their own page: whoever may look may arrange.
pub(crate) fn personal_routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/home/star", post(arrange::star))
        .route("/home/view", post(arrange::view))
        .route("/home/fold", post(arrange::fold))
        .route("/home/edit", get(arrange::page).post(arrange::change))
        .with_state(ctx.clone())
}

/// Wall displays, which have no login.
pub(crate) fn open_routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/wall/{token}", get(wall::open))
        .route("/wall/{token}/live", get(wall::stream))
        .with_state(ctx.clone())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HomeQuery {
    q: String,
}

async fn home(frame: Frame, Query(query): Query<HomeQuery>, headers: HeaderMap) -> Answer {
    let mut response = if query.q.trim().is_empty() {
        whole_home(&frame, &headers).await?
    } else {
        let words: String = query.q.trim().chars().take(200).collect();
        let body = board::filtered(&frame, &words).await?;
        frame.plain_page("Home", &body)
    };
    // A form leads to a search engine by way of `/find`, and browsers ask the policy of this page about that.
    let engines = crate::links::known(&frame.ctx).await?;
    let origins: BTreeSet<String> =
        engines.of(LinkKind::Engine).filter_map(|engine| origin(&engine.url)).collect();
    if let Some(policy) = hob_web::policy_with_forms(origins.iter().map(String::as_str)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

async fn whole_home(frame: &Frame, headers: &HeaderMap) -> Answer {
    let how = Packed::for_request(headers);
    let page = board::home_page(frame, how).await?;
    let known = headers.get(header::IF_NONE_MATCH) == Some(&page.etag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(page.bytes) });
    let out = response.headers_mut();
    out.insert(header::ETAG, page.etag);
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding, cookie, hx-request"));
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Some(coding) = how.coding() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}

async fn hidden(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    let house = board::current_house(&ctx).await?;
    Ok(frame.page("Hidden", &pages::hidden(&house.hidden, frame.may(Scope::Write))))
}

#[derive(Debug, Deserialize)]
struct ShowForm {
    tile: String,
}

/// Gives something a tile that a rule or somebody hid.
async fn show(State(ctx): State<Ctx>, Form(form): Form<ShowForm>) -> Answer {
    let resource = find(&ctx, &form.tile)?;
    let before = tiles::settings(&ctx).await?.people.get(&resource.id).cloned().unwrap_or_default();
    tiles::change(&ctx, &resource.id, Some(TileSettings { hidden: Some(false), ..before })).await?;
    hob_web::live(&ctx).stale("home");
    Ok(Redirect::to("/home/hidden").into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    pub(crate) kind: String,
    pub(crate) health: String,
    pub(crate) q: String,
    pub(crate) hidden: String,
}

async fn list(State(ctx): State<Ctx>, frame: Frame, Query(query): Query<ListQuery>) -> Answer {
    let settings = tiles::settings(&ctx).await?;
    let all = ctx.resources.list();
    let kinds: Vec<String> =
        all.iter().map(|r| r.id.kind().to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut shown = select(&all, &settings, &query)?;
    if query.hidden == "yes" {
        shown.retain(|resource| settings.hides(&resource.id));
    }
    shown.sort_by_key(|resource| (std::cmp::Reverse(resource.health.level), resource.id.clone()));
    let filter = pages::Filter {
        kind: Some(query.kind.as_str()).filter(|kind| !kind.is_empty()),
        health: Some(query.health.as_str()).filter(|health| !health.is_empty()),
        text: &query.q,
    };
    Ok(frame.page("Resources", &pages::list(&shown, &kinds, &filter, &settings, &ctx)))
}

/// The resources that a query asks for.
pub(crate) fn select(
    all: &[Arc<Resource>],
    settings: &Settings,
    query: &ListQuery,
) -> hob_base::Result<Vec<Arc<Resource>>> {
    let level = match query.health.as_str() {
        "" | "bad" => None,
        text => Some(text.parse::<Level>().map_err(|problem| Error::invalid("health", problem))?),
    };
    let words = Words::new(&query.q);
    let selected = all.iter().filter(|r| {
        (query.kind.is_empty() || r.id.kind() == query.kind)
            && level.is_none_or(|level| r.health.level == level)
            && (query.health != "bad" || (r.judged && r.health.level != Level::Ok))
            && (words.is_empty() || words.score(r, settings).is_some())
    });
    Ok(selected.cloned().collect())
}

fn find(ctx: &Ctx, text: &str) -> hob_base::Result<Arc<Resource>> {
    let id: ResourceId = text.parse().map_err(|_| Error::not_found("resource", text))?;
    ctx.resources.get(&id).or_not_found("resource", text)
}

async fn detail(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    let resource = find(&ctx, &id)?;
    let settings = tiles::settings(&ctx).await?;
    let transitions = ctx.resources.transitions(Some(&resource.id), TIMELINE_MAX).await?;
    let needs: Vec<_> = resource.depends_on.iter().map(|id| (id.clone(), ctx.resources.get(id))).collect();
    let needed_by: Vec<_> =
        ctx.resources.list().into_iter().filter(|other| other.depends_on.contains(&resource.id)).collect();
    let cards: Vec<_> = ctx.features.iter().flat_map(|feature| (feature.cards)(&ctx, &resource)).collect();
    let view = pages::Detail {
        resource: &resource,
        settings: &settings,
        transitions: &transitions,
        needs: &needs,
        needed_by: &needed_by,
        cards: &cards,
        days: &days(ctx.clock.now(), &ctx.zone, STRIP_DAYS),
        may_write: frame.may(Scope::Write),
    };
    Ok(frame.page(&settings.name_of(&resource), &pages::detail(&view, &ctx)))
}

/// Leads to the service itself, under the name by which this machine was reached.
async fn open(State(ctx): State<Ctx>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let resource = find(&ctx, &id)?;
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).map(without_port);
    let target = link_target(&resource, host).ok_or_else(|| {
        Error::Conflict(format!("{} has no address that a browser could open.", resource.name))
    })?;
    let location = HeaderValue::from_str(&target).doing(|| format!("Leading to {target}"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

async fn edit(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let resource = find(&ctx, &id)?;
    edit_page(&ctx, &frame, &resource, None, &Mistakes::default()).await
}

async fn edit_page(
    ctx: &Ctx,
    frame: &Frame,
    resource: &Resource,
    entered: Option<TileSettings>,
    mistakes: &Mistakes,
) -> Answer {
    let settings = tiles::settings(ctx).await?;
    let file = settings.file.get(&resource.id).cloned().unwrap_or_default();
    let shown = entered.unwrap_or_else(|| settings.of(&resource.id));
    let groups: BTreeSet<String> = settings
        .people
        .values()
        .chain(settings.file.values())
        .filter_map(|tile| tile.group.clone())
        .collect();
    let groups: Vec<String> = groups.into_iter().collect();
    let body = pages::edit(resource, &shown, &file, &groups, mistakes);
    Ok(frame.dialog(&format!("Tile of {}", settings.name_of(resource)), &body))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TileForm {
    name: String,
    group: String,
    icon: String,
    hidden: String,
    pinned: String,
    tags: String,
    reset: String,
}

async fn save(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(form): Form<TileForm>,
) -> Answer {
    let resource = find(&ctx, &id)?;
    let back = if model::TILE_KINDS.contains(&resource.id.kind()) {
        "/".to_owned()
    } else {
        resource_path(&resource.id)
    };
    if !form.reset.is_empty() {
        tiles::change(&ctx, &resource.id, None).await?;
    } else {
        let text = |value: &str| Some(value.trim().to_owned()).filter(|text| !text.is_empty());
        let entered = TileSettings {
            name: text(&form.name),
            group: text(&form.group),
            icon: text(&form.icon),
            hidden: Some(!form.hidden.is_empty()),
            pinned: Some(!form.pinned.is_empty()),
            tags: Some(model::tags_of(&[Some(&form.tags)]).join(", ")).filter(|tags| !tags.is_empty()),
        };
        let mistake = |value: &Option<String>, check: fn(&str) -> Result<String, String>| {
            value.as_deref().and_then(|text| check(text).err()).unwrap_or_default()
        };
        let mistakes = Mistakes {
            name: mistake(&entered.name, check_name),
            group: mistake(&entered.group, check_name),
            icon: mistake(&entered.icon, check_symbol),
        };
        if [&mistakes.name, &mistakes.group, &mistakes.icon].iter().any(|m| !m.is_empty()) {
            let mut answer = edit_page(&ctx, &frame, &resource, Some(entered), &mistakes).await?;
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(answer);
        }
        tiles::change(&ctx, &resource.id, Some(entered)).await?;
    }
    hob_web::live(&ctx).stale("home");
    Ok(Redirect::to(&back).into_response())
}

async fn forget(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let resource = find(&ctx, &id)?;
    ctx.resources.forget(resource.id.clone()).await;
    ctx.resources.settle().await;
    Ok(Redirect::to("/").into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SearchQuery {
    q: String,
}

async fn search(State(ctx): State<Ctx>, frame: Frame, Query(query): Query<SearchQuery>) -> Answer {
    let hits = hits(&ctx, &query.q);
    Ok(frame.dialog("Search", &pages::search_box(&query.q, &hits)))
}

async fn search_results(State(ctx): State<Ctx>, frame: Frame, Query(query): Query<SearchQuery>) -> Answer {
    Ok(frame.page("Search", &html! { (pages::search_results(&query.q, &hits(&ctx, &query.q))) }))
}

/// What all features find, and the pages themselves.
fn hits(ctx: &Ctx, text: &str) -> Vec<SearchHit> {
    let lower = text.trim().to_lowercase();
    if lower.is_empty() {
        return Vec::new();
    }
    let pages = ctx
        .features
        .iter()
        .flat_map(|feature| feature.nav)
        .filter(|entry| entry.title.to_lowercase().contains(&lower));
    let mut hits: Vec<SearchHit> = pages
        .map(|entry| SearchHit {
            title: entry.title.to_owned(),
            detail: "Page".to_owned(),
            path: entry.path.to_owned(),
            level: None,
            score: 50,
        })
        .collect();
    hits.extend(ctx.features.iter().flat_map(|feature| (feature.search)(ctx, text)));
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    hits.truncate(30);
    hits
}
