//! The inbox.

use super::{done, error_of, is_admin, reach, take_flash, visitor};
use crate::config;
use crate::desk::desk;
use crate::model::access::Permission;
use crate::pages::{self, Inbox, Search};
use crate::routes::attachments;
use crate::shown::Shown;
use crate::store::inbox::{self as store, Kept, Wanted};
use crate::visitor::{Cost, Right, Visitor};
use crate::writer::{self, Publication, When};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect};
use hob_base::error::OrNotFound;
use hob_base::{Error, Result};
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use ntfy_protocol::{Event, Message};
use serde::Deserialize;
use std::collections::HashMap;

/// How many messages a page shows.
const SHOWN: usize = 50;
/// How many are looked at in one query, and how many queries one page makes at most: who may read little does not make
/// the hub search for ever.
const LOOKED_AT: i64 = 200;
const LOOKS: usize = 10;
/// The longest text that is searched for.
const TEXT_MAX: usize = 100;

/// Which topics somebody may read; each is decided once.
struct Readable<'a> {
    ctx: &'a Ctx,
    visitor: &'a Visitor,
    decided: HashMap<String, Permission>,
}

impl Readable<'_> {
    async fn allowed(&mut self, topic: &str) -> Result<Permission> {
        if let Some(allowed) = self.decided.get(topic) {
            return Ok(*allowed);
        }
        let allowed = self.visitor.allowed(self.ctx, topic).await.map_err(error_of)?;
        self.decided.insert(topic.to_owned(), allowed);
        Ok(allowed)
    }
}

/// The newest messages that fit and may be read, and from where on there are more.
async fn gather(readable: &mut Readable<'_>, mut wanted: Wanted) -> Result<(Vec<Kept>, Option<i64>)> {
    let mut found: Vec<Kept> = Vec::new();
    for _ in 0..LOOKS {
        let (messages, next) = store::page(&readable.ctx.db, &wanted, LOOKED_AT).await?;
        for kept in messages {
            if !readable.allowed(&kept.message.topic).await?.read {
                continue;
            }
            if found.len() == SHOWN {
                let older = found.last().map(|last| last.position);
                return Ok((found, older));
            }
            found.push(kept);
        }
        let Some(next) = next else { return Ok((found, None)) };
        wanted.before = next;
    }
    Ok((found, Some(wanted.before)))
}

fn wanted(search: &Search) -> Wanted {
    Wanted {
        topic: search.topic.chars().take(64).collect(),
        text: search.q.trim().chars().take(TEXT_MAX).collect(),
        priority: search.priority.parse().unwrap_or(0),
        before: search.before.parse().unwrap_or(i64::MAX),
    }
}

pub(super) async fn show(frame: Frame, headers: HeaderMap, Query(search): Query<Search>) -> Answer {
    let (ctx, visitor) = (&frame.ctx, visitor(&frame)?);
    let mut readable = Readable { ctx, visitor: &visitor, decided: HashMap::new() };
    let (messages, older) = gather(&mut readable, wanted(&search)).await?;
    let mut topics = Vec::new();
    // From memory: counting them in the table is too much for a page that many keep open.
    for topic in ctx.memory.of::<Shown>().names() {
        if readable.allowed(&topic).await?.read {
            topics.push(topic);
        }
    }
    let own_files = own_files(ctx, &messages).await?;
    let decided = readable.decided;
    let view = Inbox {
        search: &search,
        messages: &messages,
        older,
        topics: &topics,
        read_up_to: store::read_up_to(&ctx.db, &visitor.key()).await?,
        own_files: &own_files,
        reach: &reach(&frame, &headers),
        is_admin: is_admin(&frame),
        may_delete: &|kept: &Kept| decided.get(&kept.message.topic).is_some_and(|allowed| allowed.write),
        flash: take_flash(&frame)?,
    };
    Ok(frame.page("Messages", &pages::inbox(ctx, &view)))
}

/// The messages whose files are kept here.
async fn own_files(ctx: &Ctx, messages: &[Kept]) -> Result<Vec<String>> {
    let mut own = Vec::new();
    for kept in messages.iter().filter(|kept| kept.message.attachment.is_some()) {
        let id = &kept.message.id;
        if crate::store::attachments::find(&ctx.db, id, ctx.clock.now()).await?.is_some() {
            own.push(id.clone());
        }
    }
    Ok(own)
}

/// A file of a message, for who may read its topic.
pub(super) async fn file(frame: Frame, method: Method, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let row = attachments::find(&frame.ctx, &id).await.map_err(error_of)?;
    visitor(&frame)?.may(&frame.ctx, &row.topic, Right::Read).await.map_err(error_of)?;
    Ok(attachments::respond(&frame.ctx, &row, &method, &headers).await.map_err(error_of)?)
}

#[derive(Deserialize)]
pub(super) struct ReadForm {
    #[serde(default)]
    up_to: i64,
}

pub(super) async fn mark_read(frame: Frame, Form(form): Form<ReadForm>) -> Answer {
    store::mark_read(&frame.ctx.db, &visitor(&frame)?.key(), form.up_to).await?;
    Ok(Redirect::to("/messages").into_response())
}

/// Takes a message back: phones that showed it remove it, too.
pub(super) async fn delete(frame: Frame, Path(id): Path<String>) -> Answer {
    let (ctx, visitor) = (&frame.ctx, visitor(&frame)?);
    let found = store::find(&ctx.db, &id).await?.or_not_found("message", &id)?;
    // Who may not read it is not told that it is there.
    let hidden = |_| Error::not_found("message", &id);
    visitor.may(ctx, &found.message.topic, Right::Read).await.map_err(hidden)?;
    visitor.may(ctx, &found.message.topic, Right::Write).await.map_err(error_of)?;
    visitor.pay(ctx, Cost::Message).map_err(error_of)?;
    let now = ctx.clock.now();
    let expires_at = now.plus(config::settings(ctx).keep);
    let message = &found.message;
    let sequence = if message.sequence_id.is_empty() { &message.id } else { &message.sequence_id };
    let seconds = now.millis().div_euclid(1000);
    let mut event =
        Message::of_sequence(Event::MessageDelete, desk(ctx).new_id()?, seconds, &message.topic, sequence);
    event.expires = expires_at.millis().div_euclid(1000);
    let publisher = visitor.name().unwrap_or_default().to_owned();
    let publication =
        Publication { message: event, when: When::Now, at: now, expires_at, publisher, file: None };
    writer::publish(ctx, publication).await.map_err(error_of)?;
    Ok(done(&frame, "/messages", "The message is deleted here and on the phones that show it.")?)
}
