//! A message on its way to subscribers, written once for each form in which somebody wants it.

use bytes::Bytes;
use ntfy_protocol::{Action, Format, Message};
use std::sync::OnceLock;

/// A message with the bytes that subscribers get, made when first asked for and shared by all.
pub(crate) struct Delivery {
    /// Its place among the messages that are kept; 0 for one that is not.
    pub(crate) position: i64,
    /// What it says.
    pub(crate) message: Message,
    /// About how much memory it takes.
    weight: usize,
    forms: [OnceLock<Written>; 4],
}

/// A message in one form.
#[derive(Clone)]
struct Written {
    /// With the frame of HTTP's chunked coding around it.
    chunk: Bytes,
    /// The form itself.
    plain: Bytes,
}

impl Delivery {
    pub(crate) fn new(position: i64, message: Message) -> Self {
        let weight = weight_of(&message);
        Self { position, message, weight, forms: Default::default() }
    }

    /// About how much memory it takes; bytes.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// As a subscriber of this form gets it.
    pub(crate) fn plain(&self, format: Format) -> Bytes {
        self.written(format).plain.clone()
    }

    /// The same as one chunk of a chunked body; a WebSocket has no chunks and gets the frame itself.
    pub(crate) fn chunk(&self, format: Format) -> Bytes {
        self.written(format).chunk.clone()
    }

    fn written(&self, format: Format) -> &Written {
        let [json, sse, raw, socket] = &self.forms;
        let form = match format {
            Format::Json => json,
            Format::Sse => sse,
            Format::Raw => raw,
            Format::WebSocket => socket,
        };
        form.get_or_init(|| write(format, &self.message))
    }
}

/// The message itself, and as much again for one form of it: tags, buttons and addresses may be longer than the text.
fn weight_of(message: &Message) -> usize {
    let words = |map: &std::collections::BTreeMap<String, String>| {
        map.iter().map(|(name, value)| 64 + name.len() + value.len()).sum::<usize>()
    };
    let action = |action: &Action| {
        let texts = [&action.label, &action.url, &action.body, &action.intent, &action.value];
        256 + texts.map(String::len).iter().sum::<usize>() + words(&action.headers) + words(&action.extras)
    };
    let texts = [&message.title, &message.message, &message.click, &message.icon];
    let file = message.attachment.as_ref().map_or(0, |file| file.name.len() + file.url.len());
    let tags = message.tags.iter().map(|tag| 32 + tag.len()).sum::<usize>();
    let all = texts.map(String::len).iter().sum::<usize>()
        + file
        + tags
        + message.actions.iter().map(action).sum::<usize>();
    256 + 2 * all
}

fn write(format: Format, message: &Message) -> Written {
    let plain = format.encode(message);
    if format == Format::WebSocket {
        let plain = Bytes::from(plain);
        return Written { chunk: plain.clone(), plain };
    }
    let mut chunk = format!("{:x}\r\n", plain.len()).into_bytes();
    let start = chunk.len();
    chunk.extend_from_slice(&plain);
    let end = chunk.len();
    chunk.extend_from_slice(b"\r\n");
    let chunk = Bytes::from(chunk);
    Written { plain: chunk.slice(start..end), chunk }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntfy_protocol::Event;

    #[test]
    fn each_form_is_written_once_and_shared() {
        let message =
            Message { id: "a".into(), topic: "t".into(), message: "one\ntwo".into(), ..Message::default() };
        let delivery = Delivery::new(7, message);
        assert_eq!(delivery.plain(Format::Raw), "one two\n");
        assert_eq!(delivery.chunk(Format::Raw), "8\r\none two\n\r\n");
        assert_eq!(delivery.plain(Format::Raw).as_ptr(), delivery.plain(Format::Raw).as_ptr());
        assert_eq!(delivery.chunk(Format::WebSocket), delivery.plain(Format::WebSocket));
        let action = Action { url: "x".repeat(2000), ..Action::default() };
        let heavy = Message { tags: vec!["y".repeat(100); 50], actions: vec![action], ..Message::default() };
        assert!(Delivery::new(7, heavy.clone()).weight() > heavy.to_json().len());
        let signal = Delivery::new(0, Message::signal(Event::Open, "x".into(), 1, "t"));
        assert_eq!(signal.chunk(Format::Raw), "1\r\n\n\r\n");
    }
}
