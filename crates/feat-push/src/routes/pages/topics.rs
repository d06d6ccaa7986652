//! Topics, and publishing from the page.

use super::{again, allowed, done, error_of, is_admin, person, reach, refused, say, take_flash, visitor};
use crate::config;
use crate::desk::desk;
use crate::model::access::{Permission, Rule, Subject, Table};
use crate::model::account::RESERVATIONS_MAX;
use crate::pages::{self, Flash, PublishForm, Reach, TopicPage, TopicRow, TopicsPage, sentence, topic_path};
use crate::routes::account::reserve_topic;
use crate::shown::LIVE;
use crate::store::inbox::{self as store, TopicLine};
use crate::visitor::{Cost, Right, Visitor, porter};
use crate::writer::{self, Publication, When};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use hob_base::wording::counted;
use hob_base::{Error, Level, Result};
use hob_feature::{Ctx, Person, Scope};
use hob_web::{Answer, Frame, live};
use ntfy_protocol::{Body, Limits, PublishRequest, Topic};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

async fn people(ctx: &Ctx) -> Result<Vec<Person>> {
    match ctx.gate() {
        Some(gate) => (gate.people)(ctx.clone()).await,
        None => Ok(Vec::new()),
    }
}

pub(super) async fn list(frame: Frame, headers: HeaderMap) -> Answer {
    let (ctx, visitor) = (&frame.ctx, visitor(&frame)?);
    let table = porter(ctx).table(ctx).await?;
    let people = people(ctx).await?;
    let own = visitor.known().and_then(|known| known.person.clone()).unwrap_or_default();
    let mut lines = store::topics(&ctx.db).await?;
    for (topic, _) in table.reservations(&own) {
        if !lines.iter().any(|line| line.topic == topic) {
            lines.push(TopicLine {
                topic: topic.to_owned(),
                messages: 0,
                last_at: hob_base::Timestamp::default(),
            });
        }
    }
    let mut rows = Vec::new();
    for line in lines {
        let allowed = allowed(&frame, &visitor, &line.topic).await?;
        if allowed.read {
            rows.push(row(ctx, &table, &people, line, allowed));
        }
    }
    let view = TopicsPage {
        rows: &rows,
        reach: &reach(&frame, &headers),
        is_admin: is_admin(&frame),
        flash: take_flash(&frame)?,
    };
    Ok(frame.page("Topics", &pages::topics(ctx, &view)))
}

fn row(ctx: &Ctx, table: &Table, people: &[Person], line: TopicLine, allowed: Permission) -> TopicRow {
    let owner = table.owner_of(&line.topic).map(|id| {
        let name = people.iter().find(|person| person.id == id).map(|person| person.name.clone());
        name.unwrap_or_else(|| "somebody who is gone".to_owned())
    });
    TopicRow {
        listeners: desk(ctx).broker.listeners(&line.topic),
        last_at: (line.messages > 0).then_some(line.last_at),
        messages: line.messages,
        topic: line.topic,
        allowed,
        owner,
    }
}

#[derive(Deserialize)]
pub(super) struct Open {
    #[serde(default)]
    name: String,
}

/// From the field on the list to the topic's page.
pub(super) async fn open(frame: Frame, Query(open): Query<Open>) -> Answer {
    match Topic::new(open.name.trim()) {
        Ok(topic) => Ok(Redirect::to(&topic_path(topic.as_str())).into_response()),
        Err(_) => {
            let text = "A topic's name has 1 to 64 letters, digits, - and _, and is no name of the server's own such as docs.";
            Ok(say(&frame, "/messages/topics", Flash::Message(Level::Warning, text.to_owned()))?)
        }
    }
}

fn checked(topic: &str) -> Result<Topic> {
    Topic::new(topic).map_err(|_| Error::not_found("topic", topic))
}

