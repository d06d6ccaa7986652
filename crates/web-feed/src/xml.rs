//! RSS 0.9 to 2.0, RDF and Atom: the same few elements under different names.

use crate::text::plain;
use crate::{ENTRIES_MAX, Entry, Feed, NotAFeed, date};
use encoding_rs::{Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// The longest text of one element that is kept, in bytes.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Deeper than this no feed is.
const DEPTH_MAX: usize = 64;

/// What is known while reading.
#[derive(Default)]
struct State {
    feed: Feed,
    entry: Option<Entry>,
    /// Text instead of a title, for entries that have none.
    summary: String,
    /// The local names of the open elements.
    path: Vec<String>,
    text: String,
    is_feed: bool,
}

pub(crate) fn parse(bytes: &[u8]) -> Result<Feed, NotAFeed> {
    let text = decode(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    reader.config_mut().allow_dangling_amp = true;
    let mut state = State::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                state.open(&element)?;
                if state.path.len() > DEPTH_MAX {
                    break;
                }
            }
            Ok(Event::Empty(element)) => {
                state.open(&element)?;
                state.close();
            }
            Ok(Event::Text(text)) => state.add(&text),
            Ok(Event::CData(text)) => state.add(&text),
            Ok(Event::GeneralRef(name)) => state.add(&predefined(&name)),
            Ok(Event::End(_)) => state.close(),
            // What came before a mistake counts.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if state.feed.entries.len() >= ENTRIES_MAX {
            break;
        }
    }
    if state.is_feed { Ok(state.feed) } else { Err(NotAFeed::Unknown) }
}

/// Text by the byte order mark, or the encoding that the first line declares, or as UTF-8.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let head = String::from_utf8_lossy(bytes.get(..200.min(bytes.len())).unwrap_or_default());
    let declaration = head
        .trim_start()
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .map(|(inside, _)| inside);
    let label = declaration.and_then(|inside| inside.split_once("encoding")).and_then(|(_, value)| {
        value
            .trim_start()
            .strip_prefix('=')?
            .trim_start()
            .trim_start_matches(['"', '\''])
            .split(['"', '\''])
            .next()
    });
    let named = label.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8);
    named.decode(bytes).0
}

/// The five entities of XML and numbered characters; any other stays as it was written, for HTML within to resolve.
fn predefined(name: &str) -> String {
    let numbered = name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => number.parse().ok(),
    });
    match (name, numbered.and_then(char::from_u32)) {
        ("amp", _) => "&".to_owned(),
        ("lt", _) => "<".to_owned(),
        ("gt", _) => ">".to_owned(),
        ("quot", _) => "\"".to_owned(),
        ("apos", _) => "'".to_owned(),
        (_, Some(character)) => character.to_string(),
        _ => format!("&{name};"),
    }
}

impl State {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), NotAFeed> {
        let full = element.name().as_ref().to_owned();
        // `dc:date` and `atom:link` are told from RSS's own by their prefix; Atom itself may have one.
        let name =
            full.strip_prefix("atom:").or_else(|| full.strip_prefix("rss:")).unwrap_or(&full).to_owned();
        if self.path.is_empty() {
            match name.to_ascii_lowercase().as_str() {
                "html" => return Err(NotAFeed::Html),
                "rss" | "rdf:rdf" | "feed" => self.is_feed = true,
                _ => return Err(NotAFeed::Unknown),
            }
        }
        if matches!(name.as_str(), "item" | "entry") {
            self.entry = Some(Entry::default());
            self.summary.clear();
        }
        if name == "link" {
            self.linked(element);
        }
        self.text.clear();
        self.path.push(name);
        Ok(())
    }

    /// Atom's links are attributes; the one to read is `alternate`, or has no relation.
    fn linked(&mut self, element: &BytesStart<'_>) {
        let attribute = |key: &str| {
            let found = element.try_get_attribute(key).ok().flatten()?;
            Some(found.value.replace("&amp;", "&"))
        };
        let Some(href) = attribute("href") else { return };
        if attribute("rel").is_none_or(|rel| rel == "alternate") {
            match &mut self.entry {
                Some(entry) => entry.link = entry.link.take().or(Some(href)),
                None => self.feed.link = self.feed.link.take().or(Some(href)),
            }
        }
    }

    fn add(&mut self, text: &str) {
        if self.text.len() + text.len() <= TEXT_BYTES_MAX {
            self.text.push_str(text);
        }
    }

    fn close(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let text = std::mem::take(&mut self.text);
        let parent = self.path.last().map(String::as_str);
        let Some(entry) = &mut self.entry else {
            // An image and a text field have a title and a link of their own.
            if matches!(parent, Some("channel" | "feed")) {
                match name.as_str() {
                    "title" => self.feed.title = plain(&text),
                    "link" if !text.trim().is_empty() => self.feed.link = Some(text.trim().to_owned()),
                    _ => {}
                }
            }
            return;
        };
        if matches!(name.as_str(), "item" | "entry") {
            let mut entry = self.entry.take().unwrap_or_default();
            if entry.title.is_empty() {
                entry.title = plain(&self.summary);
            }
            self.feed.entries.push(entry);
            return;
        }
        if !matches!(parent, Some("item" | "entry")) {
            return;
        }
        match name.as_str() {
            "title" => entry.title = plain(&text),
            "link" if !text.trim().is_empty() => entry.link = Some(text.trim().to_owned()),
            // An identity that is an address serves as one.
            "guid" | "id" if entry.link.is_none() && text.trim().starts_with("http") => {
                entry.link = Some(text.trim().to_owned());
            }
            "pubDate" | "published" | "dc:date" | "date" => {
                entry.at_ms = date::milliseconds(&text).or(entry.at_ms);
            }
            "updated" => entry.at_ms = entry.at_ms.or_else(|| date::milliseconds(&text)),
            "description" | "summary" => self.summary = text,
            _ => {}
        }
    }
}
