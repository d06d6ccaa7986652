//! The inbox: what came, by day, the newest first.

use super::{Flash, Here, Reach, flash, phone_steps, subnav, terminal, topic_path};
use crate::model::markdown::{markdown, plain, safe_link};
use crate::store::inbox::Kept;
use hob_base::units::Bytes;
use hob_feature::Ctx;
use hob_web::components::{empty, icon, time};
use jiff::civil::Date;
use maud::{Markup, html};
use ntfy_protocol::{Action, ActionKind, Attachment, Message, emoji};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// What is looked for, as the address says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Search {
    /// In title, text, topic and tags.
    pub(crate) q: String,
    /// One topic.
    pub(crate) topic: String,
    /// Of at least this priority; empty for any.
    pub(crate) priority: String,
    /// Before this place; empty for the newest.
    pub(crate) before: String,
}

impl Search {
    fn is_narrow(&self) -> bool {
        !self.q.is_empty() || !self.topic.is_empty() || !self.priority.is_empty()
    }

    fn path(&self, before: i64) -> String {
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        format!(
            "/messages?q={}&topic={}&priority={}&before={before}",
            part(&self.q),
            part(&self.topic),
            part(&self.priority)
        )
    }
}

/// What the page shows.
pub(crate) struct Inbox<'a> {
    /// What was looked for.
    pub(crate) search: &'a Search,
    /// What was found, the newest first.
    pub(crate) messages: &'a [Kept],
    /// From where on older ones are.
    pub(crate) older: Option<i64>,
    /// The topics that may be chosen.
    pub(crate) topics: &'a [String],
    /// Up to which place was read.
    pub(crate) read_up_to: i64,
    /// Where the files of messages are: those of our own have this beginning.
    pub(crate) own_files: &'a [String],
    /// How the push server is reached.
    pub(crate) reach: &'a Reach,
    /// Whether who looks manages the hub.
    pub(crate) is_admin: bool,
    /// Whether who looks may take this message back.
    pub(crate) may_delete: &'a dyn Fn(&Kept) -> bool,
    /// What is shown once.
    pub(crate) flash: Option<Flash>,
}

/// The page.
pub(crate) fn inbox(ctx: &Ctx, view: &Inbox<'_>) -> Markup {
    let newest = view.messages.first().map_or(0, |kept| kept.position);
    let is_first = view.search.before.is_empty();
    html! {
        div.page-head { h1 { "Messages" } }
        (subnav(Here::Inbox, view.is_admin))
        (flash(view.flash.as_ref()))
        @if !view.messages.is_empty() || view.search.is_narrow() { (search_form(view)) }
        // Only the newest page changes by itself.
        div.inbox data-live-topic=[is_first.then_some("messages")] {
            @if view.messages.is_empty() { (nothing(view)) }
            @if newest > view.read_up_to && is_first { (read_form(newest)) }
            @for (date, messages) in by_day(ctx, view.messages) {
                section {
                    h2.day { (day_words(ctx, date)) }
                    ol.messages { @for kept in messages { (one(ctx, view, kept)) } }
                }
            }
        }
        @if let Some(before) = view.older {
            p { a.button href=(view.search.path(before)) { "Older messages" } }
        }
    }
}

fn by_day<'a>(ctx: &Ctx, messages: &'a [Kept]) -> Vec<(Date, &'a [Kept])> {
    let date = |kept: &Kept| kept.at.zoned(&ctx.zone).date();
    let runs = messages.chunk_by(|one, other| date(one) == date(other));
    runs.filter_map(|run| Some((date(run.first()?), run))).collect()
}

fn day_words(ctx: &Ctx, date: Date) -> String {
    let today = ctx.clock.now().zoned(&ctx.zone).date();
    if date == today {
        return "Today".to_owned();
    }
    if date.tomorrow().is_ok_and(|next| next == today) {
        return "Yesterday".to_owned();
    }
    let format = if date.year() == today.year() { "%A, %-d %B" } else { "%A, %-d %B %Y" };
    date.strftime(format).to_string()
}

