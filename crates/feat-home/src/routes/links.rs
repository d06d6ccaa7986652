//! Bookmarks, search engines, tiles by hand; and the way to a search engine.

use crate::links;
use crate::model::links::{Link, LinkKind, check_engine, check_url, engine_address, short};
use crate::model::{check_name, tags_of};
use crate::pages::{self, LinkForm};
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use hob_base::Error;
use hob_feature::{Ctx, Scope};
use hob_web::components::check_symbol;
use hob_web::{Answer, Frame};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FindQuery {
    q: String,
    with: String,
}

/// Leads to where the words are searched: Hob itself, or an engine that the owner wrote down.
pub(super) async fn find(State(ctx): State<Ctx>, Query(query): Query<FindQuery>) -> Answer {
    if query.with.is_empty() || query.with == "hob" {
        let own = engine_address("/search?q={query}", &query.q);
        return Ok(Redirect::to(&own).into_response());
    }
    let links = links::known(&ctx).await?;
    let engine = links.find(LinkKind::Engine, &query.with);
    let engine = engine.ok_or_else(|| Error::not_found("search engine", &query.with))?;
    Ok(Redirect::to(&engine_address(&engine.url, &query.q)).into_response())
}

pub(super) async fn list(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    let links = links::known(&ctx).await?;
    let body = pages::manage(&links, &LinkForm::default(), frame.may(Scope::Write));
    Ok(frame.page("Bookmarks", &body))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    kind: String,
    name: String,
    url: String,
    group: String,
    icon: String,
    description: String,
    tags: String,
}

type Wrong = (&'static str, String);

impl Entered {
    fn link(&self) -> Result<Link, Wrong> {
        let wrong = |field: &'static str| move |problem: String| (field, problem);
        let kind = LinkKind::parse(&self.kind).unwrap_or(LinkKind::Bookmark);
        let check = if kind == LinkKind::Engine { check_engine } else { check_url };
        let name = check_name(&self.name).map_err(wrong("name"))?;
        let optional = |text: &str, check: fn(&str) -> Result<String, String>| {
            if text.trim().is_empty() { Ok(None) } else { check(text).map(Some) }
        };
        Ok(Link {
            group: optional(&self.group, check_name).map_err(wrong("group"))?,
            icon: optional(&self.icon, check_symbol).map_err(wrong("icon"))?,
            description: short(&self.description, 120),
            tags: short(&tags_of(&[Some(&self.tags)]).join(", "), 300),
            ..Link::new(kind, name, check(&self.url).map_err(wrong("url"))?)
        })
    }
}

pub(super) async fn add(State(ctx): State<Ctx>, frame: Frame, Form(entered): Form<Entered>) -> Answer {
    let wrong = match entered.link() {
        Ok(link) => {
            links::add(&ctx, vec![link]).await?;
            return Ok(Redirect::to("/home/links").into_response());
        }
        Err(wrong) => wrong,
    };
    let form = LinkForm {
        kind: entered.kind,
        name: entered.name,
        url: entered.url,
        group: entered.group,
        icon: entered.icon,
        description: entered.description,
        tags: entered.tags,
        wrong: Some(wrong),
    };
    let page = frame.page("Bookmarks", &pages::manage(&*links::known(&ctx).await?, &form, true));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct Delete {
    kind: String,
    id: String,
}

pub(super) async fn delete(State(ctx): State<Ctx>, Form(form): Form<Delete>) -> Answer {
    let kind = LinkKind::parse(&form.kind).ok_or_else(|| Error::not_found("link", &form.id))?;
    links::delete(&ctx, kind, &form.id).await?;
    Ok(Redirect::to("/home/links").into_response())
}
