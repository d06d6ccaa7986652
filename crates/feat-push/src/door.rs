//! How the rest of the house publishes.

use crate::desk::desk;
use crate::writer::{self, Publication, When};
use crate::{browsers, config};
use hob_base::{Error, Result};
use hob_feature::{BoxFuture, Ctx, PushDoor, PushMessage, boxed};
use ntfy_protocol::{Action, ActionKind, Event, Message, SequenceId, Topic};

/// The door of the push server.
pub(crate) const DOOR: PushDoor = PushDoor { publish, to_browsers: browsers::to_browsers };

fn publish(ctx: Ctx, message: PushMessage) -> BoxFuture<Result<String>> {
    boxed(async move {
        let settings = config::settings(&ctx);
        if !settings.enabled {
            return Err(Error::Unavailable(
                "The push server is switched off. Set enabled = true under [push] in hob.toml.".to_owned(),
            ));
        }
        let now = ctx.clock.now();
        let expires_at = now.plus(settings.keep);
        let seconds = |at: hob_base::Timestamp| at.millis().div_euclid(1000);
        let mut message = message_of(message, desk(&ctx).new_id()?)?;
        message.time = seconds(now);
        message.expires = seconds(expires_at);
        let publisher = "hob".to_owned();
        let publication =
            Publication { message, when: When::Now, at: now, expires_at, publisher, file: None };
        let published = writer::publish(&ctx, publication).await;
        let delivery = published.map_err(|refusal| Error::Unavailable(refusal.error.into_owned()))?;
        Ok(delivery.message.id.clone())
    })
}

/// The longest text and headline; what is longer is cut. Bytes.
const TEXT_MAX: usize = 4096;
const TITLE_MAX: usize = 1024;

/// The same in the words of the protocol.
fn message_of(from: PushMessage, id: String) -> Result<Message> {
    let topic = Topic::new(&from.topic).map_err(|_| {
        let problem = format!("“{}” is no topic: use letters, digits, “-” and “_”, at most 64.", from.topic);
        Error::invalid("topic", problem)
    })?;
    let sequence_id = match from.sequence_id {
        Some(name) => SequenceId::new(&name)
            .map_err(|refusal| Error::invalid("sequence_id", refusal.error))?
            .into_string(),
        None => id.clone(),
    };
    let text = if from.message.is_empty() { "triggered".to_owned() } else { from.message };
    Ok(Message {
        event: Event::Message,
        topic: topic.into_string(),
        title: ntfy_protocol::text::single_line(ntfy_protocol::text::cut(&from.title, TITLE_MAX)),
        message: ntfy_protocol::text::cut(&text, TEXT_MAX).to_owned(),
        priority: from.priority.min(5),
        tags: from.tags,
        click: from.click.unwrap_or_default(),
        actions: links(from.links, &id),
        content_type: if from.markdown { "text/markdown".to_owned() } else { String::new() },
        sequence_id,
        id,
        ..Message::default()
    })
}

/// Links as buttons; phones show three.
fn links(links: Vec<(String, String)>, id: &str) -> Vec<Action> {
    let buttons = links.into_iter().take(3).enumerate();
    buttons
        .map(|(index, (label, url))| Action {
            id: format!("{id}{index}"),
            label,
            kind: ActionKind::View,
            url,
            ..Action::default()
        })
        .collect()
}
