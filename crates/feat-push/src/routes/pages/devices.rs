//! This device, and the others that somebody gets messages on.

use super::{done, is_admin, person, refused, say, take_flash, visitor};
use crate::browsers::actions::{self, Owner, Refused};
use crate::browsers::{self, life};
use crate::pages::{self, DevicesPage, Flash};
use crate::visitor::Right;
use axum::extract::{Form, Json, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hob_base::error::OrNotFound;
use hob_base::{Error, Level, Result};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use webpush::Subscription;

const HERE: &str = "/messages/devices";

/// What a browser gives of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    endpoint: String,
    p256dh: String,
    auth: String,
}

/// The same as browsers write it in JSON (Push API, `PushSubscription.toJSON`).
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    endpoint: String,
    keys: Keys,
}

#[derive(Debug, Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

impl Written {
    fn read(&self) -> Result<Subscription> {
        let Keys { p256dh, auth } = &self.keys;
        subscription(&self.endpoint, p256dh, auth)
    }
}

fn subscription(endpoint: &str, p256dh: &str, auth: &str) -> Result<Subscription> {
    Subscription::read(endpoint, p256dh, auth).map_err(|why| Error::invalid("endpoint", why.to_string()))
}

pub(super) async fn show(frame: Frame) -> Answer {
    let desk = browsers::desk(&frame.ctx).await?;
    let person = frame.identity()?.user_id.clone();
    let of_person = |person: String| desk.book(|book| book.everything_of(&person)).unwrap_or_default();
    let view = DevicesPage {
        key: &desk.sender()?.public_key(),
        has_account: person.is_some(),
        browsers: &person.map(of_person).unwrap_or_default(),
        is_admin: is_admin(&frame),
        flash: take_flash(&frame)?,
    };
    Ok(frame.page("This device", &pages::devices(&frame.ctx, &view)))
}

/// Adds this browser.
pub(super) async fn add(frame: Frame, headers: HeaderMap, Form(given): Form<Given>) -> Answer {
    let read = subscription(&given.endpoint, &given.p256dh, &given.auth);
    let added = match read {
        Ok(subscription) => add_browser(&frame, &headers, subscription).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => Ok(done(&frame, HERE, "This browser gets messages from now on. Try it with a test.")?),
        Err(error) => Ok(refused(&frame, HERE, error)?),
    }
}

async fn add_browser(frame: &Frame, headers: &HeaderMap, subscription: Subscription) -> Result<()> {
    let (person, _) = person(frame)?;
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let owner = Owner {
        visitor: format!("user {person}"),
        person: Some(person),
        own: true,
        site: text(header::ORIGIN).map(|origin| life::short(origin, 300)).unwrap_or_default(),
    };
    let name = life::name_of(text(header::USER_AGENT).unwrap_or_default());
    let added = actions::add(&frame.ctx, owner, subscription, None, &name).await;
    added.map(drop).map_err(|refused| match refused {
        Refused::Unreachable(why) => Error::Conflict(format!(
            "{why} An administrator can list it under push.webpush_hosts in hob.toml."
        )),
        Refused::TooMany => Error::Conflict(
            "There are as many browsers as there may be. Remove one that is no longer used.".to_owned(),
        ),
        Refused::Taken => {
            Error::Conflict("This browser belongs to somebody else, who has to remove it first.".to_owned())
        }
        Refused::Failed(error) => error,
    })
}

/// What a browser is to listen to, and its name.
#[derive(Debug, Deserialize)]
pub(super) struct Changed {
    #[serde(default)]
    topics: String,
    #[serde(default)]
    name: String,
}

pub(super) async fn change(frame: Frame, Path(id): Path<String>, Form(form): Form<Changed>) -> Answer {
    let (person, _) = person(&frame)?;
    let changed = async {
        let topics = actions::topics_of(&form.topics).map_err(|problem| Error::invalid("topics", problem))?;
        let visitor = visitor(&frame)?;
        for topic in &topics {
            visitor.may(&frame.ctx, topic, Right::Read).await.map_err(|_| {
                Error::Conflict(format!("You may not read the topic “{topic}”, so it cannot be sent here."))
            })?;
        }
        actions::change(&frame.ctx, &person, &id, topics, &form.name).await
    };
    match changed.await {
        Ok(()) => Ok(done(&frame, HERE, "Saved.")?),
        Err(error) => Ok(refused(&frame, HERE, error)?),
    }
}

pub(super) async fn test(frame: Frame, Path(id): Path<String>) -> Answer {
    let (person, _) = person(&frame)?;
    let said = match actions::test(&frame.ctx, &person, &id).await? {
        Ok(()) => Flash::Message(
            Level::Ok,
            "The push service took the test. It appears in a moment, if the device is on.".to_owned(),
        ),
        Err(failure) => Flash::Message(Level::Warning, failure.to_string()),
    };
    Ok(say(&frame, HERE, said)?)
}

pub(super) async fn remove(frame: Frame, Path(id): Path<String>) -> Answer {
    let (person, _) = person(&frame)?;
    actions::remove(&frame.ctx, &person, &id).await?;
    Ok(done(&frame, HERE, "Nothing is sent there any more.")?)
}

/// The public key, for a service worker that has to subscribe anew.
pub(super) async fn key(frame: Frame) -> Answer {
    Ok(browsers::desk(&frame.ctx).await?.sender()?.public_key().into_response())
}

/// A browser that was heard of.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    endpoint: String,
}

/// Whoever knows a browser's address may say that it lives; nothing is told.
pub(super) async fn seen(frame: Frame, Json(seen): Json<Seen>) -> Answer {
    let known = actions::seen(&frame.ctx, &seen.endpoint).await?;
    known
        .then_some(StatusCode::NO_CONTENT.into_response())
        .or_not_found("browser", "with this address")
        .map_err(Into::into)
}

/// A browser whose push service has given it another address.
#[derive(Debug, Deserialize)]
pub(super) struct Moved {
    old: Option<Written>,
    new: Written,
}

/// A browser shows that it is the old one by its keys; otherwise by who is logged in on it.
pub(super) async fn moved(frame: Frame, headers: HeaderMap, Json(moved): Json<Moved>) -> Answer<Response> {
    let new = moved.new.read()?;
    match &moved.old {
        Some(old) => actions::moved(&frame.ctx, &old.read()?, new).await?,
        None => add_browser(&frame, &headers, new).await?,
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
