//! `/api/v1/notify`: the same for programs.

use super::Sent;
use super::channels::{check_kind, open, read_common, try_out};
use super::log::Narrow;
use super::rules::new_id;
use super::simulate::{Asked, answer};
use crate::channel::{Channel, Stored, kind_of, wrong_words};
use crate::desk::Desk;
use crate::model::queue::{Delivery, Outcome, Try};
use crate::model::route::{Rule, RuleText};
use crate::model::words::{NO_RULES, sentence};
use crate::store;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use channels::{Input, Values};
use hob_base::{Error, Timestamp};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most messages in one answer.
const LIMIT_MAX: u32 = 500;

pub(super) async fn channels(State(ctx): State<Ctx>) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(&ctx).await?;
    let all: Vec<Value> = setup.channels.iter().map(|channel| tell_channel(&ctx, &desk, channel)).collect();
    Ok(Json(json!({ "channels": all })).into_response())
}

fn tell_channel(ctx: &Ctx, desk: &Desk, channel: &Channel) -> Value {
    let health = desk.pulse(&channel.name).judge(ctx.clock.now());
    json!({
        "name": channel.name,
        "title": channel.title,
        "kind": channel.kind(),
        "owner": channel.owner,
        "paused": channel.paused,
        "origin": match channel.origin {
            crate::channel::Origin::BuiltIn => "built_in",
            crate::channel::Origin::Settings => "settings",
            crate::channel::Origin::Page => "page",
        },
        "leads_to": channel.place(),
        "health": health.level,
        "reason": health.reason,
        "evidence": health.evidence,
        "remedy": health.remedy,
    })
}

/// A channel to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChannel {
    title: String,
    kind: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    per_minute: Option<u32>,
    #[serde(default)]
    fields: Values,
}

pub(super) async fn add_channel(State(ctx): State<Ctx>, frame: Frame, Json(new): Json<NewChannel>) -> Answer {
    let kind =
        kind_of(&new.kind).ok_or_else(|| Error::invalid("kind", "There is no such kind of channel."))?;
    check_kind(&frame, kind.id)?;
    let per_minute = new.per_minute.map_or_else(String::new, |n| n.to_string());
    let pairs = [("title", new.title), ("owner", new.owner), ("per_minute", per_minute)];
    let sent = Sent::from(pairs.map(|(name, value)| (name.to_owned(), value)).to_vec());
    let first = |wrong: Vec<channels::Wrong>| {
        let field = wrong.first().map(|(field, _)| field.clone()).unwrap_or_default();
        Error::invalid(field, wrong_words(&wrong))
    };
    let common = read_common(&sent, None, false).map_err(first)?;
    let stored = Stored::read(kind.id, &new.fields, None, &[]).map_err(first)?;
    let desk = ctx.memory.of::<Desk>();
    desk.save_channel(&ctx, &common, Some(&stored), true).await?;
    let (_, channel) = open(&ctx, &common.name).await?;
    Ok((StatusCode::CREATED, Json(tell_channel(&ctx, &desk, &channel))).into_response())
}

pub(super) async fn delete_channel(State(ctx): State<Ctx>, Path(name): Path<String>) -> Answer {
    ctx.memory.of::<Desk>().delete_channel(&ctx, &name).await?;
    ctx.jobs.poke("notify.channels");
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn test(State(ctx): State<Ctx>, frame: Frame, Path(name): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let (setup, channel) = open(&ctx, &name).await?;
    let outcome = try_out(&ctx, &setup, &channel, &frame.identity()?.name).await;
    let (status, text) = outcome.words();
    let delivered = matches!(outcome, Outcome::Taken { .. });
    Ok(Json(json!({ "delivered": delivered, "status": status, "answer": text, "missed": outcome.missed() }))
        .into_response())
}

/// Every kind of channel with its fields, for who draws a form.
pub(super) async fn kinds() -> Answer {
    let field = |field: &channels::Field| {
        json!({
            "name": field.name,
            "label": field.label,
            "help": field.help,
            "example": field.example,
            "secret": field.secret,
            "required": field.required,
            "choices": match field.input {
                Input::Choice(choices) => choices.iter().map(|(value, _)| *value).collect(),
                _ => Vec::new(),
            },
        })
    };
    let all: Vec<Value> = crate::channel::kinds()
        .map(|kind| {
            let fields: Vec<Value> = kind.fields.iter().map(field).collect();
            json!({ "kind": kind.id, "title": kind.title, "help": kind.help, "fields": fields })
        })
        .collect();
    Ok(Json(json!({ "kinds": all })).into_response())
}

pub(super) async fn rules(State(ctx): State<Ctx>) -> Answer {
    let setup = ctx.memory.of::<Desk>().setup(&ctx).await?;
    let all: Vec<Value> = setup
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "in_settings": rule.in_settings,
                "sentence": sentence(rule, &|name| setup.title(name)),
                "rule": rule.text(),
            })
        })
        .collect();
    let default = setup.rules.is_empty().then_some(NO_RULES);
    Ok(Json(json!({ "rules": all, "without_rules": default })).into_response())
}

/// Puts these in the place of all rules that do not stand in the settings file.
pub(super) async fn set_rules(State(ctx): State<Ctx>, Json(texts): Json<Vec<RuleText>>) -> Answer {
    let mut new = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let rule = Rule::read(&new_id(&ctx)?, text).map_err(|mistakes| {
            let (field, problem) = mistakes.into_iter().next().unwrap_or_default();
            Error::invalid(format!("rule {}: {field}", i + 1), problem)
        })?;
        new.push(rule);
    }
    ctx.memory
        .of::<Desk>()
        .change_rules(&ctx, |rules| {
            *rules = new;
            Ok(())
        })
        .await?;
    rules(State(ctx)).await
}

pub(super) async fn deliveries(State(ctx): State<Ctx>, Query(narrow): Query<Narrow>) -> Answer {
    let limit = narrow.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
    let all = store::list_deliveries(&ctx.db, &narrow.query(limit)).await?;
    let told: Vec<Value> = all.iter().map(tell_delivery).collect();
    Ok(Json(json!({ "deliveries": told })).into_response())
}

fn tell_delivery(delivery: &Delivery) -> Value {
    let tried = |tried: &Try| {
        json!({
            "at": tried.at.rfc3339(),
            "channel": tried.place.channel,
            "person": tried.place.person,
            "taken": tried.ok,
            "status": tried.status,
            "answer": tried.text,
        })
    };
    json!({
        "key": delivery.key,
        "incident": delivery.news.incident,
        "kind": delivery.news.kind.as_str(),
        "severity": delivery.news.severity,
        "title": delivery.news.title,
        "person": delivery.person,
        "rule": delivery.rule,
        "state": delivery.state.as_str(),
        "channels": delivery.steps.iter().map(|step| &step.place.channel).collect::<Vec<_>>(),
        "created_at": delivery.created_at.rfc3339(),
        "ended_at": delivery.ended_at.map(Timestamp::rfc3339),
        "tried": delivery.tried.iter().map(tried).collect::<Vec<_>>(),
    })
}

pub(super) async fn simulate(State(ctx): State<Ctx>, Query(asked): Query<Asked>) -> Answer {
    let simulation = answer(&ctx, &asked).await?;
    Ok(Json(json!({ "told": simulation.told, "not_told": simulation.not_told })).into_response())
}
