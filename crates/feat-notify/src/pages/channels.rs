//! Channels: all of them, one of them, and the form for any kind.

use super::{check, head, lines, log, problem_of, said};
use crate::channel::{Channel, Origin, What, kinds};
use crate::desk::{Desk, Setup};
use crate::model::queue::{Delivery, Outcome};
use crate::model::route::used_by;
use crate::model::words::sentence;
use crate::routes::{FIELD, FORGET};
use channels::{Field as ChannelField, Input, Kind, Values, Wrong};
use hob_base::{Health, Level, Timestamp};
use hob_feature::Ctx;
use hob_web::components::{Field, badge, empty, field, health_block, health_mark, icon, notice, time};
use maud::{Markup, html};

const PATH: &str = "/notifications/channels";

/// How a channel works, or that it cannot be used.
pub(super) fn health(desk: &Desk, channel: &Channel, now: Timestamp) -> Health {
    match &channel.what {
        What::Broken { problem, .. } => Health::critical("It cannot be used.").with_evidence(problem.clone()),
        _ => desk.pulse(&channel.name).judge(now),
    }
}

/// All channels with how each works.
pub(super) fn rows(ctx: &Ctx, desk: &Desk, setup: &Setup) -> Markup {
    let now = ctx.clock.now();
    html! {
        @if setup.channels.is_empty() {
            (empty("There is no channel.", "Until there is one nobody hears of anything.", &html! {}))
        }
        ul.timeline {
            @for channel in &setup.channels {
                @let health = health(desk, channel, now);
                li {
                    @if channel.paused { (health_mark(Level::Unknown)) } @else { (health_mark(health.level)) }
                    p.row {
                        strong { a href={ (PATH) "/" (channel.name) } { (channel.title) } }
                        @if channel.kind_title() != channel.title { (badge(channel.kind_title())) }
                        @if let Some(owner) = &channel.owner { (badge(owner)) }
                        @if channel.paused { (badge("paused")) }
                        @if channel.origin == Origin::Settings { (badge("from the settings file")) }
                    }
                    div {
                        @if channel.paused { p { "Somebody paused it: nothing is sent through it." } }
                        @else if health.level > Level::Ok { p { (health.reason) " " (health.evidence) } }
                        small {
                            "To " (channel.place())
                            @if let Some(at) = desk.pulse(&channel.name).last_ok { " · last message " (time(at, ctx)) }
                        }
                    }
                }
            }
        }
    }
}

/// The page of all channels.
pub(crate) fn channel_list(ctx: &Ctx, desk: &Desk, setup: &Setup, may_write: bool) -> Markup {
    html! {
        (head("Channels", "Channels", "Ways to tell people something. Each is the house’s, or one person’s."))
        section.card { h2.sr { "All channels" } (rows(ctx, desk, setup)) }
        @if may_write {
            section.card { h2 { "Add a channel" } (kind_list()) }
        }
    }
}

fn kind_list() -> Markup {
    html! {
        ul.links {
            @for kind in kinds() {
                li { a href={ (PATH) "/new?kind=" (kind.id) } { strong { (kind.title) } } small { (kind.help) } }
            }
        }
    }
}

/// The page on which the kind of a new channel is chosen.
pub(crate) fn choose_kind() -> Markup {
    html! {
        (head("New channel", "Channels", "What should Hob talk to?"))
        section.card { h2.sr { "Kinds" } (kind_list()) }
    }
}

/// What a form of a channel needs to be drawn.
pub(crate) struct ChannelForm<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) title: String,
    pub(crate) owner: String,
    pub(crate) per_minute: String,
    pub(crate) values: Values,
    /// Secrets that are to be removed.
    pub(crate) forget: Vec<&'static str>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) problem: Option<String>,
    pub(crate) people: &'a [String],
    /// The channel that is changed; `None` for a new one.
    pub(crate) channel: Option<&'a Channel>,
}

impl ChannelForm<'_> {
    /// An empty one.
    pub(crate) fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            title: String::new(),
            owner: String::new(),
            per_minute: String::new(),
            values: Values::new(),
            forget: Vec::new(),
            wrong: Vec::new(),
            problem: None,
            people: &[],
            channel: None,
        }
    }
}

/// The page on which a channel is made.
pub(crate) fn channel_form(form: &ChannelForm<'_>) -> Markup {
    html! {
        (head("New channel", "Channels", ""))
        section.card {
            h2 { (form.kind.title) }
            p.muted { (form.kind.help) }
            (the_form(form, PATH, "Add the channel"))
        }
    }
}

