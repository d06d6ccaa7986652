//! Silences and planned work: of what nobody is to be told, and when.

use super::problem;
use hob_base::silence::{Labels, labels_of};
use hob_base::wording::{counted, duration_words, listed, tidy};
use hob_base::{Silence, Timestamp};
use hob_feature::Ctx;
use hob_web::components::{Field, badge, empty, field, icon, select, time};
use maud::{Markup, html};
use recurrence::Window;
use serde::Deserialize;
use std::sync::Arc;

/// More of one state are not shown.
const SHOWN_MAX: usize = 200;
/// More that have ended are not shown.
const ENDED_MAX: usize = 20;
/// So many comparisons of silences with resources a page is worth.
const COMPARED_MAX: usize = 200_000;

/// What the list needs to be drawn.
pub(crate) struct SilencePage<'a> {
    pub(crate) all: &'a [Arc<Silence>],
    pub(crate) may_write: bool,
    pub(crate) problem: Option<&'a str>,
}

/// Whether a silence's time is now, is still to come (again), or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SilenceState {
    Active,
    Pending,
    Ended,
}

impl SilenceState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Ended => "ended",
        }
    }
}

/// How a silence stands now.
pub(crate) fn silence_state(silence: &Silence, ctx: &Ctx) -> SilenceState {
    let now = ctx.clock.now();
    if silence.ends_at.is_some_and(|end| end <= now) {
        SilenceState::Ended
    } else if ctx.silences.is_active(silence, now) {
        SilenceState::Active
    } else {
        SilenceState::Pending
    }
}

/// The list.
pub(crate) fn silences(page: &SilencePage<'_>, ctx: &Ctx) -> Markup {
    let with_state = page.all.iter().map(|silence| (silence_state(silence, ctx), &**silence));
    let mut all: Vec<(SilenceState, &Silence)> = with_state.collect();
    all.sort_by_key(|(state, silence)| {
        (
            *state,
            std::cmp::Reverse(silence.ends_at.filter(|_| *state == SilenceState::Ended)),
            silence.starts_at,
        )
    });
    let names = names(all.len(), ctx);
    let of = |wanted: SilenceState| -> Vec<&Silence> {
        all.iter().filter(|(state, _)| *state == wanted).map(|(_, silence)| *silence).collect()
    };
    let section = |title: &str, state: SilenceState, most: usize| {
        let found = of(state);
        html! {
            @if !found.is_empty() {
                section {
                    div.section-head { h2 { (title) } small { (found.len()) } }
                    ul.stack { @for silence in found.iter().take(most) { (one(silence, state, page.may_write, &names, ctx)) } }
                    @if found.len() > most { p.muted { "And " (found.len() - most) " more." } }
                }
            }
        }
    };
    html! {
        div.page-head data-live-topic=(crate::live::SILENCES) {
            h1 { "Silences and planned work" }
            p.muted { "What they cover is shown as ever, but nobody is told when it breaks." }
            @if page.may_write { p.row {
                a.button.primary href="/silences/new" { "New silence" }
                a.button href="/silences/new?maintenance=yes" { "Plan work" }
            } }
        }
        (problem(page.problem))
        @if all.is_empty() { (empty("Nothing is silenced.", "Silence what you work on, so that nobody is woken up by what you know.", &html! {})) }
        (section("Now", SilenceState::Active, SHOWN_MAX))
        (section("To come", SilenceState::Pending, SHOWN_MAX))
        (section("Ended lately", SilenceState::Ended, ENDED_MAX))
    }
}

/// What each resource is called, with its labels; nothing where comparing would take too long.
fn names(silences: usize, ctx: &Ctx) -> Vec<(String, Labels)> {
    let resources = ctx.resources.list();
    if silences == 0 || silences.saturating_mul(resources.len()) > COMPARED_MAX {
        return Vec::new();
    }
    resources.iter().map(|resource| (resource.name.clone(), labels_of(resource))).collect()
}

/// `Photos, Books and 3 others`; `None` where it was not looked for.
fn covered(silence: &Silence, names: &[(String, Labels)]) -> Option<String> {
    const NAMED_MAX: usize = 5;
    if names.is_empty() {
        return None;
    }
    let found: Vec<&str> =
        names.iter().filter(|(_, labels)| silence.matches(labels)).map(|(name, _)| name.as_str()).collect();
    let mut named: Vec<String> = found.iter().take(NAMED_MAX).map(|name| tidy(name, 60)).collect();
    if found.len() > NAMED_MAX {
        named.push(counted(found.len() - NAMED_MAX, "other"));
    }
    let also = if silence.maintenance && !found.is_empty() { ", and what needs them" } else { "" };
    Some(match found.len() {
        0 => "It covers nothing that Hob knows just now.".to_owned(),
        _ => format!("It covers {}{also}.", listed(&named)),
    })
}

fn one(
    silence: &Silence,
    state: SilenceState,
    may_write: bool,
    names: &[(String, Labels)],
    ctx: &Ctx,
) -> Markup {
    let fixed = is_fixed(silence);
    html! {
        li.card.silence.gone[state == SilenceState::Ended] {
            div.row {
                (icon("silence"))
                strong { @if silence.comment.is_empty() { "Without a reason" } @else { (tidy(&silence.comment, 300)) } }
                @if silence.maintenance { (badge("planned work")) }
                @if fixed { (badge("from hob.toml")) }
            }
            p { (span(silence, state, ctx)) }
            p.matchers { @for matcher in &silence.matchers { code { (matcher) } " " } }
            @if state != SilenceState::Ended { @if let Some(text) = covered(silence, names) { p.muted { (text) } } }
            @if !fixed { p { small { "By " (silence.created_by) ", " (time(silence.updated_at, ctx)) } } }
            @if may_write && !fixed && state != SilenceState::Ended {
                form method="post" action={ "/silences/" (super::list::encode(&silence.id)) "/end" } {
                    button type="submit" aria-label={ "End: " (tidy(&silence.comment, 80)) } { "End it now" }
                }
            }
        }
    }
}

