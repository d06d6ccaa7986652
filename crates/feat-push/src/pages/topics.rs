//! The list of topics.

use super::{Flash, Here, Reach, flash, subnav, terminal, topic_path};
use crate::model::access::Permission;
use hob_base::Timestamp;
use hob_base::wording::counted;
use hob_feature::Ctx;
use hob_web::components::{empty, table, time};
use maud::{Markup, html};

/// One topic.
pub(crate) struct TopicRow {
    /// Its name.
    pub(crate) topic: String,
    /// How many messages are kept.
    pub(crate) messages: i64,
    /// When the last one came.
    pub(crate) last_at: Option<Timestamp>,
    /// How many listen.
    pub(crate) listeners: usize,
    /// What who looks may.
    pub(crate) allowed: Permission,
    /// Who has reserved it.
    pub(crate) owner: Option<String>,
}

/// What the page shows.
pub(crate) struct TopicsPage<'a> {
    /// The topics that who looks may read or has reserved.
    pub(crate) rows: &'a [TopicRow],
    /// How the push server is reached.
    pub(crate) reach: &'a Reach,
    /// Whether who looks manages the hub.
    pub(crate) is_admin: bool,
    /// What is shown once.
    pub(crate) flash: Option<Flash>,
}

/// The page.
pub(crate) fn topics(ctx: &Ctx, view: &TopicsPage<'_>) -> Markup {
    let headings = ["Topic", "Messages", "Last message", "Listening now", "You"];
    html! {
        div.page-head {
            h1 { "Topics" }
            p.muted { "A topic is a name to which messages are sent. It needs not be made: the first message makes it." }
        }
        (subnav(Here::Topics, view.is_admin))
        (flash(view.flash.as_ref()))
        @if view.rows.is_empty() {
            (empty("No topics yet.", "Send a message to any name of letters, digits, - and _.", &html! {}))
            @if !view.reach.address.is_empty() { (terminal(&view.reach.publish_line("backups", "The backup is done"))) }
        } @else {
            div.topics data-live-topic="messages" { (table("Topics", &headings, view.rows.iter().map(|row| line(ctx, row)))) }
        }
        form.row.filter method="get" action="/messages/topics/open" {
            div.field {
                label for="name" { "Open a topic" }
                input #name name="name" type="text" autocomplete="off" spellcheck="false" autocapitalize="none" required maxlength="64" pattern="[A-Za-z0-9_\\-]+";
            }
            button type="submit" { "Open" }
        }
    }
}

fn line(ctx: &Ctx, row: &TopicRow) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(topic_path(&row.topic)) { (row.topic) }
                @if let Some(owner) = &row.owner { small { " reserved by " (owner) } }
            }
            td.number { (row.messages) }
            td { @if let Some(at) = row.last_at { (time(at, ctx)) } @else { "none yet" } }
            td { @if row.listeners == 0 { "nobody" } @else { (counted(row.listeners, "subscriber")) } }
            td { (may(row.allowed)) }
        }
    }
}

/// What who looks may, in a cell.
fn may(allowed: Permission) -> &'static str {
    match (allowed.read, allowed.write) {
        (true, true) => "may read and write",
        (true, false) => "may read",
        (false, true) => "may write",
        (false, false) => "may do nothing",
    }
}
