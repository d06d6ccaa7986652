//! ntfy's API of users and access, for administrators. As in ntfy, it makes no administrators and removes none.

use super::asking::{AdminAsking, Answered, Told, body, json, success};
use crate::model::access::{Pattern, Permission, Rule, Subject, Table};
use crate::store::tokens as store;
use crate::visitor::{porter, refusal_of};
use axum::Router;
use axum::body::Body;
use axum::routing::{get, put};
use hob_base::{Error, Result};
use hob_feature::{Ctx, Gate, Person};
use ntfy_protocol::refusal::{self, Refusal};
use serde::{Deserialize, Serialize};

/// What ntfy calls who is not logged in.
const EVERYONE: [&str; 2] = ["*", "everyone"];

pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/v1/users", get(list).post(add).put(add_or_change).delete(remove))
        .route("/v1/users/access", put(allow).post(allow).delete(reset))
        .with_state(ctx.clone())
}

#[derive(Debug, Serialize)]
struct Shown {
    username: String,
    role: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<Grant>,
}

#[derive(Debug, Serialize)]
struct Grant {
    topic: String,
    permission: &'static str,
}

fn grants(table: &Table, subject: &Subject) -> Vec<Grant> {
    let own = table.rules().iter().filter(|rule| rule.subject == *subject);
    own.map(|rule| Grant { topic: rule.pattern.to_string(), permission: rule.allow.as_str() }).collect()
}

async fn list(AdminAsking(asking): AdminAsking) -> Answered {
    let ctx = &asking.ctx;
    let mut people = (gate(ctx)?.people)(ctx.clone()).await?;
    people.sort_by_key(|person| !person.is_admin);
    let table = porter(ctx).table(ctx).await?;
    let person = |person: Person| Shown {
        role: if person.is_admin { "admin" } else { "user" },
        grants: grants(&table, &Subject::Person(person.id)),
        username: person.name,
    };
    let mut all: Vec<Shown> = people.into_iter().map(person).collect();
    let everyone = grants(&table, &Subject::Everyone);
    all.push(Shown { username: "*".to_owned(), role: "anonymous", grants: everyone });
    json(&all)
}

fn gate(ctx: &Ctx) -> Result<Gate, Refusal> {
    ctx.gate().ok_or(refusal::NOT_FOUND)
}

/// Somebody by name, whatever its case.
pub(super) async fn find_person(ctx: &Ctx, name: &str) -> Result<Option<Person>> {
    let Some(gate) = ctx.gate() else { return Ok(None) };
    let people = (gate.people)(ctx.clone()).await?;
    Ok(people.into_iter().find(|person| person.name.to_lowercase() == name.to_lowercase()))
}

#[derive(Deserialize)]
struct NewUser {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    tier: String,
}

impl NewUser {
    fn check(&self) -> Result<(), Refusal> {
        if !self.tier.is_empty() {
            return Err(refusal::TIER_INVALID);
        }
        if !self.hash.is_empty() {
            return Err(refusal::BAD_REQUEST.with_detail("Hob takes passwords, not hashes of them"));
        }
        Ok(())
    }
}

/// Adds an ordinary user.
pub(super) async fn add_person(ctx: &Ctx, name: &str, password: &str) -> Result<(), Refusal> {
    if name.is_empty() || password.is_empty() || EVERYONE.contains(&name) {
        return Err(refusal::BAD_REQUEST.with_detail("username invalid, or password missing"));
    }
    let added = (gate(ctx)?.add_person)(ctx.clone(), name.to_owned(), password.to_owned()).await;
    added.map(|_| ()).map_err(|error| match error {
        Error::Conflict(_) => refusal::USER_EXISTS,
        other => refusal_of(&other),
    })
}

async fn add(AdminAsking(asking): AdminAsking, request: Body) -> Answered {
    let new: NewUser = body(request).await?;
    let ctx = &asking.ctx;
    if find_person(ctx, &new.username).await?.is_some() {
        return Err(Told(refusal::USER_EXISTS));
    }
    new.check()?;
    add_person(ctx, &new.username, &new.password).await?;
    success()
}

async fn add_or_change(AdminAsking(asking): AdminAsking, request: Body) -> Answered {
    let new: NewUser = body(request).await?;
    let ctx = &asking.ctx;
    new.check()?;
    match find_person(ctx, &new.username).await? {
        None => add_person(ctx, &new.username, &new.password).await?,
        Some(person) if person.is_admin => return Err(Told(refusal::FORBIDDEN)),
        Some(_) if new.password.is_empty() => return Err(Told(refusal::BAD_REQUEST)),
        Some(person) => (gate(ctx)?.set_password)(ctx.clone(), person.name, new.password).await?,
    }
    success()
}

async fn remove(AdminAsking(asking): AdminAsking, request: Body) -> Answered {
    let named: NewUser = body(request).await?;
    let ctx = &asking.ctx;
    let person = find_person(ctx, &named.username).await?.ok_or(Told(refusal::USER_NOT_FOUND))?;
    if person.is_admin {
        return Err(Told(refusal::UNAUTHORIZED.with_detail("can only remove regular users from API")));
    }
    (gate(ctx)?.remove_person)(ctx.clone(), person.name).await?;
    forget(ctx, &person.id).await?;
    success()
}

/// Removes what is kept for somebody who is gone.
pub(crate) async fn forget(ctx: &Ctx, person: &str) -> Result<()> {
    store::forget_person(&ctx.db, person).await?;
    porter(ctx).remove_rules_of(ctx, &Subject::Person(person.to_owned())).await
}

#[derive(Deserialize)]
struct Access {
    #[serde(default)]
    username: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    permission: String,
}

async fn subject(ctx: &Ctx, name: &str) -> Result<Subject, Told> {
    if EVERYONE.contains(&name) {
        return Ok(Subject::Everyone);
    }
    let person = find_person(ctx, name).await?.ok_or(Told(refusal::USER_NOT_FOUND))?;
    Ok(Subject::Person(person.id))
}

async fn allow(AdminAsking(asking): AdminAsking, request: Body) -> Answered {
    let wanted: Access = body(request).await?;
    let ctx = &asking.ctx;
    let subject = subject(ctx, &wanted.username).await?;
    let allow: Permission = wanted.permission.parse().map_err(|()| Told(refusal::PERMISSION_INVALID))?;
    let pattern = Pattern::new(&wanted.topic).ok_or(Told(refusal::TOPIC_INVALID))?;
    porter(ctx).save_rules(ctx, &[Rule { subject, pattern, allow, owner: None }]).await?;
    success()
}

/// Without a topic every rule of the user goes.
async fn reset(AdminAsking(asking): AdminAsking, request: Body) -> Answered {
    let wanted: Access = body(request).await?;
    let ctx = &asking.ctx;
    let subject = subject(ctx, &wanted.username).await?;
    match wanted.topic.as_str() {
        "" => porter(ctx).remove_rules_of(ctx, &subject).await?,
        pattern => {
            porter(ctx).remove_rule(ctx, &subject, pattern).await?;
        }
    }
    success()
}