pub(super) async fn show(frame: Frame, headers: HeaderMap, Path(topic): Path<String>) -> Answer {
    page(&frame, &headers, &topic, &PublishForm { priority: "3".into(), ..PublishForm::default() }, "").await
}

async fn page(frame: &Frame, headers: &HeaderMap, topic: &str, form: &PublishForm, wrong: &str) -> Answer {
    let topic = checked(topic)?;
    let (ctx, visitor, topic) = (&frame.ctx, visitor(frame)?, topic.as_str());
    let allowed = allowed(frame, &visitor, topic).await?;
    if allowed == Permission::DENY {
        // Who may nothing there is not told whether it is there.
        return Err(Error::Forbidden(format!("You may neither read nor write the topic {topic}.")).into());
    }
    let line = store::topic(&ctx.db, topic).await?.filter(|_| allowed.read);
    let table = porter(ctx).table(ctx).await?;
    let own = visitor.known().and_then(|known| known.person.as_deref());
    let reserved = table.owner_of(topic).map(|owner| own == Some(owner));
    let rights = rights(frame, &table, topic, allowed).await?;
    let anybody = table.decide(None, topic).unwrap_or(porter(ctx).default_access());
    let reach = Reach { anybody_writes: anybody.write, anybody_reads: anybody.read, ..reach(frame, headers) };
    let view = TopicPage {
        topic,
        messages: line.as_ref().map_or(0, |line| line.messages),
        last_at: line.as_ref().map(|line| line.last_at),
        listeners: desk(ctx).broker.listeners(topic),
        allowed,
        rights: &rights,
        reserved,
        everyone: if reserved.is_some() { anybody } else { Permission::DENY },
        is_person: own.is_some(),
        may_clear: may_clear(frame, reserved),
        is_admin: is_admin(frame),
        reach: &reach,
        form,
        wrong,
        flash: take_flash(frame)?,
    };
    Ok(frame.page(topic, &pages::topic(ctx, &view)))
}

fn may_clear(frame: &Frame, reserved: Option<bool>) -> bool {
    is_admin(frame) || reserved == Some(true)
}

/// Who may what there: administrators see every rule that speaks of it, others what concerns themselves.
async fn rights(frame: &Frame, table: &Table, topic: &str, allowed: Permission) -> Result<Vec<String>> {
    let mut all = Vec::new();
    if is_admin(frame) {
        let people = people(&frame.ctx).await?;
        let speaks = |rule: &&Rule| rule.pattern.matches(topic);
        all.extend(table.rules().iter().filter(speaks).map(|rule| format!("{}.", sentence(rule, &people))));
        if !table.rules().iter().any(|rule| rule.subject == Subject::Everyone && rule.pattern.matches(topic))
        {
            let who_else = "Everybody else who has an account may read and write it";
            all.push(format!(
                "{who_else}; who is not logged in {} it.",
                porter(&frame.ctx).default_access().words()
            ));
        }
    } else {
        all.push(format!("You {} this topic.", allowed.words()));
        let anybody = table.decide(None, topic).unwrap_or(porter(&frame.ctx).default_access());
        all.push(format!("Who is not logged in {} it.", anybody.words()));
    }
    Ok(all)
}

