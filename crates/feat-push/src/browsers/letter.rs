//! What a browser is sent: ntfy's JSON for web push, short enough for every push service.

use super::book::Browser;
use crate::config;
use hob_base::{Result, Timestamp};
use hob_feature::{Ctx, PushMessage};
use ntfy_protocol::{Action, ActionKind, Event, Message, emoji, message_id};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use webpush::{MAX_PLAINTEXT, Topic, Urgency};

/// How long a push service keeps a letter for a device that is off: a weekend away.
const KEPT: Duration = Duration::from_secs(3 * 86_400);
/// The topic under which Hob's own words are shown.
const HOUSE: &str = "hob";
/// The longest title where not even an empty message fits, in characters.
const TITLE_SHORT: usize = 200;

/// Something to send to a browser. A clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// What the service worker reads.
    pub(crate) payload: Arc<[u8]>,
    /// How long a push service keeps it.
    pub(crate) ttl: Duration,
    /// How soon the device is to be bothered.
    pub(crate) urgency: Urgency,
    /// Which earlier letter it takes the place of.
    pub(crate) replaces: Option<Topic>,
}

/// The letter of a message, to a browser that knows this hub as `site`.
pub(crate) fn of_message(message: &Message, site: &str, keep: Duration) -> Letter {
    // A topic's name needs no encoding.
    addressed(message, site, &format!("/messages?topic={}", message.topic), keep)
}

fn addressed(message: &Message, site: &str, page: &str, keep: Duration) -> Letter {
    let subscription = format!("{}/{}", site.trim_end_matches('/'), message.topic);
    let sequence = &message.sequence_id;
    let replaces = !sequence.is_empty() && *sequence != message.id;
    Letter {
        payload: payload(message, Place { subscription: &subscription, page }).into_bytes().into(),
        ttl: keep.min(KEPT),
        urgency: urgency(message.priority),
        replaces: replaces.then(|| Topic::of(&format!("{}/{sequence}", message.topic))),
    }
}

/// The letter of what Hob itself has to say.
///
/// # Errors
/// When the system gives no random bytes for an id.
pub(crate) fn of_house(ctx: &Ctx, asked: &PushMessage) -> Result<Letter> {
    let settings = config::settings(ctx);
    let id = message_id(ctx.sealer.random_bytes()?);
    let message = house_message(asked, id, ctx.clock.now());
    let site = settings.base_url.clone().unwrap_or_default();
    Ok(addressed(&message, &site, "/", KEPT))
}

fn house_message(asked: &PushMessage, id: String, now: Timestamp) -> Message {
    let view = |(at, (label, url)): (usize, &(String, String))| Action {
        id: format!("link{at}"),
        kind: ActionKind::View,
        label: label.clone(),
        url: url.clone(),
        ..Action::default()
    };
    Message {
        id,
        sequence_id: asked.sequence_id.clone().unwrap_or_default(),
        time: now.millis().div_euclid(1000),
        event: Event::Message,
        topic: if asked.topic.is_empty() { HOUSE.to_owned() } else { asked.topic.clone() },
        title: asked.title.clone(),
        message: asked.message.clone(),
        priority: asked.priority,
        tags: asked.tags.clone(),
        click: asked.click.clone().unwrap_or_default(),
        actions: asked.links.iter().enumerate().take(ntfy_protocol::action::ACTIONS_MAX).map(view).collect(),
        content_type: if asked.markdown { "text/markdown".to_owned() } else { String::new() },
        ..Message::default()
    }
}

/// The letter that says that a browser will be forgotten.
pub(crate) fn expiring() -> Letter {
    let payload = json!({ "event": "subscription_expiring" }).to_string();
    Letter { payload: payload.into_bytes().into(), ttl: KEPT, urgency: Urgency::Normal, replaces: None }
}

/// The letter with which somebody tries whether a browser gets any.
///
/// # Errors
/// When the system gives no random bytes for an id.
pub(crate) fn test(ctx: &Ctx, browser: &Browser) -> Result<Letter> {
    let message = PushMessage {
        title: "This is a test".to_owned(),
        message: format!("{} gets messages from Hob on {}.", browser.name, ctx.hostname),
        priority: 3,
        tags: vec!["bell".to_owned()],
        click: None,
        sequence_id: Some("test".to_owned()),
        ..PushMessage::default()
    };
    of_house(ctx, &message)
}

