//! Who was told what.

use super::{encoded, head};
use crate::desk::Setup;
use crate::model::queue::{Delivery, State, Try};
use crate::model::simulate::{place_words, rule_words};
use crate::routes::{Narrow, PAGE};
use hob_base::{IncidentId, Level};
use hob_feature::Ctx;
use hob_web::components::{badge, empty, health_mark, time};
use maud::{Markup, html};

/// What the log needs to be drawn.
pub(crate) struct LogView<'a> {
    pub(crate) narrow: &'a Narrow,
    pub(crate) all: &'a [Delivery],
    pub(crate) setup: &'a Setup,
}

/// The page of the log.
pub(crate) fn log(ctx: &Ctx, view: &LogView<'_>) -> Markup {
    let narrow = view.narrow;
    let narrowed = !narrow.q.is_empty() || !narrow.state.is_empty() || narrow.before.is_some();
    html! {
        (head("Log of messages", "Log", "Who was told what, through what, and what the other side answered."))
        form.row method="get" action="/notifications/log" role="search" {
            label.sr for="q" { "Search for words" }
            input #q name="q" type="search" value=(narrow.q) placeholder="Words, a channel, a person" autocomplete="off";
            label.sr for="state" { "How far it is" }
            select #state name="state" {
                option value="" { "Any state" }
                @for state in State::ALL { option value=(state.as_str()) selected[state.as_str() == narrow.state] { (word(state)) } }
            }
            button type="submit" { "Search" }
        }
        @if view.all.is_empty() && narrowed {
            (empty("No message is meant by this.", "", &html! { a.button href="/notifications/log" { "Show all" } }))
        } @else if view.all.is_empty() {
            (empty("Nothing has been told yet.", "When something breaks, what was told to whom is listed here.", &html! {}))
        } @else {
            section.card { h2.sr { "Messages" } (rows(ctx, view.all, view.setup)) }
        }
        @if let Some(last) = view.all.last().filter(|_| view.all.len() >= PAGE as usize) {
            p {
                a.button rel="next" href={
                    "/notifications/log?q=" (encoded(&narrow.q)) "&state=" (narrow.state.as_str()) "&before=" (last.created_at.millis())
                    "&key=" (encoded(&last.key))
                } { "Earlier ones" }
            }
        }
    }
}

/// The word for how far a message is.
pub(super) const fn word(state: State) -> &'static str {
    match state {
        State::Waiting => "waits",
        State::Sending => "on its way",
        State::Sent => "sent",
        State::Failed => "failed",
        State::GivenUp => "given up",
        State::Overtaken => "overtaken",
        State::Nobody => "nobody there",
    }
}

const fn level(state: State) -> Level {
    match state {
        State::Sent => Level::Ok,
        State::Failed | State::GivenUp => Level::Critical,
        State::Waiting => Level::Warning,
        State::Sending | State::Overtaken | State::Nobody => Level::Unknown,
    }
}

/// Messages as lines.
pub(super) fn rows(ctx: &Ctx, all: &[Delivery], setup: &Setup) -> Markup {
    html! { ul.timeline { @for delivery in all { (row(ctx, delivery, setup)) } } }
}

fn row(ctx: &Ctx, delivery: &Delivery, setup: &Setup) -> Markup {
    let title = |name: &str| setup.title(name);
    let last = delivery.tried.last();
    html! {
        li {
            (health_mark(level(delivery.state)))
            p.row {
                a href={ "/notifications/log/message?key=" (encoded(&delivery.key)) } { (delivery.news.title) }
                (badge(word(delivery.state)))
            }
            small {
                (time(delivery.created_at, ctx))
                " · " (delivery.person.as_deref().unwrap_or("the house"))
                @match delivery.arrived() {
                    Some(place) => { " · through " (place_words(place, &title)) }
                    None => { @for step in delivery.steps.iter().take(3) { " · " (place_words(&step.place, &title)) } }
                }
                @if let Some(tried) = last { " · " (answer(tried)) }
            }
        }
    }
}

/// The other side's own words.
fn answer(tried: &Try) -> Markup {
    html! {
        @if let Some(status) = tried.status { "status " (status) @if !tried.text.is_empty() { ": " } }
        (hob_base::wording::tidy(&tried.text, 160))
    }
}

/// The page of one message.
pub(crate) fn message(ctx: &Ctx, delivery: &Delivery, setup: &Setup) -> Markup {
    let title = |name: &str| setup.title(name);
    let news = &delivery.news;
    html! {
        (head(&news.title, "Log", ""))
        section.card {
            h2 { "What is said" }
            p { (news.body) }
            @if let Some(untold) = &news.untold {
                p.muted { "And what was not delivered before: " (untold.title) ". " (untold.body) }
            }
            @if !news.path.is_empty() { p { a href=(news.path) { "Its page" } } }
        }
        section.card {
            h2 { "Who and why" }
            dl.facts {
                div { dt { "For" } dd { (delivery.person.as_deref().unwrap_or("The house")) } }
                div { dt { "State" } dd { (word(delivery.state)) } }
                div { dt { "Taken up" } dd { (time(delivery.created_at, ctx)) } }
                @if let Some(at) = delivery.ended_at { div { dt { "Ended" } dd { (time(at, ctx)) } } }
                @if delivery.state == State::Waiting { div { dt { "Next try" } dd { (time(delivery.due, ctx)) } } }
                @if let Some(id) = news.incident {
                    div { dt { "Incident" } dd { a href={ "/notifications/incident/" (id) } { "All that was told of " (id) } } }
                }
            }
            p { (rule_words(&delivery.rule, &setup.rules, &title)) }
        }
        section.card {
            h2 { "Tries" }
            @if delivery.tried.is_empty() { p.muted { "It has not been tried yet." } }
            ul.timeline {
                @for tried in delivery.tried.iter().rev() {
                    li {
                        (health_mark(if tried.ok { Level::Ok } else { Level::Warning }))
                        p {
                            (time(tried.at, ctx))
                            @if !tried.place.channel.is_empty() { " · " (place_words(&tried.place, &title)) }
                            @if let Some(status) = tried.status { " · status " (status) }
                        }
                        small { (tried.text) }
                    }
                }
            }
        }
    }
}

/// The page of all messages about one incident.
pub(crate) fn of_incident(ctx: &Ctx, id: IncidentId, all: &[Delivery], setup: &Setup) -> Markup {
    html! {
        (head(&format!("Who was told of incident {id}"), "Log", ""))
        p { a href={ "/incidents/" (id) } { "To the incident" } }
        section.card {
            h2.sr { "Messages" }
            @if all.is_empty() { (empty("Nobody was told of it.", "", &html! {})) }
            @else { (rows(ctx, all, setup)) }
        }
    }
}
