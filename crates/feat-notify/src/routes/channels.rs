//! The pages of channels.

use super::{Sent, again, sentence};
use crate::channel::{Channel, Origin, PER_MINUTE, Stored, check_name, kind_of, name_for};
use crate::desk::{Desk, NewChannel, Setup, site};
use crate::model::note::test_news;
use crate::model::queue::Outcome;
use crate::pages::{self, ChannelForm};
use crate::send::{Message, feel, send};
use crate::store::{self, Query as LogQuery};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use channels::{Input, Sender, Values, Wrong};
use hob_base::error::OrNotFound;
use hob_base::wording::tidy;
use hob_base::{Error, Result};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use std::sync::Arc;

const PATH: &str = "/notifications/channels";
/// Before the fields of a kind, so that none collides with those that every channel has.
pub(crate) const FIELD: &str = "f_";
/// So many of the last messages are looked at for those of one channel, and so many are shown.
const LOOKED_AT: u32 = 100;
const SHOWN: usize = 10;
/// Before the name of a secret that is to be removed.
pub(crate) const FORGET: &str = "forget_";

pub(super) async fn list(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(&ctx).await?;
    Ok(frame.page("Channels", &pages::channel_list(&ctx, &desk, &setup, frame.may(Scope::Write))))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    kind: String,
}

pub(super) async fn ask_new(State(ctx): State<Ctx>, frame: Frame, Query(query): Query<NewQuery>) -> Answer {
    frame.require(Scope::Write)?;
    let Some(kind) = kind_of(&query.kind) else {
        return Ok(frame.page("New channel", &pages::choose_kind()));
    };
    let people = ctx.memory.of::<Desk>().people(&ctx).await;
    let form = ChannelForm { per_minute: PER_MINUTE.to_string(), people: &people, ..ChannelForm::new(kind) };
    Ok(frame.page("New channel", &pages::channel_form(&form)))
}

/// What somebody may set up only as an administrator: it runs a program on this machine.
pub(super) fn check_kind(frame: &Frame, kind: &str) -> Result<()> {
    frame.require(if kind.contains("command") { Scope::Admin } else { Scope::Write })
}