/// A phone in a pocket is woken for what is usual and above. Apple delivers nothing less reliably.
fn urgency(priority: u8) -> Urgency {
    match priority {
        1 => Urgency::Low,
        2 => Urgency::Normal,
        _ => Urgency::High,
    }
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// What clients of the protocol call it.
    subscription: &'a str,
    /// The path of the page on which Hob shows it.
    page: &'a str,
}

/// The JSON, with as much of the message as fits: first its text is cut, then what is pleasant but not needed goes.
fn payload(message: &Message, place: Place<'_>) -> String {
    let whole = written(message, place);
    if whole.len() <= MAX_PLAINTEXT {
        return whole;
    }
    let bare = Message { message: String::new(), encoding: String::new(), ..message.clone() };
    let without_file = Message { attachment: None, icon: String::new(), ..bare.clone() };
    let without_buttons = Message { actions: Vec::new(), ..without_file.clone() };
    let short = |text: &str| text.chars().take(TITLE_SHORT).collect::<String>();
    let least = Message {
        title: short(&message.title),
        tags: Vec::new(),
        click: String::new(),
        ..without_buttons.clone()
    };
    for shell in [bare, without_file, without_buttons, least] {
        let room = MAX_PLAINTEXT.saturating_sub(written(&shell, place).len());
        // Half of the text of a file, or bytes in base64, mean nothing.
        let text = if message.encoding.is_empty() { message.message.as_str() } else { "" };
        // Room for a sentence, or for all that there is.
        if room >= text.len().min(80) + 40 {
            return written(&Message { message: cut(text, room), ..shell }, place);
        }
    }
    // Nothing of a message is as long as that; the reader still learns that there is one.
    let notice = Message {
        id: message.id.clone(),
        time: message.time,
        event: message.event,
        topic: message.topic.clone(),
        priority: message.priority,
        ..Message::default()
    };
    written(&notice, place)
}

/// The beginning of a text that takes at most `room` bytes as part of a JSON string, and an ellipsis if that is not all.
fn cut(text: &str, room: usize) -> String {
    // A field of its own takes these around its text: ,"message":""
    let room = room.saturating_sub(16);
    let in_json = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => 6,
        // Some writers escape these for pages.
        '<' | '>' | '&' => 6,
        c => c.len_utf8(),
    };
    let mut used = 0;
    let mut fits = 0;
    for (at, c) in text.char_indices() {
        used += in_json(c);
        if used + '…'.len_utf8() > room {
            return format!("{}…", text.get(..fits).unwrap_or_default());
        }
        fits = at + c.len_utf8();
    }
    text.to_owned()
}