/// Whether it stands in `hob.toml` and is changed there only.
pub(crate) fn is_fixed(silence: &Silence) -> bool {
    silence.id.starts_with("hob.toml-")
}

/// When it holds.
fn span(silence: &Silence, state: SilenceState, ctx: &Ctx) -> Markup {
    let now = ctx.clock.now();
    html! {
        @match (state, silence.ends_at) {
            (SilenceState::Ended, Some(end)) => { "Ended " (time(end, ctx)) "." },
            (_, Some(end)) if silence.starts_at > now => { "From " (time(silence.starts_at, ctx)) " until " (time(end, ctx)) "." },
            (SilenceState::Active, Some(end)) if silence.recurs.is_none() => { "Until " (time(end, ctx)) ", " (duration_words(end.since(now))) " from now." },
            (_, Some(end)) => { "Until " (time(end, ctx)) "." },
            (_, None) => { "Until somebody ends it." },
        }
        @if let Some(windows) = &silence.recurs {
            " Only " @for (i, line) in windows.lines().filter(|line| !line.trim().is_empty()).enumerate() { @if i > 0 { ", " } code { (line.trim()) } } "."
            @if state == SilenceState::Pending {
                @if let Some(next) = next_window(windows, now.max(silence.starts_at), ctx) { " Next " (time(next, ctx)) "." }
            }
        }
    }
}

fn next_window(windows: &str, after: Timestamp, ctx: &Ctx) -> Option<Timestamp> {
    let after = jiff::Timestamp::from_millisecond(after.millis()).ok()?;
    let windows = windows.lines().filter_map(|line| Window::parse(line.trim()).ok());
    let next = windows.filter_map(|window| window.next(after, &ctx.zone)).map(|span| span.from).min()?;
    Some(Timestamp::from_millis(next.as_millisecond()))
}

/// What the form for a new silence contains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct SilenceForm {
    /// One a line.
    pub(crate) matchers: String,
    pub(crate) comment: String,
    /// A key of [`UNTIL`].
    pub(crate) until: String,
    /// `2026-11-23T14:42`.
    pub(crate) until_at: String,
    /// Windows, one a line.
    pub(crate) recurs: String,
    /// Not empty: planned work.
    pub(crate) maintenance: String,
}

/// Until when a silence can be made to hold.
pub(crate) const UNTIL: [(&str, &str); 7] = [
    ("1h", "for 1 hour"),
    ("4h", "for 4 hours"),
    ("12h", "for 12 hours"),
    ("1d", "for 1 day"),
    ("3d", "for 3 days"),
    ("7d", "for 1 week"),
    ("never", "until I end it (only with windows)"),
];

/// The form for a new one; `wrong` is a field with its problem.
pub(crate) fn new_silence(form: &SilenceForm, wrong: Option<(&str, &str)>, ctx: &Ctx) -> Markup {
    let problem_of = |name: &str| wrong.filter(|(field, _)| *field == name).map_or("", |(_, text)| text);
    let comment = Field {
        value: &form.comment,
        help: "For who wonders why it is so quiet.",
        error: problem_of("comment"),
        required: true,
        ..Field::text("comment", "Why")
    };
    let at = Field {
        kind: "datetime-local",
        value: &form.until_at,
        help: "If this is set, it counts instead.",
        error: problem_of("until"),
        ..Field::text("until_at", "Or until")
    };
    let known = ["matchers", "comment", "until", "recurs"];
    let other = wrong.filter(|(field, _)| !known.contains(field)).map(|(_, text)| text);
    html! {
        div.page-head {
            h1 { @if form.maintenance.is_empty() { "New silence" } @else { "Plan work" } }
            p.muted { "What it covers is shown as ever, but nobody is told when it breaks." }
        }
        (problem(other))
        form.stack method="post" action="/silences/new" {
            (lines("matchers", "For what", &form.matchers, problem_of("matchers"), true, "One condition a line; all of them must hold. Such as resource=\"host/home/nas\", kind=\"service\", tag=\"media\", name=~\"photos.*\"."))
            (field(&comment))
            (select("until", "How long", &UNTIL, if form.until.is_empty() { "1h" } else { &form.until }))
            (field(&at))
            div.check {
                input #maintenance type="checkbox" name="maintenance" value="yes" checked[!form.maintenance.is_empty()];
                label for="maintenance" { "Planned work: it also covers what needs these things" }
            }
            (lines("recurs", "Only in these windows", &form.recurs, problem_of("recurs"), false, "Leave it empty for all the time. Else one a line: Sun 02:00-04:00, Mon-Fri 22:00-06:00, daily 03:00-03:30, cron 0 3 1 * * for 2h."))
            div.actions { button.primary type="submit" { "Silence it" } a.button href="/silences" { "Cancel" } }
        }
        p { small { "It is " (ctx.clock.now().clock_time(&ctx.zone)) " here." } }
    }
}

/// A field of several lines with its label, help and error.
pub(super) fn lines(name: &str, label: &str, value: &str, error: &str, required: bool, help: &str) -> Markup {
    let note = format!("{name}-note");
    html! {
        div.field.wrong[!error.is_empty()] {
            label for=(name) { (label) }
            textarea #(name) name=(name) rows="3" autocomplete="off" spellcheck="false" required[required]
                aria-invalid=[(!error.is_empty()).then_some("true")] aria-describedby=(note) { (value) }
            p.note id=(note) { @if error.is_empty() { (help) } @else { strong { (error) } } }
        }
    }
}