fn the_form(form: &ChannelForm<'_>, action: &str, button: &str) -> Markup {
    let problem = |name: &str| problem_of(&form.wrong, name);
    let whole = form.problem.as_deref().unwrap_or_else(|| problem(""));
    html! {
        form.stack method="post" action=(action) {
            @if !whole.is_empty() { (notice(Level::Critical, whole)) }
            input type="hidden" name="kind" value=(form.kind.id);
            (field(&Field { value: &form.title, error: problem("title"), required: true,
                help: "What people call it, such as “Family chat”.", ..Field::text("title", "Name") }))
            @for described in form.kind.fields {
                (kind_field(form, described))
                (forget_field(form, described))
            }
            (owner_field(form))
            details open[!problem("per_minute").is_empty()] {
                summary { "More" }
                (field(&Field { kind: "number", value: &form.per_minute, error: problem("per_minute"),
                    help: "More wait a moment.", ..Field::text("per_minute", "Messages a minute at most") }))
            }
            div.actions { button.primary type="submit" { (button) } }
        }
    }
}

fn owner_field(form: &ChannelForm<'_>) -> Markup {
    let known = form.owner.is_empty() || form.people.contains(&form.owner);
    html! {
        div.field {
            label for="owner" { "Whose it is" }
            select #owner name="owner" aria-describedby="owner-note" {
                option value="" selected[form.owner.is_empty()] { "The house’s" }
                @for person in form.people { option value=(person) selected[*person == form.owner] { (person) } }
                @if !known { option value=(form.owner) selected { (form.owner) } }
            }
            p.note #owner-note { "What is one person’s hears only what is for that person." }
        }
    }
}

/// Whether a field is a secret that is set.
fn is_kept(form: &ChannelForm<'_>, described: &ChannelField) -> bool {
    match form.channel.map(|channel| &channel.what) {
        Some(What::Service(service)) => described.secret && service.is_set(described.name),
        _ => false,
    }
}

/// A box that removes a secret which is set and need not be.
fn forget_field(form: &ChannelForm<'_>, described: &ChannelField) -> Markup {
    let name = format!("{FORGET}{}", described.name);
    let label = format!("Remove what is set as “{}”", described.label);
    html! {
        @if is_kept(form, described) && !described.required {
            (check(&name, &name, "true", &label, form.forget.contains(&described.name)))
        }
    }
}

/// One field of a kind, whatever it is.
fn kind_field(form: &ChannelForm<'_>, described: &ChannelField) -> Markup {
    let name = format!("{FIELD}{}", described.name);
    let value = form.values.get(described.name).map_or("", String::as_str);
    let is_set = is_kept(form, described);
    let help = help_of(described, is_set);
    let problem = problem_of(&form.wrong, &name);
    match described.input {
        Input::Tick => html! {
            (check(&name, &name, "true", described.label, value == "true"))
            @if !problem.is_empty() { p.error { (problem) } } @else if !help.is_empty() { p.muted { small { (help) } } }
        },
        Input::Choice(choices) => html! {
            div.field.wrong[!problem.is_empty()] {
                label for=(name) { (described.label) }
                select #(name) name=(name) {
                    @for (choice, label) in choices { option value=(choice) selected[*choice == value] { (label) } }
                }
                @if !problem.is_empty() { p.note { strong { (problem) } } } @else if !help.is_empty() { p.note { (help) } }
            }
        },
        // What is secret is not shown, also while it is entered, unless it has several lines.
        Input::Text => lines(&name, described.label, value, &help, problem),
        Input::Line | Input::Address | Input::Number { .. } => field(&Field {
            kind: if described.secret { "password" } else { "text" },
            value,
            help: &help,
            error: problem,
            autocomplete: if described.secret { "new-password" } else { "off" },
            required: described.required && !is_set,
            ..Field::text(&name, described.label)
        }),
    }
}

fn help_of(described: &ChannelField, is_set: bool) -> String {
    let mut help = described.help.to_owned();
    let mut add = |text: &str| {
        if !help.is_empty() {
            help.push(' ');
        }
        help.push_str(text);
    };
    if let Input::Number { min, max } = described.input {
        add(&format!("From {min} to {max}."));
    }
    if !described.example.is_empty() {
        add(&format!("Such as {}", described.example));
    }
    if is_set {
        add("It is set and not shown; left blank it stays.");
    }
    help
}

