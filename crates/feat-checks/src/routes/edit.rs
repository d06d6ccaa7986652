//! Making, changing and deleting checks on the page.

use super::trial::try_once;
use crate::added;
use crate::form::{self, Entered, Kind, Tools, entered, kind_of};
use crate::model::definition::mistakes::Mistake;
use crate::model::definition::{ADDED_SCOPE, CheckDefinition, slug};
use crate::pages::edit::{Editing, choose, confirm_delete as ask, edit};
use crate::pages::list::check_path;
use crate::store::Stored;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::error::OrNotFound;
use hob_base::{ResourceId, Result};
use hob_feature::checks::{CheckSecret, CheckTarget, HttpLogin};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Fields = Form<BTreeMap<String, String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    kind: String,
    from: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SaidQuery {
    said: String,
}

fn sentence(said: &str) -> Option<&'static str> {
    Some(match said {
        "made" => "The check is made. It is probed from now on.",
        "saved" => "Saved. It holds from now on.",
        "paused" => "It is paused: it is not probed until you resume it.",
        "resumed" => "It is probed again.",
        "running" => "It is being probed. The result is on its page within seconds.",
        _ => return None,
    })
}

/// The resource of this name, where exactly one has it.
pub(super) fn named(ctx: &Ctx, name: &str) -> Option<ResourceId> {
    let wanted = name.to_lowercase();
    let all = ctx.resources.list();
    let mut found = all.iter().filter(|resource| resource.name.to_lowercase() == wanted);
    let first = found.next()?;
    found.next().is_none().then(|| first.id.clone())
}

fn read(
    ctx: &Ctx,
    kind: &Kind,
    entered: &Entered,
    before: Option<&CheckDefinition>,
) -> Result<CheckDefinition, Vec<Mistake>> {
    let seal = |text: &str| CheckSecret::seal(&ctx.sealer, text);
    form::read(kind, entered, before, &Tools { seal: &seal, named: &|name| named(ctx, name) })
}

/// A form as it is shown.
struct Shown<'a> {
    kind: &'a Kind,
    entered: &'a Entered,
    before: Option<&'a Stored>,
    id: Option<&'a str>,
    wrong: &'a [Mistake],
    again: bool,
    tried: Option<crate::pages::edit::Tried>,
    said: Option<&'a str>,
}

fn show(frame: &Frame, shown: Shown<'_>) -> Response {
    let definition = shown.before.map(|before| &before.definition);
    let usual = form::usual(shown.kind);
    let view = Editing {
        kind: shown.kind,
        usual: &usual,
        entered: shown.entered,
        wrong: shown.wrong,
        id: shown.id,
        copy_of: if shown.id.is_none() { definition.map(|one| one.slug.as_str()) } else { None },
        kept: definition.map(|one| kept(&one.target)).unwrap_or_default(),
        again: shown.again,
        more_set: more_set(shown.kind, shown.entered),
        tried: shown.tried,
        said: shown.said,
        paused: shown.id.is_some() && definition.is_some_and(|one| !one.enabled),
    };
    let wrong = !shown.wrong.is_empty();
    let mut response = frame.page("Check", &edit(&view));
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The inputs of the secrets that are kept.
fn kept(target: &CheckTarget) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    match target {
        CheckTarget::Http(http) => {
            match http.login {
                Some(HttpLogin::Basic { .. }) => kept.insert("password".to_owned()),
                Some(HttpLogin::Bearer { .. }) => kept.insert("token".to_owned()),
                None => false,
            };
            kept.extend((0..http.secret_headers.len()).map(|row| format!("secret_value_{row}")));
        }
        other if !other.secrets().is_empty() => {
            kept.insert("password".to_owned());
        }
        _ => {}
    }
    kept
}

/// How many of the further options are not as they would be without being touched.
fn more_set(kind: &Kind, now: &Entered) -> usize {
    let specs = || form::COMMON.iter().chain(kind.fields);
    let plain =
        specs().filter(|spec| !spec.more).map(|spec| (spec.name.to_owned(), now.get(spec.name).to_owned()));
    let nothing = |_: &str| Ok(CheckSecret::Env(String::new()));
    let tools = Tools { seal: &nothing, named: &|_| None };
    let usual = form::read(kind, &Entered(plain.collect()), None, &tools).map(|usual| entered(&usual));
    let Ok(usual) = usual else { return 0 };
    let differs = |name: &str| !now.get(name).is_empty() && now.get(name) != usual.get(name);
    specs().filter(|spec| spec.more && differs(spec.name)).count() + usize::from(differs("secret_name_0"))
}

pub(super) async fn new(frame: Frame, Query(query): Query<NewQuery>) -> Answer {
    frame.require(Scope::Write)?;
    if !query.from.is_empty() {
        let before = added::find(&frame.ctx, &query.from).await?;
        let mut copy = entered(&before.definition);
        copy.0.insert("name".to_owned(), format!("{} (copy)", before.definition.name));
        copy.0.remove("enabled");
        let kind = kind_of(before.definition.target.kind()).or_not_found("kind of check", "")?;
        return Ok(show(&frame, Shown { before: Some(&before), ..blank(kind, &copy) }));
    }
    match kind_of(&query.kind) {
        Some(kind) => Ok(show(&frame, blank(kind, &Entered::default()))),
        None => Ok(frame.page("New check", &choose())),
    }
}

