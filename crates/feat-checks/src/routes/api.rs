//! The API of checks: JSON that is the definition. Secrets go in as `{"value": "…"}` and come out as `{"kept": true}`.

use super::sentence;
use crate::added;
use crate::form;
use crate::model::definition::{ADDED_SCOPE, CheckDefinition, slug};
use crate::overview::{Filter, Origin, Row, rows};
use crate::store::Stored;
use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use hob_base::{Error, Result};
use hob_feature::checks::{CheckSecret, CheckTarget};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    kind: String,
    health: String,
}

pub(super) async fn list(frame: Frame, Query(query): Query<ListQuery>) -> Answer {
    let ctx = &frame.ctx;
    let known = added::known(ctx).await?;
    let filter = Filter { text: query.q.chars().take(200).collect(), kind: query.kind, health: query.health };
    let mut checks = Vec::new();
    for row in rows(ctx, &filter) {
        let stored = match &row.origin {
            Origin::Added(id) => known.get(id),
            Origin::File(_) | Origin::Found => None,
        };
        checks.push(told(&row, stored.map(AsRef::as_ref), ctx)?);
    }
    Ok(Json(json!({ "checks": checks })).into_response())
}

fn told(row: &Row, stored: Option<&Stored>, ctx: &Ctx) -> Result<Value> {
    let (origin, id) = match &row.origin {
        Origin::Added(id) => ("added", Some(id)),
        Origin::File(_) => ("hob.toml", None),
        Origin::Found => ("found", None),
    };
    Ok(json!({
        "id": id,
        "resource": row.id,
        "name": row.name,
        "kind": row.kind,
        "place": row.place,
        "every": row.every.as_millis() as u64,
        "health": row.level.map(hob_base::Level::as_str),
        "reason": row.reason(),
        "took_ms": row.took(ctx).map(|took| took.as_millis() as u64),
        "paused": row.paused,
        "origin": origin,
        "definition": stored.map(|stored| shown(&stored.definition)).transpose()?,
    }))
}

/// A definition without its secrets.
fn shown(definition: &CheckDefinition) -> Result<Value> {
    let mut value = serde_json::to_value(definition)
        .map_err(|error| Error::internal(format!("Telling the check “{}”", definition.name), error))?;
    for (_, secret) in secrets_of(&mut value) {
        if secret.get("sealed").is_some() {
            *secret = json!({ "kept": true });
        }
    }
    Ok(value)
}

/// The places in a definition where secrets are, each with what tells it from the others.
fn secrets_of(definition: &mut Value) -> Vec<(String, &mut Value)> {
    let mut found = Vec::new();
    let Some(target) = definition.get_mut("target").and_then(Value::as_object_mut) else { return found };
    for (key, value) in target {
        match (key.as_str(), value) {
            ("password", value) if !value.is_null() => found.push(("password".to_owned(), value)),
            ("login", Value::Object(login)) => {
                for (how, parts) in login {
                    for (key, value) in parts.as_object_mut().into_iter().flatten() {
                        if matches!(key.as_str(), "password" | "token") {
                            found.push((format!("login {how} {key}"), value));
                        }
                    }
                }
            }
            ("secret_headers", Value::Array(headers)) => {
                for header in headers {
                    let name = header.get(0).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
                    found.extend(header.get_mut(1).map(|value| (format!("header {name}"), value)));
                }
            }
            _ => {}
        }
    }
    found
}

/// What was sent as a definition. What is not said is as usual for the kind. `before` is the check that is replaced.
fn accept(frame: &Frame, mut body: Value, before: Option<&CheckDefinition>) -> Result<CheckDefinition> {
    let invalid = |field: &str, problem: String| Error::invalid(field, sentence(&problem));
    let sealed = take_secrets(frame, &mut body, before)?;
    let Value::Object(given) = body else {
        return Err(invalid("body", "send an object with “name” and “target”".to_owned()));
    };
    let target = given.get("target").cloned().unwrap_or_default();
    let read: CheckTarget = serde_json::from_value(target.clone()).map_err(|error| {
        invalid("target", format!("it cannot be used: {error}. Write for example {{\"kind\": \"http\", \"url\": \"http://nas.lan/\"}}"))
    })?;
    let name =
        given.get("name").and_then(Value::as_str).map_or_else(|| crate::config::plain(&read), str::to_owned);
    let usual = CheckDefinition::new(name, read);
    let whole = serde_json::to_value(&usual).map_err(|error| Error::internal("Reading a check", error))?;
    no_strangers(&target, whole.get("target").unwrap_or(&Value::Null), "target")?;
    let mut merged = whole.as_object().cloned().unwrap_or_default();
    for (key, value) in given {
        if key != "target" && key != "slug" {
            merged.insert(key, value);
        }
    }
    let definition: CheckDefinition = serde_json::from_value(Value::Object(merged.clone()))
        .map_err(|error| invalid("check", format!("it cannot be used: {error}")))?;
    let again =
        serde_json::to_value(&definition).map_err(|error| Error::internal("Reading a check", error))?;
    no_strangers(&Value::Object(merged), &again, "check")?;
    let mut definition = definition;
    if let CheckTarget::Http(http) = &mut definition.target {
        http.found = false;
    }
    only_known_secrets(frame, &definition, before, &sealed)?;
    match form::problems(&definition, before).first() {
        Some(mistake) => Err(invalid(mistake.field, mistake.problem.clone())),
        None => one_line(&definition).map(|()| definition),
    }
}