/// What a form says of a channel apart from what it leads to.
pub(super) fn read_common(sent: &Sent, name: Option<&str>, paused: bool) -> Result<NewChannel, Vec<Wrong>> {
    let title = tidy(sent.get("title"), 60);
    let mut wrong = Vec::new();
    if title.is_empty() {
        wrong.push(("title".to_owned(), "Give it a name, for example “Family chat”.".to_owned()));
    }
    let name = name.map_or_else(|| name_for(&title), str::to_owned);
    if !title.is_empty()
        && let Err(problem) = check_name(&name)
    {
        wrong.push(("title".to_owned(), problem));
    }
    let per_minute = match sent.get("per_minute").trim() {
        "" => Some(PER_MINUTE),
        text => text.parse().ok().filter(|n| (1..=600).contains(n)),
    };
    if per_minute.is_none() {
        wrong.push(("per_minute".to_owned(), "Write a whole number from 1 to 600.".to_owned()));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let owner = Some(tidy(sent.get("owner"), 100)).filter(|owner| !owner.is_empty());
    Ok(NewChannel { name, title, owner, paused, per_minute: per_minute.unwrap_or(PER_MINUTE) })
}

/// The values of the fields of a kind.
fn read_values(sent: &Sent, kind: &channels::Kind) -> Values {
    let values = kind.fields.iter().map(|field| {
        let value = sent.get(&format!("{FIELD}{}", field.name));
        let value = match field.input {
            Input::Tick => (!value.is_empty()).to_string(),
            _ => value.to_owned(),
        };
        (field.name.to_owned(), value)
    });
    values.collect()
}

/// Which secrets are to be removed.
fn forgotten(sent: &Sent, kind: &'static channels::Kind) -> Vec<&'static str> {
    let secrets = kind.fields.iter().filter(|field| field.secret).map(|field| field.name);
    secrets.filter(|name| sent.ticked(&format!("{FORGET}{name}"))).collect()
}

pub(super) async fn add(
    State(ctx): State<Ctx>,
    frame: Frame,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let sent = Sent::from(pairs);
    let kind = kind_of(sent.get("kind")).or_not_found("kind of channel", sent.get("kind"))?;
    check_kind(&frame, kind.id)?;
    let values = read_values(&sent, kind);
    let (common, stored) = (read_common(&sent, None, false), Stored::read(kind.id, &values, None, &[]));
    let mut wrong = Vec::new();
    let mut problem = None;
    match (common, stored) {
        (Ok(common), Ok(stored)) => {
            let desk = ctx.memory.of::<Desk>();
            match desk.save_channel(&ctx, &common, Some(&stored), true).await {
                Ok(()) => return Ok(Redirect::to(&format!("{PATH}/{}", common.name)).into_response()),
                Err(Error::Invalid { field, problem }) => wrong.push((field, problem)),
                Err(error) => problem = Some(sentence(error)?),
            }
        }
        (common, stored) => {
            wrong.extend(common.err().unwrap_or_default());
            wrong.extend(stored.err().unwrap_or_default().into_iter().map(of_form));
        }
    }
    let people = ctx.memory.of::<Desk>().people(&ctx).await;
    let form = ChannelForm {
        title: sent.get("title").to_owned(),
        owner: sent.get("owner").to_owned(),
        per_minute: sent.get("per_minute").to_owned(),
        values,
        wrong,
        problem,
        people: &people,
        ..ChannelForm::new(kind)
    };
    Ok(again(frame.page("New channel", &pages::channel_form(&form))))
}

fn of_form((field, problem): Wrong) -> Wrong {
    if field.is_empty() { (field, problem) } else { (format!("{FIELD}{field}"), problem) }
}

/// The channel of this name.
pub(super) async fn open(ctx: &Ctx, name: &str) -> Result<(Arc<Setup>, Channel)> {
    let setup = ctx.memory.of::<Desk>().setup(ctx).await?;
    let channel = setup.channel(name).cloned().or_not_found("channel", name)?;
    Ok((setup, channel))
}

pub(super) async fn show(State(ctx): State<Ctx>, frame: Frame, Path(name): Path<String>) -> Answer {
    let (setup, channel) = open(&ctx, &name).await?;
    draw(&ctx, &frame, &setup, &channel, None, None).await
}

/// The page of a channel, with what a test answered or what is wrong with the form.
async fn draw(
    ctx: &Ctx,
    frame: &Frame,
    setup: &Setup,
    channel: &Channel,
    tested: Option<&Outcome>,
    wrong: Option<(Sent, Vec<Wrong>)>,
) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    let people = desk.people(ctx).await;
    // Words are looked for in what was said, too: only those count of which it is a channel.
    let query = LogQuery { words: vec![channel.name.clone()], limit: LOOKED_AT, ..LogQuery::default() };
    let mut last = store::list_deliveries(&ctx.db, &query).await?;
    last.retain(|delivery| delivery.steps.iter().any(|step| step.place.channel == channel.name));
    last.truncate(SHOWN);
    let may_write = frame.may(Scope::Write) && channel.origin == Origin::Page;
    let form = kind_of(channel.kind()).filter(|_| may_write).map(|kind| {
        let form = ChannelForm { people: &people, channel: Some(channel), ..ChannelForm::new(kind) };
        match &wrong {
            Some((sent, wrong)) => ChannelForm {
                title: sent.get("title").to_owned(),
                owner: sent.get("owner").to_owned(),
                per_minute: sent.get("per_minute").to_owned(),
                values: read_values(sent, kind),
                forget: forgotten(sent, kind),
                wrong: wrong.clone(),
                ..form
            },
            None => ChannelForm {
                title: channel.title.clone(),
                owner: channel.owner.clone().unwrap_or_default(),
                per_minute: channel.per_minute.to_string(),
                values: channel.fields(),
                ..form
            },
        }
    });
    let view = pages::ChannelView {
        channel,
        setup,
        health: &desk.pulse(&channel.name).judge(ctx.clock.now()),
        tested,
        form: form.as_ref(),
        last: &last,
        may_test: frame.may(Scope::Write),
    };
    let page = frame.page(&channel.title, &pages::channel(ctx, &view));
    Ok(if wrong.is_some() { again(page) } else { page })
}

pub(super) async fn change(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(name): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let sent = Sent::from(pairs);
    let (setup, channel) = open(&ctx, &name).await?;
    check_kind(&frame, channel.kind())?;
    let kind = kind_of(channel.kind()).ok_or_else(|| {
        Error::Conflict("What it leads to cannot be read. Delete it and make it anew.".to_owned())
    })?;
    let values = read_values(&sent, kind);
    let forget = forgotten(&sent, kind);
    let common = read_common(&sent, Some(&name), channel.paused);
    let mut wrong = Vec::new();
    match (common, Stored::read(kind.id, &values, Some(&channel), &forget)) {
        (Ok(common), Ok(stored)) => {
            let desk = ctx.memory.of::<Desk>();
            desk.save_channel(&ctx, &common, Some(&stored), false).await?;
            return Ok(Redirect::to(&format!("{PATH}/{name}")).into_response());
        }
        (common, stored) => {
            wrong.extend(stored.err().unwrap_or_default().into_iter().map(of_form));
            wrong.extend(common.err().unwrap_or_default());
        }
    }
    draw(&ctx, &frame, &setup, &channel, None, Some((sent, wrong))).await
}

/// Sends a test, and gives the real answer of the other side.
pub(super) async fn try_out(ctx: &Ctx, setup: &Setup, channel: &Channel, who: &str) -> Outcome {
    let news = test_news(&channel.title, who, ctx.clock.now());
    // Of browsers only those of who asks: nobody else has to be bothered.
    let message = Message { news: &news, person: Some(who), dedupe: &news.key, previous: None };
    let sender = Sender::new(http_probe::Client::new());
    let (outcome, _) = send(ctx, &sender, &site(ctx, &setup.settings), channel, &message).await;
    feel(ctx, &ctx.memory.of::<Desk>(), channel, &outcome).await;
    outcome
}

pub(super) async fn test(State(ctx): State<Ctx>, frame: Frame, Path(name): Path<String>) -> Answer {
    let (setup, channel) = open(&ctx, &name).await?;
    let who = frame.identity()?.name.clone();
    let outcome = try_out(&ctx, &setup, &channel, &who).await;
    draw(&ctx, &frame, &setup, &channel, Some(&outcome), None).await
}

pub(super) async fn pause(State(ctx): State<Ctx>, Path(name): Path<String>) -> Answer {
    set_paused(&ctx, &name, true).await
}

pub(super) async fn resume(State(ctx): State<Ctx>, Path(name): Path<String>) -> Answer {
    set_paused(&ctx, &name, false).await
}

async fn set_paused(ctx: &Ctx, name: &str, paused: bool) -> Answer {
    let (_, channel) = open(ctx, name).await?;
    let common = NewChannel {
        name: channel.name,
        title: channel.title,
        owner: channel.owner,
        paused,
        per_minute: channel.per_minute,
    };
    let desk = ctx.memory.of::<Desk>();
    desk.save_channel(ctx, &common, None, false).await?;
    ctx.jobs.poke("notify.channels");
    Ok(Redirect::to(&format!("{PATH}/{name}")).into_response())
}

pub(super) async fn ask_delete(State(ctx): State<Ctx>, frame: Frame, Path(name): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let (setup, channel) = open(&ctx, &name).await?;
    Ok(frame.dialog("Delete this channel?", &pages::delete_channel(&setup, &channel)))
}

pub(super) async fn delete(State(ctx): State<Ctx>, Path(name): Path<String>) -> Answer {
    ctx.memory.of::<Desk>().delete_channel(&ctx, &name).await?;
    ctx.jobs.poke("notify.channels");
    Ok(Redirect::to(PATH).into_response())
}