fn search_form(view: &Inbox<'_>) -> Markup {
    const PRIORITIES: [(&str, &str); 4] =
        [("", "any"), ("3", "default or higher"), ("4", "high or urgent"), ("5", "urgent")];
    let search = view.search;
    html! {
        form.row.filter method="get" action="/messages" role="search" {
            div.field { label for="q" { "Search" } input #q name="q" type="search" value=(search.q) autocomplete="off"; }
            div.field {
                label for="topic" { "Topic" }
                select #topic name="topic" {
                    option value="" { "all" }
                    @for topic in view.topics { option value=(topic) selected[*topic == search.topic] { (topic) } }
                }
            }
            div.field {
                label for="priority" { "Priority" }
                select #priority name="priority" {
                    @for (value, text) in PRIORITIES { option value=(value) selected[*value == *search.priority] { (text) } }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn read_form(newest: i64) -> Markup {
    html! {
        form.read method="post" action="/messages/read" {
            input type="hidden" name="up_to" value=(newest);
            button.small type="submit" { "Mark all as read" }
        }
    }
}

fn nothing(view: &Inbox<'_>) -> Markup {
    if view.search.is_narrow() {
        let all = html! { a.button href="/messages" { "Show all messages" } };
        return empty("Nothing fits.", "No message that you may read has what you look for.", &all);
    }
    if view.reach.address.is_empty() {
        let text = "The push server listens nowhere: set listen or hostname under [push] in hob.toml.";
        return empty("No messages yet.", text, &html! {});
    }
    html! {
        (empty("No messages yet.", "Anything that can run curl can send you one.", &html! {}))
        section.card {
            h2 { "Send the first one" }
            p { "The topic is made by the first message; choose any name of letters, digits, - and _." }
            (terminal(&view.reach.publish_line("backups", "The backup is done")))
            @if !view.reach.anybody_writes { p.muted { "curl asks for your password. Scripts should show a " a href="/messages/tokens" { "token" } " instead." } }
        }
        section.card {
            h2 { "Get messages on your phone" }
            (phone_steps(view.reach, "backups"))
        }
    }
}

/// What a priority is called, where it is not the usual one.
fn priority_word(priority: u8) -> Option<&'static str> {
    match priority {
        1 => Some("lowest priority"),
        2 => Some("low priority"),
        4 => Some("high priority"),
        5 => Some("urgent"),
        _ => None,
    }
}

fn one(ctx: &Ctx, view: &Inbox<'_>, kept: &Kept) -> Markup {
    let message = &kept.message;
    let unread = kept.position > view.read_up_to && !kept.cleared;
    let (faces, words) = emoji::split(&message.tags);
    let faces = faces.concat();
    let class = match message.priority {
        5 => "critical",
        4 => "warning",
        1 | 2 => "quiet",
        _ => "",
    };
    html! {
        li.message.(class).unread[unread] #{ "m-" (message.id) } {
            div.from {
                a href=(topic_path(&message.topic)) { (message.topic) }
                @if let Some(word) = priority_word(message.priority) { span.badge { (word) } }
                @if unread { span.dot title="not read yet" { span.sr { "not read yet" } } }
                small { (time(kept.at, ctx)) @if !kept.publisher.is_empty() { " · " (kept.publisher) } }
            }
            @if !message.title.is_empty() {
                h3 { @if !faces.is_empty() { (faces) " " } (linked(&message.title, &message.click)) }
            }
            div.text.plain[!is_markdown(message)] {
                @if message.title.is_empty() && !faces.is_empty() { (faces) " " }
                (text_of(message))
            }
            @if let Some(attachment) = &message.attachment { (file(message, attachment, view.own_files)) }
            @if message.title.is_empty() && safe_link(&message.click).is_some() {
                p { (linked(&message.click, &message.click)) }
            }
            (buttons(&message.actions))
            @if !words.is_empty() { p.tags { @for word in &words { span.badge { (word) } } } }
            @if (view.may_delete)(kept) { (delete_form(&message.id)) }
        }
    }
}

fn is_markdown(message: &Message) -> bool {
    message.content_type == "text/markdown"
}

fn text_of(message: &Message) -> Markup {
    match message.encoding.as_str() {
        "base64" => html! { em { "Bytes for an app (UnifiedPush)." } },
        _ if is_markdown(message) => markdown(&message.message),
        _ => plain(&message.message),
    }
}

fn linked(text: &str, address: &str) -> Markup {
    match safe_link(address) {
        Some(address) => {
            html! { a href=(address) rel="noopener noreferrer nofollow" target="_blank" { (text) } }
        }
        None => html! { (text) },
    }
}

/// A file. Only those of our own store are loaded by the page, through the hub itself.
fn file(message: &Message, attachment: &Attachment, own_files: &[String]) -> Markup {
    let size = u64::try_from(attachment.size).ok().filter(|size| *size > 0);
    let size = size.map_or_else(String::new, |size| format!(" ({})", Bytes(size)));
    let own = own_files.contains(&message.id);
    let path = format!("/messages/file/{}", message.id);
    let is_picture = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]
        .contains(&attachment.kind.as_str());
    html! {
        p.file {
            @if own && is_picture {
                a href=(path) { img src=(path) alt=(attachment.name) loading="lazy"; }
            } @else if own {
                a.button.small href=(path) { (icon("link")) (attachment.name) (size) }
            } @else if let Some(address) = safe_link(&attachment.url).filter(|_| attachment.expires == 0) {
                a.button.small href=(address) rel="noopener noreferrer nofollow" target="_blank" { (icon("link")) (attachment.name) (size) }
            } @else {
                span.muted { (attachment.name) (size) " is no longer kept." }
            }
        }
    }
}

/// Buttons that open something are links; what else they do is done on a phone only.
fn buttons(actions: &[Action]) -> Markup {
    html! {
        @if !actions.is_empty() {
            div.actions {
                @for action in actions {
                    @match (action.kind, safe_link(&action.url)) {
                        (ActionKind::View, Some(address)) => {
                            a.button.small href=(address) rel="noopener noreferrer nofollow" target="_blank" { (action.label) }
                        }
                        _ => { span.badge title="This button works on a phone." { (action.label) } }
                    }
                }
            }
        }
    }
}

fn delete_form(id: &str) -> Markup {
    html! {
        details.more #{ "more-" (id) } {
            summary { "More" }
            form method="post" action={ "/messages/" (id) "/delete" } {
                button.small.danger type="submit" { "Delete everywhere" }
            }
        }
    }
}