/// What the page of a channel needs to be drawn.
pub(crate) struct ChannelView<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) setup: &'a Setup,
    pub(crate) health: &'a Health,
    pub(crate) tested: Option<&'a Outcome>,
    pub(crate) form: Option<&'a ChannelForm<'a>>,
    pub(crate) last: &'a [Delivery],
    pub(crate) may_test: bool,
}

/// The page of a channel.
pub(crate) fn channel(ctx: &Ctx, view: &ChannelView<'_>) -> Markup {
    let channel = view.channel;
    let page = format!("{PATH}/{}", channel.name);
    html! {
        (head(&channel.title, "Channels", &format!("{}, to {}", channel.kind_title(), channel.place())))
        @if let Some(outcome) = view.tested { (tested(outcome)) }
        section.card {
            h2 { "How it works" }
            @if channel.paused { (said(Level::Unknown, "It is paused: nothing is sent through it.")) }
            @else { (health_block(view.health)) }
            p.muted { (origin(channel)) }
            @if view.may_test {
                div.actions {
                    form method="post" action={ (page) "/test" } { button.primary type="submit" { "Send a test" } }
                    @if channel.origin == Origin::Page {
                        @if channel.paused {
                            form method="post" action={ (page) "/resume" } { button type="submit" { "Use it again" } }
                        } @else {
                            form method="post" action={ (page) "/pause" } { button type="submit" { "Pause" } }
                        }
                        a.button href={ (page) "/delete" } data-dialog { "Delete" }
                    }
                }
            }
        }
        section.card { h2 { "Rules that use it" } (rules_of(view)) }
        @if let Some(form) = view.form {
            section.card { h2 { "Settings" } p.muted { (form.kind.help) } (the_form(form, &page, "Save")) }
        }
        section.card {
            h2 { "The last messages" }
            @if view.last.is_empty() { p.muted { "Nothing has been sent through it yet." } }
            @else { (log::rows(ctx, view.last, view.setup)) }
        }
    }
}

fn origin(channel: &Channel) -> String {
    let name = &channel.name;
    match channel.origin {
        Origin::BuiltIn => format!("It exists by itself. In rules it is called “{name}”."),
        Origin::Settings => format!(
            "It is from the settings file and can only be changed there. In rules it is called “{name}”."
        ),
        Origin::Page => format!("In rules it is called “{name}”."),
    }
}

/// What the other side really answered to a test.
fn tested(outcome: &Outcome) -> Markup {
    let (status, text) = outcome.words();
    let missed = outcome.missed();
    let (level, verdict) = match outcome {
        Outcome::Taken { .. } if missed.is_some() => {
            (Level::Warning, "The test was taken, but not for everybody.")
        }
        Outcome::Taken { .. } => (Level::Ok, "The test was taken."),
        Outcome::Later { .. } => (Level::Warning, "The test did not get through now; it may work later."),
        Outcome::Refused { .. } => (Level::Critical, "The test was refused."),
        Outcome::Nobody { .. } => (Level::Warning, "Nobody listens there yet."),
    };
    html! {
        section.card aria-live="polite" {
            h2 { "The test" }
            div.health.(level) {
                p.reason { (health_mark(level)) " " (verdict) }
                @if let Some(status) = status { p { "Status " (status) "." } }
                @if !text.is_empty() { pre.evidence { (text) } }
                @if let Some(missed) = missed { pre.evidence { (missed) } }
            }
        }
    }
}

fn rules_of(view: &ChannelView<'_>) -> Markup {
    let setup = view.setup;
    let used = used_by(&setup.rules, &view.channel.face());
    html! {
        @if setup.rules.is_empty() {
            p { "No rule was made, so it hears of everything." }
        } @else if used.is_empty() {
            (said(Level::Warning, "No rule leads to it, so nothing is told through it."))
        } @else {
            ul.timeline {
                @for rule in used.values() { li.silence { p { (sentence(rule, &|name| setup.title(name))) } } }
            }
        }
    }
}

/// Asks whether a channel is really to be deleted.
pub(crate) fn delete_channel(setup: &Setup, channel: &Channel) -> Markup {
    let page = format!("{PATH}/{}", channel.name);
    let used = used_by(&setup.rules, &channel.face());
    html! {
        p { "What is still on its way through “" (channel.title) "” goes through the next channel of its rule, if there is one." }
        @if !used.is_empty() {
            p { (icon("warning")) " These rules name it:" }
            ul.timeline { @for rule in used.values() { li.silence { p { (sentence(rule, &|name| setup.title(name))) } } } }
        }
        form.actions method="post" action={ (page) "/delete" } {
            button.danger type="submit" { "Delete the channel" }
            a.button href=(page) { "Keep it" }
        }
    }
}