fn blank<'a>(kind: &'a Kind, entered: &'a Entered) -> Shown<'a> {
    Shown { kind, entered, before: None, id: None, wrong: &[], again: false, tried: None, said: None }
}

pub(super) async fn add(frame: Frame, Form(fields): Fields) -> Answer {
    let ctx = &frame.ctx;
    let entered = Entered(fields);
    let kind = kind_of(entered.get("kind")).or_not_found("kind of check", entered.get("kind"))?;
    let from = entered.get("from");
    let before = if from.is_empty() { None } else { added::known(ctx).await?.get(from).cloned() };
    let read = read(ctx, kind, &entered, before.as_ref().map(|before| &before.definition));
    let shown = Shown { before: before.as_deref(), again: true, ..blank(kind, &entered) };
    match read {
        Err(wrong) => Ok(show(&frame, Shown { wrong: &wrong, ..shown })),
        Ok(definition) if entered.get("do") == "try" => {
            let tried = try_once(ctx, &definition).await?;
            Ok(show(&frame, Shown { tried: Some(tried), ..shown }))
        }
        Ok(definition) => {
            let slug = slug(&definition.name);
            let made = added::add(ctx, vec![CheckDefinition { slug, enabled: true, ..definition }]).await?;
            let path = made.first().map_or_else(|| super::PATH.to_owned(), |made| check_path(&made.slug));
            Ok(Redirect::to(&format!("{path}?said=made")).into_response())
        }
    }
}

fn kind_of_stored(stored: &Stored) -> Result<&'static Kind> {
    kind_of(stored.definition.target.kind()).or_not_found("kind of check", stored.definition.target.kind())
}

pub(super) async fn form(frame: Frame, Path(id): Path<String>, Query(query): Query<SaidQuery>) -> Answer {
    frame.require(Scope::Write)?;
    let before = added::find(&frame.ctx, &id).await?;
    let entered = entered(&before.definition);
    let shown = Shown {
        before: Some(&before),
        id: Some(&id),
        said: sentence(&query.said),
        ..blank(kind_of_stored(&before)?, &entered)
    };
    Ok(show(&frame, shown))
}

pub(super) async fn change(frame: Frame, Path(id): Path<String>, Form(fields): Fields) -> Answer {
    let ctx = &frame.ctx;
    let before = added::find(ctx, &id).await?;
    let (entered, kind) = (Entered(fields), kind_of_stored(&before)?);
    let shown = Shown { before: Some(&before), id: Some(&id), again: true, ..blank(kind, &entered) };
    match read(ctx, kind, &entered, Some(&before.definition)) {
        Err(wrong) => Ok(show(&frame, Shown { wrong: &wrong, ..shown })),
        Ok(definition) if entered.get("do") == "try" => {
            let tried = try_once(ctx, &definition).await?;
            Ok(show(&frame, Shown { tried: Some(tried), ..shown }))
        }
        Ok(definition) => {
            // Whether it is paused is not what this form is for.
            added::change(ctx, CheckDefinition { enabled: before.definition.enabled, ..definition }).await?;
            Ok(back(&id, "saved"))
        }
    }
}

fn back(id: &str, said: &str) -> Response {
    Redirect::to(&format!("{}?said={said}", check_path(id))).into_response()
}

/// Back to the list from which it was asked, or to the check.
fn back_to(fields: &BTreeMap<String, String>, id: &str, said: &str) -> Response {
    match fields.get("back") {
        Some(list) if list == super::PATH || list.starts_with("/checks?") => {
            Redirect::to(list).into_response()
        }
        _ => back(id, said),
    }
}

pub(super) async fn pause(frame: Frame, Path(id): Path<String>, Form(fields): Fields) -> Answer {
    added::enable(&frame.ctx, &id, false).await?;
    Ok(back_to(&fields, &id, "paused"))
}

pub(super) async fn resume(frame: Frame, Path(id): Path<String>, Form(fields): Fields) -> Answer {
    added::enable(&frame.ctx, &id, true).await?;
    Ok(back_to(&fields, &id, "resumed"))
}

pub(super) async fn run(frame: Frame, Path(id): Path<String>) -> Answer {
    let stored: Arc<Stored> = added::find(&frame.ctx, &id).await?;
    frame.ctx.checks.poke(stored.definition.resource(ADDED_SCOPE));
    Ok(back(&id, "running"))
}

pub(super) async fn confirm_delete(frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let stored = added::find(&frame.ctx, &id).await?;
    Ok(frame.page("Delete a check", &ask(&id, &stored.definition.name)))
}

pub(super) async fn delete(frame: Frame, Path(id): Path<String>) -> Answer {
    added::delete(&frame.ctx, &id).await?;
    Ok(Redirect::to("/checks?said=deleted").into_response())
}
