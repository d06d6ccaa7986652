//! News of web sites: RSS 0.9 to 2.0, RDF, Atom (RFC 4287) and JSON Feed, as one small value.
//!
//! [`parse`] reads what servers really send: any encoding that XML declares, mistakes in the middle (what came before
//! them counts), dates in the formats of mail and of RFC 3339. Only what a list of headlines needs is kept: titles are plain text,
//! links lead to http or https. External entities do not exist here; a document cannot make another be read, nor grow.

mod date;
mod json;
mod text;
mod xml;

pub use text::plain;

/// How many entries are kept, in the order in which they stand.
const ENTRIES_MAX: usize = 200;
/// The longest title, in characters.
const TITLE_MAX: usize = 300;

/// A feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    /// What it calls itself.
    pub title: String,
    /// Its page: http or https only.
    pub link: Option<String>,
    /// What it tells, in its own order.
    pub entries: Vec<Entry>,
}

/// One headline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The headline, in plain text. Never empty.
    pub title: String,
    /// Where the rest is: http or https only.
    pub link: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<i64>,
}

/// Why something is no feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAFeed {
    /// It is a page for browsers.
    Html,
    /// It is something else.
    Unknown,
}

/// Reads a feed.
///
/// # Errors
/// When it is none.
pub fn parse(bytes: &[u8]) -> Result<Feed, NotAFeed> {
    let begin = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
    let mut feed = match bytes.get(begin) {
        Some(b'{') => json::parse(bytes).ok_or(NotAFeed::Unknown)?,
        _ => xml::parse(bytes)?,
    };
    feed.title = text::cut(&feed.title, TITLE_MAX);
    feed.link = feed.link.filter(|link| text::is_web_address(link));
    for entry in &mut feed.entries {
        entry.title = text::cut(&entry.title, TITLE_MAX);
        entry.link = entry.link.take().filter(|link| text::is_web_address(link));
    }
    feed.entries.retain(|entry| !entry.title.is_empty());
    feed.entries.truncate(ENTRIES_MAX);
    Ok(feed)
}

#[cfg(test)]
mod tests;
