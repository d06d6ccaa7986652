//! The page of one topic.

use super::{Flash, Here, Reach, flash, phone_steps, problem, subnav, terminal};
use crate::model::access::Permission;
use hob_base::Timestamp;
use hob_base::wording::counted;
use hob_feature::Ctx;
use hob_web::components::{Field, card, field, form, select, time};
use maud::{Markup, html};
use serde::Deserialize;

/// What was entered to publish.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct PublishForm {
    /// The headline.
    pub(crate) title: String,
    /// The text.
    pub(crate) message: String,
    /// From 1 to 5.
    pub(crate) priority: String,
    /// Divided by commas.
    pub(crate) tags: String,
    /// `on` where the text is Markdown.
    pub(crate) markdown: String,
}

/// What the page shows.
pub(crate) struct TopicPage<'a> {
    /// Its name.
    pub(crate) topic: &'a str,
    /// How many messages are kept.
    pub(crate) messages: i64,
    /// When the last one came.
    pub(crate) last_at: Option<Timestamp>,
    /// How many listen.
    pub(crate) listeners: usize,
    /// What who looks may.
    pub(crate) allowed: Permission,
    /// Who may what, as sentences.
    pub(crate) rights: &'a [String],
    /// Whose reservation it is: `Some(true)` one's own, `Some(false)` somebody else's.
    pub(crate) reserved: Option<bool>,
    /// What everybody may there, where it is reserved.
    pub(crate) everyone: Permission,
    /// Whether who looks is a person, who may reserve.
    pub(crate) is_person: bool,
    /// Whether who looks may remove all messages.
    pub(crate) may_clear: bool,
    /// Whether who looks manages the hub.
    pub(crate) is_admin: bool,
    /// How the push server is reached.
    pub(crate) reach: &'a Reach,
    /// What was entered.
    pub(crate) form: &'a PublishForm,
    /// What is wrong with it; empty for nothing.
    pub(crate) wrong: &'a str,
    /// What is shown once.
    pub(crate) flash: Option<Flash>,
}

/// The page.
pub(crate) fn topic(ctx: &Ctx, view: &TopicPage<'_>) -> Markup {
    html! {
        div.page-head {
            h1 { (view.topic) }
            p.muted data-live-topic="messages" { (figures(ctx, view)) }
        }
        (subnav(Here::Topics, view.is_admin))
        (flash(view.flash.as_ref()))
        @if view.allowed.read && view.messages > 0 {
            p { a.button href={ "/messages?topic=" (view.topic) } { "Read its messages" } }
        }
        @if view.allowed.write { (card("Send a message", &publish_form(view))) }
        (card("Who may what", &rights(view)))
        @if !view.reach.address.is_empty() { (card("From a script or a phone", &examples(view))) }
        @if view.may_clear && view.messages > 0 { (card("Delete all messages", &clear_form(view))) }
    }
}

fn figures(ctx: &Ctx, view: &TopicPage<'_>) -> Markup {
    let count = usize::try_from(view.messages).unwrap_or(0);
    html! {
        @if count == 0 { "No messages are kept." } @else { (counted(count, "message")) @if count == 1 { " is kept." } @else { " are kept." } }
        @if let Some(at) = view.last_at { " The last one came " (time(at, ctx)) "." }
        @match view.listeners {
            0 => " Nobody is listening now.",
            1 => " 1 subscriber is listening now.",
            count => { " " (count) " subscribers are listening now." }
        }
    }
}

fn publish_form(view: &TopicPage<'_>) -> Markup {
    const PRIORITIES: [(&str, &str); 5] =
        [("3", "default"), ("5", "urgent"), ("4", "high"), ("2", "low"), ("1", "lowest")];
    let title = Field { value: &view.form.title, ..Field::text("title", "Title") };
    let tags = Field {
        value: &view.form.tags,
        help: "Divided by commas. Names of emoji such as warning or tada become the emoji.",
        ..Field::text("tags", "Tags")
    };
    form(
        &format!("{}/publish", super::topic_path(view.topic)),
        "Send",
        &html! {
            (problem(view.wrong))
            (field(&title))
            div.field {
                label for="message" { "Message" }
                textarea #message name="message" rows="4" maxlength="4096" required { (view.form.message) }
            }
            (select("priority", "Priority", &PRIORITIES, &view.form.priority))
            (field(&tags))
            div.check {
                input #markdown type="checkbox" name="markdown" checked[!view.form.markdown.is_empty()];
                label for="markdown" { "The text is Markdown" }
            }
        },
    )
}

fn rights(view: &TopicPage<'_>) -> Markup {
    html! {
        ul.sentences { @for right in view.rights { li { (right) } } }
        @match view.reserved {
            Some(true) => { (reserve_form(view, "Change")) (give_up_form(view)) }
            None if view.is_person => {
                p.muted { "Make it your own: then only you, administrators and whom you let in use it." }
                (reserve_form(view, "Reserve this topic"))
            }
            _ => {}
        }
        @if view.is_admin { p { a href="/messages/access" { "All rules" } } }
    }
}

fn reserve_form(view: &TopicPage<'_>, button: &str) -> Markup {
    const EVERYONE: [(&str, &str); 4] = [
        ("deny-all", "nothing"),
        ("write-only", "only send messages"),
        ("read-only", "only read messages"),
        ("read-write", "read and send messages"),
    ];
    form(
        &format!("{}/reserve", super::topic_path(view.topic)),
        button,
        &select("everyone", "Everybody else may", &EVERYONE, view.everyone.as_str()),
    )
}

fn give_up_form(view: &TopicPage<'_>) -> Markup {
    html! {
        form method="post" action={ (super::topic_path(view.topic)) "/give-up" } {
            button.small type="submit" { "Give up the reservation" }
        }
    }
}

fn examples(view: &TopicPage<'_>) -> Markup {
    let (reach, topic) = (view.reach, view.topic);
    html! {
        h3 { "Send" }
        (terminal(&reach.publish_line(topic, "The backup is done")))
        (terminal(&format!("ntfy publish {}/{topic} \"The backup is done\"", reach.address)))
        h3 { "Listen" }
        (terminal(&reach.subscribe_line(topic)))
        @if !reach.anybody_writes || !reach.anybody_reads {
            p.muted { "curl asks for the password of " (reach.name) ". A script shows a " a href="/messages/tokens" { "token" } " instead: " code { "-H \"Authorization: Bearer tk_…\"" } }
        }
        h3 { "On a phone" }
        (phone_steps(reach, topic))
    }
}

fn clear_form(view: &TopicPage<'_>) -> Markup {
    let count = usize::try_from(view.messages).unwrap_or(0);
    html! {
        p.muted { "Phones that have fetched them keep them." }
        details {
            summary { "Delete " (counted(count, "message")) }
            form method="post" action={ (super::topic_path(view.topic)) "/clear" } {
                button.danger type="submit" { "Delete them for good" }
            }
        }
    }
}