pub(super) async fn publish(
    frame: Frame,
    headers: HeaderMap,
    Path(topic): Path<String>,
    Form(form): Form<PublishForm>,
) -> Answer {
    let name = checked(&topic)?;
    let visitor = visitor(&frame)?;
    visitor.may(&frame.ctx, name.as_str(), Right::Write).await.map_err(error_of)?;
    match try_publish(&frame.ctx, &visitor, name, &form).await {
        Ok(()) => Ok(done(&frame, &topic_path(&topic), "The message is sent.")?),
        Err(Error::Invalid { problem, .. }) => {
            Ok(again(page(&frame, &headers, &topic, &form, &problem).await?))
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_publish(ctx: &Ctx, visitor: &Visitor, topic: Topic, form: &PublishForm) -> Result<()> {
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query = format!(
        "title={}&priority={}&tags={}&markdown={}",
        part(form.title.trim()),
        part(&form.priority),
        part(form.tags.trim()),
        if form.markdown.is_empty() { "no" } else { "yes" },
    );
    let now = ctx.clock.now();
    let zoned = now.zoned(&ctx.zone);
    let request =
        PublishRequest::from_http(topic, None, &HeaderMap::new(), &query, &zoned, &Limits::default());
    let request = request.map_err(error_of)?;
    let text = form.message.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(Error::invalid("message", "Write a message."));
    }
    if text.len() > Limits::default().message_bytes {
        return Err(Error::invalid("message", "The message is too long: at most 4,096 bytes can be sent."));
    }
    visitor.pay(ctx, Cost::Message).map_err(error_of)?;
    let expires_at = now.plus(config::settings(ctx).keep);
    let seconds = |at: hob_base::Timestamp| at.millis().div_euclid(1000);
    let message =
        request.into_message(desk(ctx).new_id()?, seconds(now), seconds(expires_at), Body::Text(text));
    let publisher = visitor.name().unwrap_or_default().to_owned();
    let publication = Publication { message, when: When::Now, at: now, expires_at, publisher, file: None };
    writer::publish(ctx, publication).await.map_err(error_of)?;
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct ReserveForm {
    #[serde(default)]
    everyone: String,
}

pub(super) async fn reserve(
    frame: Frame,
    Path(topic): Path<String>,
    Form(form): Form<ReserveForm>,
) -> Answer {
    let name = checked(&topic)?;
    let (id, who) = person(&frame)?;
    let everyone: Permission =
        form.everyone.parse().map_err(|()| Error::invalid("everyone", "Choose what everybody else may."))?;
    let most = if frame.may(Scope::Admin) { usize::MAX } else { RESERVATIONS_MAX };
    match reserve_topic(&frame.ctx, (&id, &who), name.as_str(), everyone, most).await {
        Ok(()) => Ok(done(&frame, &topic_path(&topic), "The topic is yours.")?),
        Err(refusal) if refusal.http == 429 => {
            let text = format!("You have reserved {RESERVATIONS_MAX} topics, which is as many as one may.");
            Ok(say(&frame, &topic_path(&topic), Flash::Message(Level::Warning, text))?)
        }
        Err(refusal) => Ok(refused(&frame, &topic_path(&topic), error_of(refusal))?),
    }
}

pub(super) async fn give_up(frame: Frame, Path(topic): Path<String>) -> Answer {
    let (id, _) = person(&frame)?;
    let name = checked(&topic)?;
    if !porter(&frame.ctx).remove_reservation(&frame.ctx, &id, name.as_str()).await? {
        return Err(Error::Forbidden("This topic is not reserved by you.".to_owned()).into());
    }
    Ok(done(&frame, &topic_path(&topic), "The topic is no longer reserved.")?)
}

/// Removes every message of a topic, for who has reserved it and for administrators.
pub(super) async fn clear(frame: Frame, Path(topic): Path<String>) -> Answer {
    let name = checked(&topic)?;
    let ctx = &frame.ctx;
    let table = porter(ctx).table(ctx).await?;
    let own = frame.identity()?.user_id.clone();
    let reserved = table.owner_of(name.as_str()).map(|owner| own.as_deref() == Some(owner));
    if !may_clear(&frame, reserved) {
        let text = "Only an administrator, or who has reserved a topic, deletes all of its messages.";
        return Err(Error::Forbidden(text.to_owned()).into());
    }
    let removed = store::remove_topic(&ctx.db, name.as_str()).await?;
    live(ctx).stale(LIVE);
    let removed = counted(usize::try_from(removed).unwrap_or(usize::MAX), "message");
    Ok(done(&frame, &topic_path(&topic), format!("Deleted {removed}."))?)
}