/// The form shows lists line by line.
fn one_line(definition: &CheckDefinition) -> Result<()> {
    let CheckTarget::Http(http) = &definition.target else { return Ok(()) };
    for (field, texts) in [("expect_text", &http.expect_text), ("not_text", &http.not_text)] {
        if texts.iter().any(|text| text.contains(['\n', '\r']) || text.trim().is_empty()) {
            return Err(Error::invalid(field, "Each must be one line with something on it."));
        }
    }
    Ok(())
}

/// Refuses keys that nobody knows: a mistyped one would be forgotten silently.
fn no_strangers(given: &Value, known: &Value, field: &str) -> Result<()> {
    let (Value::Object(given), Value::Object(known)) = (given, known) else { return Ok(()) };
    let empty = |value: &Value| value.is_null() || value == &json!([]) || value == &json!(false);
    match given.iter().find(|(key, value)| !known.contains_key(*key) && !empty(value)) {
        Some((key, _)) => {
            let hint = hob_base::wording::nearest(key, known.keys().map(String::as_str));
            let hint = hint.map(|word| format!(" Did you mean “{word}”?")).unwrap_or_default();
            let shown = hob_base::wording::tidy(key, 40);
            Err(Error::invalid(field, format!("There is no “{shown}” here.{hint}")))
        }
        None => Ok(()),
    }
}

/// Seals what was sent and puts back what is kept. Returns what was sealed.
fn take_secrets(
    frame: &Frame,
    body: &mut Value,
    before: Option<&CheckDefinition>,
) -> Result<Vec<CheckSecret>> {
    let mut old = before.and_then(|before| serde_json::to_value(before).ok()).unwrap_or_default();
    let old: BTreeMap<String, Value> =
        secrets_of(&mut old).into_iter().map(|(key, value)| (key, value.clone())).collect();
    let mut sealed = Vec::new();
    for (key, secret) in secrets_of(body) {
        let given = secret.as_object().cloned().unwrap_or_default();
        *secret = match one_entry(&given) {
            Some(("value", Value::String(text))) if text.len() <= 10_000 => {
                let fresh = CheckSecret::seal(&frame.ctx.sealer, text)?;
                sealed.push(fresh.clone());
                serde_json::to_value(fresh).map_err(|error| Error::internal("Sealing a secret", error))?
            }
            Some(("kept", Value::Bool(true))) if old.contains_key(&key) => {
                old.get(&key).cloned().unwrap_or_default()
            }
            Some(("file" | "env", Value::String(_))) => secret.clone(),
            _ => {
                let text = "A secret is sent as {\"value\": \"…\"}, or as {\"kept\": true} where there is one already.";
                return Err(Error::invalid("target", text));
            }
        };
    }
    Ok(sealed)
}

/// References to files and variables of this machine are for its administrators: whoever may make checks must not be able
/// to send any file anywhere. This looks at what was understood, whatever form it was sent in.
fn only_known_secrets(
    frame: &Frame,
    definition: &CheckDefinition,
    before: Option<&CheckDefinition>,
    sealed: &[CheckSecret],
) -> Result<()> {
    let old = before.map(|before| before.target.secrets()).unwrap_or_default();
    for secret in definition.target.secrets() {
        match secret {
            known if sealed.contains(known) || old.contains(&known) => {}
            CheckSecret::File(_) | CheckSecret::Env(_) => frame.require(Scope::Admin)?,
            CheckSecret::Sealed(_) => {
                return Err(Error::invalid("target", "A sealed secret cannot be sent: send its value."));
            }
        }
    }
    Ok(())
}

fn one_entry(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = map.iter();
    let first = entries.next()?;
    entries.next().is_none().then_some((first.0.as_str(), first.1))
}

pub(super) async fn add(frame: Frame, Json(body): Json<Value>) -> Answer {
    let definition = accept(&frame, body, None)?;
    let slug = slug(&definition.name);
    let made = added::add(&frame.ctx, vec![CheckDefinition { slug, ..definition }]).await?;
    let first = made.first().map(shown).transpose()?;
    Ok((StatusCode::CREATED, Json(first)).into_response())
}

pub(super) async fn one(frame: Frame, Path(id): Path<String>) -> Answer {
    let stored = added::find(&frame.ctx, &id).await?;
    Ok(Json(shown(&stored.definition)?).into_response())
}

pub(super) async fn put(frame: Frame, Path(id): Path<String>, Json(body): Json<Value>) -> Answer {
    let before = added::find(&frame.ctx, &id).await?;
    let definition = accept(&frame, body, Some(&before.definition))?;
    let definition = CheckDefinition { slug: id, ..definition };
    added::change(&frame.ctx, definition.clone()).await?;
    Ok(Json(shown(&definition)?).into_response())
}

pub(super) async fn delete(frame: Frame, Path(id): Path<String>) -> Answer {
    added::delete(&frame.ctx, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn pause(frame: Frame, Path(id): Path<String>) -> Answer {
    added::enable(&frame.ctx, &id, false).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn resume(frame: Frame, Path(id): Path<String>) -> Answer {
    added::enable(&frame.ctx, &id, true).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Asks for a probe now. The answer comes before it ends.
pub(super) async fn run(frame: Frame, Path(id): Path<String>) -> Answer {
    let stored = added::find(&frame.ctx, &id).await?;
    frame.ctx.checks.poke(stored.definition.resource(ADDED_SCOPE));
    Ok(StatusCode::ACCEPTED.into_response())
}