/// ntfy's JSON. Two fields are ours: `emoji` is what the tags mean, so that the service worker needs no table of names, and
/// `page` is where Hob shows the message.
fn written(message: &Message, place: Place<'_>) -> String {
    let (found, _) = emoji::split(&message.tags);
    let text: Value = serde_json::from_str(&message.to_json()).unwrap_or_default();
    let Place { subscription, page } = place;
    let mut payload =
        json!({ "event": "message", "subscription_id": subscription, "message": text, "page": page });
    if let (false, Some(fields)) = (found.is_empty(), payload.as_object_mut()) {
        fields.insert("emoji".to_owned(), Value::from(found.concat()));
    }
    payload.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message() -> Message {
        Message {
            id: "abcdefghijkl".to_owned(),
            time: 1_800_000_000,
            topic: "backups".to_owned(),
            title: "Backup failed".to_owned(),
            message: "The disk is full.".to_owned(),
            priority: 5,
            tags: vec!["warning".to_owned(), "nas".to_owned()],
            ..Message::default()
        }
    }

    fn read(letter: &Letter) -> Value {
        serde_json::from_slice(&letter.payload).unwrap()
    }

    #[test]
    fn a_letter_is_what_the_web_app_of_ntfy_reads() {
        let letter = of_message(&message(), "https://push.example.org/", Duration::from_secs(3600));
        let json = read(&letter);
        assert_eq!(json["event"], "message");
        assert_eq!(json["subscription_id"], "https://push.example.org/backups");
        assert_eq!(json["message"]["id"], "abcdefghijkl");
        assert_eq!(json["message"]["event"], "message");
        assert_eq!(json["message"]["title"], "Backup failed");
        assert_eq!(json["message"]["priority"], 5);
        assert_eq!(
            (&json["emoji"], &json["page"]),
            (&json!("\u{26a0}\u{fe0f}"), &json!("/messages?topic=backups"))
        );
        assert_eq!((letter.urgency, letter.ttl), (Urgency::High, Duration::from_secs(3600)));
        assert_eq!(letter.replaces, None);
        let same = Message { sequence_id: "abcdefghijkl".to_owned(), ..message() };
        assert_eq!(of_message(&same, "", KEPT).replaces, None);
    }

    #[test]
    fn what_takes_something_s_place_does_so_at_the_push_service() {
        let one = Message { sequence_id: "nightly".to_owned(), ..message() };
        let deleted =
            Message::of_sequence(Event::MessageDelete, "bcdefghijklm".to_owned(), 1, "backups", "nightly");
        let other = Message { topic: "other".to_owned(), ..one.clone() };
        let replaces = |message: &Message| of_message(message, "", KEPT).replaces;
        assert!(replaces(&one).is_some());
        assert_eq!(replaces(&one), replaces(&deleted));
        assert_ne!(replaces(&one), replaces(&other));
    }

    #[test]
    fn the_message_is_cut_and_not_the_json() {
        for text in ["x".repeat(5000), "ü\n\"<&".repeat(2000), "\u{1F4A5}".repeat(2000), "\u{0}".repeat(5000)]
        {
            let long = Message { message: text.clone(), ..message() };
            let letter = of_message(&long, "https://push.example.org", KEPT);
            assert!(letter.payload.len() <= MAX_PLAINTEXT);
            let json = read(&letter);
            let cut = json["message"]["message"].as_str().unwrap();
            let kept = cut.strip_suffix('…').unwrap();
            assert!(text.starts_with(kept) && kept.chars().count() > 300, "{}", kept.len());
            assert_eq!(json["message"]["title"], "Backup failed");
        }
    }

    #[test]
    fn what_is_pleasant_goes_before_the_words() {
        let action = Action {
            label: "Open".to_owned(),
            url: format!("https://a/{}", "x".repeat(1500)),
            ..Action::default()
        };
        let long = Message {
            message: "The disk is full. ".repeat(10),
            actions: vec![action.clone(), action.clone(), action],
            icon: format!("https://a/{}", "x".repeat(500)),
            ..message()
        };
        let json = read(&of_message(&long, "", KEPT));
        assert!(json["message"].get("actions").is_none());
        assert_eq!(json["message"]["message"], "The disk is full. ".repeat(10));
        let bytes = Message { message: "AAAA".repeat(1100), encoding: "base64".to_owned(), ..message() };
        let json = read(&of_message(&bytes, "", KEPT));
        assert!(json["message"].get("encoding").is_none_or(Value::is_null), "{json}");
    }

    #[test]
    fn hobs_own_words_have_links_as_buttons() {
        let asked = PushMessage {
            title: "NAS is down".to_owned(),
            links: vec![("Open".to_owned(), "https://hob/incidents/1".to_owned())],
            click: Some("https://hob/incidents/1".to_owned()),
            sequence_id: Some("incident-1".to_owned()),
            ..PushMessage::default()
        };
        let message =
            house_message(&asked, "abcdefghijkl".to_owned(), Timestamp::from_millis(1_800_000_000_999));
        assert_eq!((message.topic.as_str(), message.time), ("hob", 1_800_000_000));
        assert_eq!((message.actions[0].label.as_str(), message.actions[0].kind), ("Open", ActionKind::View));
        assert_eq!(
            (message.click.as_str(), message.sequence_id.as_str()),
            ("https://hob/incidents/1", "incident-1")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_letter_fits(
            title in ".{0,300}", text in ".{0,5000}", click in "[!-~]{0,4000}",
            tags in proptest::collection::vec("[a-z_]{1,200}", 0..30),
        ) {
            let message = Message { title, message: text, click, tags, ..message() };
            let letter = of_message(&message, "https://push.example.org", KEPT);
            prop_assert!(letter.payload.len() <= MAX_PLAINTEXT, "{}", letter.payload.len());
            prop_assert_eq!(&read(&letter)["message"]["id"], "abcdefghijkl");
        }
    }
}
