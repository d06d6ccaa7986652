//! What people are told by mail.

use crate::Letter;
use crate::blocks::{Block, blocks};
use crate::{page, plain};

/// Most characters of a body that are shown; what is longer is on the page.
const LONGEST_BODY: usize = 20_000;

/// What kind of news it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum News {
    /// Something broke.
    #[default]
    Opened,
    /// It is worse now, or otherwise.
    Changed,
    /// It still goes on.
    Reminder,
    /// It is over.
    Resolved,
    /// What happened in a day or a week.
    Digest,
    /// Somebody tries whether mail arrives.
    Test,
    /// Something that is no incident.
    Message,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Well, or well again.
    #[default]
    Fine,
    /// Somebody should look at it.
    Warning,
    /// Somebody must look at it now.
    Critical,
}

/// A part of a mail with a heading of its own, mostly of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// A few words: “Needs attention soon”.
    pub heading: String,
    /// One sentence each.
    pub items: Vec<String>,
}

/// What people are to be told, in words; how it looks is decided here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoteView {
    /// What kind of news it is.
    pub news: News,
    /// How bad it is.
    pub mood: Mood,
    /// The headline without a full stop; it is the subject, too.
    pub title: String,
    /// Plain sentences. An empty line separates paragraphs; lines which begin with “• ” or “- ” are a list, and the line
    /// before them is its heading.
    pub body: String,
    /// What follows the body.
    pub sections: Vec<Section>,
    /// The page of it: a web address.
    pub link: Option<String>,
    /// Further pages: what they are called, and their addresses.
    pub links: Vec<(String, String)>,
    /// When it was, in milliseconds since 1970.
    pub at: i64,
    /// The same in words of the reader's time zone: “23 November, 14:05”. May be empty.
    pub when: String,
    /// Who writes: “Hob on nas”.
    pub sender: String,
    /// Why the reader gets it, as a sentence. May be empty.
    pub why: String,
    /// Where the reader changes what they get: a web address.
    pub settings: Option<String>,
    /// What makes this mail unique; see [`Letter::key`].
    pub key: String,
    /// What mails belong together; see [`Letter::thread`].
    pub thread: Option<String>,
    /// The keys of earlier mails of it; see [`Letter::answers`].
    pub answers: Vec<String>,
    /// What kind of mails these are; see [`Letter::list`].
    pub list: Option<String>,
}

/// The mail which tells it, as text and as a page.
#[must_use]
pub fn letter_for(view: &NoteView) -> Letter {
    let view = &clean(view);
    let blocks = parts(view);
    Letter {
        subject: view.title.clone(),
        text: plain::text(view, &blocks),
        html: Some(page::html(view, &blocks)),
        at: view.at,
        key: view.key.clone(),
        thread: view.thread.clone(),
        answers: view.answers.clone(),
        list: view.list.clone(),
        unsubscribe: view.settings.clone(),
        important: view.mood == Mood::Critical && matches!(view.news, News::Opened | News::Changed),
    }
}

/// The same without what steers a terminal or turns the direction of writing: names and reasons come from anywhere.
fn clean(view: &NoteView) -> NoteView {
    let disturbs = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let lines = |text: &str| text.replace(['\r', '\t'], " ").replace(disturbs, "");
    let line = |text: &str| lines(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let section = |section: &Section| Section {
        heading: line(&section.heading),
        items: section.items.iter().map(|item| line(item)).collect(),
    };
    NoteView {
        title: line(&view.title),
        body: lines(&view.body),
        sections: view.sections.iter().map(section).collect(),
        links: view.links.iter().map(|(name, address)| (line(name), address.clone())).collect(),
        when: line(&view.when),
        sender: line(&view.sender),
        why: line(&view.why),
        ..view.clone()
    }
}

fn parts(view: &NoteView) -> Vec<Block> {
    let mut all = blocks(&tls_probe::words::cut(&view.body, LONGEST_BODY));
    all.extend(
        view.sections
            .iter()
            .filter(|section| !section.items.is_empty())
            .map(|section| Block::List { heading: section.heading.clone(), items: section.items.clone() }),
    );
    all
}

impl NoteView {
    /// A word or two for what this is.
    pub(crate) fn label(&self) -> &'static str {
        match (self.news, self.mood) {
            (News::Opened, Mood::Critical) => "Critical",
            (News::Opened, Mood::Warning) => "Warning",
            (News::Changed, _) => "Changed",
            (News::Reminder, _) => "Still going on",
            (News::Resolved, _) => "Over",
            (News::Digest, _) => "Summary",
            (News::Test, _) => "Test",
            (News::Opened, Mood::Fine) | (News::Message, _) => "Message",
        }
    }

    /// Pages which a mail may lead to: those a browser opens, and nothing else.
    pub(crate) fn is_page(address: &str) -> bool {
        let has_scheme = address.starts_with("https://") || address.starts_with("http://");
        let is_wrong = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\');
        has_scheme && address.len() <= 2000 && !address.contains(is_wrong)
    }

    /// The page of it, if a browser opens it.
    pub(crate) fn page(&self) -> Option<&str> {
        self.link.as_deref().filter(|address| Self::is_page(address))
    }

    /// Further pages with their names.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (&str, &str)> {
        let pages = self.links.iter().filter(|(_, address)| Self::is_page(address));
        pages.map(|(name, address)| (if name.is_empty() { address } else { name }.as_str(), address.as_str()))
    }

    /// Who writes and when: “Hob on nas, 23 November, 14:05”.
    pub(crate) fn origin(&self) -> String {
        let parts = [self.sender.as_str(), self.when.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}
