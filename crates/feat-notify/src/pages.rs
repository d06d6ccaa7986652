//! View data → markup.

mod channels;
mod digest;
mod log;
mod rules;
mod simulate;

pub(crate) use channels::{
    ChannelForm, ChannelView, channel, channel_form, channel_list, choose_kind, delete_channel,
};
pub(crate) use digest::{DigestView, digest};
pub(crate) use log::{LogView, log, message, of_incident};
pub(crate) use rules::{RuleForm, rule_form, rule_list};
pub(crate) use simulate::{SimulateView, simulate};

use crate::desk::{Desk, Setup};
use crate::model::queue::Delivery;
use crate::model::words::{NO_RULES, sentence};
use hob_base::Level;
use hob_base::wording::{counted, listed};
use hob_feature::Ctx;
use hob_web::components::{empty, health_mark, subnav};
use maud::{Markup, html};

/// The pages of notifications.
const PAGES: [(&str, &str); 6] = [
    ("Overview", "/notifications"),
    ("Channels", "/notifications/channels"),
    ("Rules", "/notifications/rules"),
    ("Who would be told?", "/notifications/simulate"),
    ("Digests", "/notifications/digest"),
    ("Log", "/notifications/log"),
];

/// The way to the other pages.
fn pages(here: &str) -> Markup {
    subnav("Notifications", PAGES.iter().map(|(title, path)| (*title, *path, *title == here)))
}

/// A heading with the way to the other pages.
fn head(title: &str, here: &str, lead: &str) -> Markup {
    html! {
        div.page-head {
            h1 { (title) }
            @if !lead.is_empty() { p.muted { (lead) } }
        }
        (pages(here))
    }
}

/// The rules, how each channel works, and the last messages.
pub(crate) fn overview(ctx: &Ctx, desk: &Desk, setup: &Setup, last: &[Delivery]) -> Markup {
    let title = |name: &str| setup.title(name);
    html! {
        (head("Notifications", "Overview", &verdict(ctx, desk, setup)))
        section.card {
            div.section-head { h2 { "What is told through what" } small { a href="/notifications/rules" { "Rules" } } }
            ul.timeline {
                @if setup.rules.is_empty() { li.silence { p { (NO_RULES) } } }
                @for rule in &setup.rules { li.silence { p { (sentence(rule, &title)) } } }
            }
        }
        section.card {
            div.section-head { h2 { "Channels" } small { a href="/notifications/channels" { "All of them" } } }
            (channels::rows(ctx, desk, setup))
        }
        section.card {
            div.section-head { h2 { "The last messages" } small { a href="/notifications/log" { "Log" } } }
            @if last.is_empty() {
                (empty("Nothing has been told yet.", "When something breaks, what was told to whom is listed here.", &html! {}))
            } @else {
                (log::rows(ctx, last, setup))
            }
        }
    }
}

/// One sentence: whether everything gets through.
fn verdict(ctx: &Ctx, desk: &Desk, setup: &Setup) -> String {
    let now = ctx.clock.now();
    let usable: Vec<_> = setup.channels.iter().filter(|channel| !channel.paused).collect();
    if usable.is_empty() {
        return "There is no channel: nobody hears of anything.".to_owned();
    }
    let failing: Vec<String> = usable
        .iter()
        .filter(|channel| channels::health(desk, channel, now).level > Level::Ok)
        .map(|channel| format!("“{}”", channel.title))
        .collect();
    match failing.len() {
        0 => format!("{}, and all of them work.", counted(usable.len(), "channel")),
        1 => format!("{} does not work; the others do.", listed(&failing)),
        _ => format!("{} do not work.", listed(&failing)),
    }
}

/// What is wrong with a field of a form.
fn problem_of<'a>(wrong: &'a [(impl AsRef<str>, String)], field: &str) -> &'a str {
    wrong.iter().find(|(name, _)| name.as_ref() == field).map_or("", |(_, problem)| problem)
}

/// A sign and a sentence.
fn said(level: Level, text: &str) -> Markup {
    html! { p { (health_mark(level)) " " (text) } }
}

/// A field with several lines.
fn lines(name: &str, label: &str, value: &str, help: &str, problem: &str) -> Markup {
    let note = format!("{name}-note");
    html! {
        div.field.wrong[!problem.is_empty()] {
            label for=(name) { (label) }
            textarea #(name) name=(name) rows="3" autocomplete="off" spellcheck="false" aria-describedby=(note)
                aria-invalid=[(!problem.is_empty()).then_some("true")] { "\n" (value) }
            p.note id=(note) { @if problem.is_empty() { (help) } @else { strong { (problem) } } }
        }
    }
}

/// A box to be ticked.
fn check(name: &str, id: &str, value: &str, label: &str, checked: bool) -> Markup {
    html! {
        div.check {
            input id=(id) name=(name) value=(value) type="checkbox" checked[checked];
            label for=(id) { (label) }
        }
    }
}

/// A text as a part of an address.
fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
