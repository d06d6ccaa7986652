//! Digests: who gets one, and what it would say now.

use super::rules::targets;
use super::{check, head};
use crate::desk::Setup;
use crate::model::digest::{Day, Digest, Subscription};
use hob_base::Level;
use hob_web::components::{Field, badge, empty, field, notice};
use maud::{Markup, html};

const PATH: &str = "/notifications/digest";

/// What the page needs to be drawn.
pub(crate) struct DigestView<'a> {
    pub(crate) all: &'a [Subscription],
    pub(crate) preview: &'a Digest,
    pub(crate) weekly: bool,
    pub(crate) entered: &'a Subscription,
    pub(crate) problem: Option<&'a (String, String)>,
    pub(crate) setup: &'a Setup,
    pub(crate) people: &'a [String],
    pub(crate) may_write: bool,
}

/// The page.
pub(crate) fn digest(view: &DigestView<'_>) -> Markup {
    html! {
        (head("Digests", "Digests", "What happened in a day or a week, and what will need attention."))
        section.card {
            h2 { "Who gets one" }
            @if view.all.is_empty() { (empty("Nobody gets one yet.", "", &html! {})) }
            ul.timeline { @for one in view.all { (row(one, view.may_write)) } }
        }
        @if view.may_write { (form(view)) }
        section.card {
            div.section-head {
                h2 { @if view.weekly { "What one of the week would say now" } @else { "What one of the day would say now" } }
                small {
                    @if view.weekly { a href=(PATH) { "Of the day" } }
                    @else { a href={ (PATH) "?week=1" } { "Of the week" } }
                }
            }
            (preview(view.preview))
        }
    }
}

fn row(one: &Subscription, may_write: bool) -> Markup {
    html! {
        li.silence {
            p { (one.sentence()) }
            @if one.in_settings { p { (badge("from the settings file")) } }
            @if may_write {
                div.actions {
                    form method="post" action={ (PATH) "/" (one.id) "/send" } { button.small type="submit" { "Send now" } }
                    @if !one.in_settings {
                        form method="post" action={ (PATH) "/" (one.id) "/delete" } { button.small.danger type="submit" { "Delete" } }
                    }
                }
            }
        }
    }
}

fn form(view: &DigestView<'_>) -> Markup {
    let entered = view.entered;
    let problem =
        |name: &str| view.problem.filter(|(field, _)| field == name).map_or("", |(_, text)| text.as_str());
    let targets = targets(view.setup);
    html! {
        section.card {
            h2 { "Send another" }
            form.stack method="post" action=(PATH) {
                @if let Some((_, text)) = view.problem { (notice(Level::Critical, text)) }
                div.field {
                    label for="on" { "How often" }
                    select #on name="on" {
                        option value="" selected[entered.on.is_none()] { "Every day" }
                        @for (day, word, name, _) in Day::ALL { option value=(word) selected[entered.on == Some(day)] { "Every " (name) } }
                    }
                }
                (field(&Field { value: &entered.at, error: problem("at"), required: true, help: "Such as 08:00.", ..Field::text("at", "At") }))
                div.field {
                    label for="who" { "For" }
                    select #who name="who" {
                        option value="" { "Everyone" }
                        @for person in view.people { option value=(person) selected[*person == entered.who] { (person) } }
                    }
                }
                @for i in 0..2 {
                    @let chosen = entered.to.get(i).map_or("", String::as_str);
                    @let id = format!("to-{i}");
                    div.field {
                        label for=(id) { @if i == 0 { "Through" } @else { "Or else through" } }
                        select id=(id) name="to" {
                            option value="" { "—" }
                            @for (word, label) in &targets { option value=(word) selected[word == chosen] { (label) } }
                        }
                    }
                }
                (check("skip_quiet", "skip_quiet", "on", "Not when nothing happened", entered.skip_quiet))
                div.actions { button.primary type="submit" { "Send it" } }
            }
        }
    }
}

fn preview(digest: &Digest) -> Markup {
    html! {
        p { strong { (digest.title) } }
        @if digest.is_quiet() { p { (digest.text()) } }
        @for (heading, lines) in &digest.sections {
            h3 { (heading) }
            ul.timeline { @for line in lines { li.silence { p { (line) } } } }
        }
    }
}
