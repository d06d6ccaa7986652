//! View data → markup: what people see of messages on Hob's own pages.

mod access;
mod devices;
mod inbox;
mod tokens;
mod topic;
mod topics;

pub(crate) use access::{AccessPage, RuleForm, access, sentence};
pub(crate) use devices::{DevicesPage, devices};
pub(crate) use inbox::{Inbox, Search, inbox};
pub(crate) use tokens::{TokensPage, tokens};
pub(crate) use topic::{PublishForm, TopicPage, topic};
pub(crate) use topics::{TopicRow, TopicsPage, topics};

use hob_base::Level;
use hob_web::components::{self, icon, notice};
use maud::{Markup, html};

/// Which of the pages this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    /// What came.
    Inbox,
    /// Where it came to.
    Topics,
    /// The browsers of a person.
    Devices,
    /// The tokens of a person.
    Tokens,
    /// Who may what.
    Access,
}

/// The pages about messages.
pub(crate) fn subnav(here: Here, is_admin: bool) -> Markup {
    const ALL: [(Here, &str, &str); 5] = [
        (Here::Inbox, "/messages", "Inbox"),
        (Here::Topics, "/messages/topics", "Topics"),
        (Here::Devices, "/messages/devices", "Devices"),
        (Here::Tokens, "/messages/tokens", "Tokens"),
        (Here::Access, "/messages/access", "Access"),
    ];
    let shown = ALL.iter().filter(|(page, ..)| is_admin || *page != Here::Access);
    components::subnav("Messages", shown.map(|(page, path, title)| (*title, *path, *page == here)))
}

/// Shown once, on the page after something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flash {
    /// What was done, or why not.
    Message(Level, String),
    /// A token that was just made: what it is for, and itself.
    NewToken(String, String),
}

/// What is shown once.
fn flash(flash: Option<&Flash>) -> Markup {
    match flash {
        Some(Flash::Message(level, text)) => notice(*level, text),
        Some(Flash::NewToken(label, text)) => html! {
            section.card {
                h2 { "The new token" @if !label.is_empty() { " “" (label) "”" } }
                p { "Copy it now: Hob keeps only a fingerprint of it and cannot show it again." }
                div.row {
                    label.sr for="new-token" { "The new token" }
                    input.copy #new-token type="text" value=(text) readonly autocomplete="off" spellcheck="false";
                    button type="button" data-copy { "Copy" }
                }
            }
        },
        None => html! {},
    }
}

/// Where the page of a topic is. A topic's name needs no encoding.
pub(crate) fn topic_path(topic: &str) -> String {
    format!("/messages/topics/{topic}")
}

/// Lines for a terminal, to be copied.
fn terminal(lines: &str) -> Markup {
    html! { pre.terminal tabindex="0" { (lines) } }
}

/// What is wrong with a form.
fn problem(text: &str) -> Markup {
    html! { @if !text.is_empty() { p.flash.warning role="alert" { (icon("warning")) " " (text) } } }
}

/// How phones and programs reach the push server, for the words on the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// The address, without a slash at the end; empty where nothing listens.
    pub(crate) address: String,
    /// Whether who is not logged in may publish.
    pub(crate) anybody_writes: bool,
    /// Whether who is not logged in may subscribe.
    pub(crate) anybody_reads: bool,
    /// The name of who looks, where it is a person's; otherwise a placeholder.
    pub(crate) name: String,
}

impl Reach {
    /// The line that sends a message.
    pub(crate) fn publish_line(&self, topic: &str, text: &str) -> String {
        let who = if self.anybody_writes { String::new() } else { format!("-u {} ", self.name) };
        format!("curl {who}-d \"{text}\" {}/{topic}", self.address)
    }

    /// The line that listens.
    pub(crate) fn subscribe_line(&self, topic: &str) -> String {
        let who = if self.anybody_reads { String::new() } else { format!("-u {} ", self.name) };
        format!("curl -sN {who}{}/{topic}/json", self.address)
    }
}

/// What to do on a phone.
fn phone_steps(reach: &Reach, topic: &str) -> Markup {
    html! {
        ol.steps {
            li { "Install the app “ntfy” from F-Droid, Google Play or the App Store." }
            li { "Add a subscription, turn on “Use another server”, and enter " code { (reach.address) } "." }
            li { "The topic is " code { (topic) } "." }
            @if !reach.anybody_reads {
                li { "The app asks who you are: your name is " code { (reach.name) } ", the password is the one with which you log in to Hob." }
            }
        }
    }
}

#[cfg(test)]
mod tests;
