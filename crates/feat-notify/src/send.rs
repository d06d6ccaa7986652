//! The thin part that says something through a channel.

use crate::channel::{Channel, What};
use crate::desk::Desk;
use crate::model::news::News;
use crate::model::note::Pen;
use crate::model::queue::Outcome;
use crate::model::route::{CHANNEL_KIND, CHANNEL_SCOPE};
use channels::{Answer, DELIVERY_MAX, DeliveryError, Sender};
use hob_base::Observation;
use hob_base::ResourceId;
use hob_feature::Ctx;
use std::time::Duration;

/// The push server and browsers are given up after this.
const OWN_MAX: Duration = Duration::from_secs(30);
/// As the source of what is said of channels.
const SOURCE: &str = "notify";
/// How long a word on a channel holds: it is repeated long before.
const HOLDS: Duration = Duration::from_secs(900);

/// One message to one place.
pub(crate) struct Message<'a> {
    /// What is told.
    pub(crate) news: &'a News,
    /// Whose browsers; `None`: anybody's.
    pub(crate) person: Option<&'a str>,
    /// The key of this very delivery.
    pub(crate) dedupe: &'a str,
    /// What to edit or answer.
    pub(crate) previous: Option<&'a str>,
}

/// Says it. Returns what came of it, and what later messages edit or answer.
pub(crate) async fn send(
    ctx: &Ctx,
    sender: &Sender,
    site: &str,
    channel: &Channel,
    message: &Message<'_>,
) -> (Outcome, Option<String>) {
    let pen = Pen { site, hub: &ctx.hostname, zone: &ctx.zone };
    match &channel.what {
        What::Push { topic } => (publish(ctx, &pen, message.news, topic).await, None),
        What::Browsers => (to_browsers(ctx, &pen, message).await, None),
        What::Service(service) => {
            let note = pen.note(message.news, message.dedupe);
            let sending = sender.send(service, &note, message.previous);
            match tokio::time::timeout(DELIVERY_MAX + Duration::from_secs(5), sending).await {
                Ok(Ok(delivered)) => {
                    let (status, text) = words(&delivered.answer);
                    (Outcome::Taken { status, text, missed: delivered.missed }, delivered.reference)
                }
                Ok(Err(error)) => (failure(&error), None),
                Err(_) => (later("It did not answer in time."), None),
            }
        }
        What::Broken { problem, .. } => (Outcome::Refused { status: None, text: problem.clone() }, None),
    }
}

fn words(answer: &Answer) -> (Option<u16>, String) {
    (Some(answer.status).filter(|status| *status > 0), answer.text.clone())
}

fn failure(error: &DeliveryError) -> Outcome {
    let status = error.answer().map(|answer| answer.status).filter(|status| *status > 0);
    let mut text = error.to_string();
    if let Some(answer) =
        error.answer().map(|answer| &answer.text).filter(|said| !text.contains(said.as_str()))
    {
        text.push_str(&format!(" It said: {answer}"));
    }
    if error.is_worth_trying_again() {
        return Outcome::Later { after: error.retry_after(), status, text };
    }
    Outcome::Refused { status, text }
}

fn later(text: impl Into<String>) -> Outcome {
    Outcome::Later { after: None, status: None, text: text.into() }
}

async fn publish(ctx: &Ctx, pen: &Pen<'_>, news: &News, topic: &str) -> Outcome {
    let Some(door) = ctx.push() else {
        let text = "This hub has no push server.".to_owned();
        return Outcome::Refused { status: None, text };
    };
    match tokio::time::timeout(OWN_MAX, (door.publish)(ctx.clone(), pen.push(news, topic))).await {
        Ok(Ok(id)) => {
            Outcome::Taken {
                status: None, text: format!("Published as {id} on “{topic}”."), missed: None
            }
        }
        Ok(Err(error)) => later(error.chain()),
        Err(_) => later("The push server did not take it in time."),
    }
}

async fn to_browsers(ctx: &Ctx, pen: &Pen<'_>, message: &Message<'_>) -> Outcome {
    let Some(door) = ctx.push() else {
        let text = "This hub has no push server.".to_owned();
        return Outcome::Refused { status: None, text };
    };
    let person = message.person.map(str::to_owned);
    let whose = person.as_deref().unwrap_or("anybody").to_owned();
    let pushed = (door.to_browsers)(ctx.clone(), person, pen.push(message.news, ""));
    match tokio::time::timeout(OWN_MAX, pushed).await {
        Ok(Ok(push)) if push.reached > 0 => {
            let missed = match push.failed.first() {
                Some(first) => format!(" Others did not: {first}"),
                None => String::new(),
            };
            Outcome::Taken {
                status: None,
                text: format!(
                    "{} of {whose} took it.{missed}",
                    hob_base::wording::counted(push.reached, "browser")
                ),
                // Browsers come and go; who is gone is forgotten by the push server.
                missed: None,
            }
        }
        Ok(Ok(push)) if push.failed.is_empty() => {
            Outcome::Nobody { text: format!("No browser of {whose} has been allowed to be notified yet.") }
        }
        Ok(Ok(push)) => later(push.failed.join(" ")),
        Ok(Err(error)) => later(error.chain()),
        Err(_) => later("The push services of the browsers did not answer in time."),
    }
}

/// Takes in how a channel worked, and tells the house where that is news.
pub(crate) async fn feel(ctx: &Ctx, desk: &Desk, channel: &Channel, outcome: &Outcome) {
    let now = ctx.clock.now();
    match outcome {
        Outcome::Taken { missed, .. } => {
            desk.beat(&channel.name, |pulse| pulse.worked(missed.as_deref(), now))
        }
        Outcome::Nobody { .. } => return,
        Outcome::Refused { text, .. } => desk.beat(&channel.name, |pulse| pulse.failed(text, true, now)),
        Outcome::Later { text, .. } => desk.beat(&channel.name, |pulse| pulse.failed(text, false, now)),
    };
    observe(ctx, desk, channel).await;
}

/// The resource of a channel.
pub(crate) fn resource_of(name: &str) -> ResourceId {
    ResourceId::new(CHANNEL_KIND, CHANNEL_SCOPE, name)
}

/// Tells the house how a channel works.
pub(crate) async fn observe(ctx: &Ctx, desk: &Desk, channel: &Channel) {
    let resource = resource_of(&channel.name);
    if channel.paused {
        ctx.resources.withdraw(SOURCE, resource).await;
        return;
    }
    let health = match &channel.what {
        What::Broken { problem, .. } => hob_base::Health::critical("It cannot be used.")
            .with_evidence(problem.clone())
            .with_remedy("Correct it on its page or in hob.toml."),
        _ => desk.pulse(&channel.name).judge(ctx.clock.now()),
    };
    let mut observation = Observation::new(SOURCE, resource, HOLDS)
        .named(format!("Channel “{}”", channel.title))
        .fact("channel_kind", channel.kind())
        .judged(health);
    if let Some(owner) = &channel.owner {
        observation = observation.fact("owner", owner.as_str());
    }
    ctx.resources.observe(observation).await;
}

/// Takes back what was said of a channel that is gone.
pub(crate) async fn forget(ctx: &Ctx, name: &str) {
    ctx.resources.withdraw(SOURCE, resource_of(name)).await;
}
