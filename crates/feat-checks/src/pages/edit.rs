//! The form of a check, and what is asked before one is deleted.

use super::list::{check_path, override_path};
use crate::form::{COMMON, Entered, Input, KINDS, Kind, Spec, duration_text, secret_headers_shown};
use crate::model::adjust::Override;
use crate::model::definition::mistakes::Mistake;
use hob_base::{Health, Level, ResourceId};
use hob_feature::CheckSpec;
use hob_web::components::{Field, card, field, form, health_block, notice};
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::time::Duration;

/// What came of trying a check.
pub(crate) struct Tried {
    /// What is to be thought of the answer.
    pub(crate) health: Health,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What the form shows.
pub(crate) struct Editing<'a> {
    pub(crate) kind: &'a Kind,
    /// What is in the inputs.
    pub(crate) entered: &'a Entered,
    /// What would hold where nothing is entered.
    pub(crate) usual: &'a Entered,
    /// What is wrong with it.
    pub(crate) wrong: &'a [Mistake],
    /// The id of the check that is changed; `None` for a new one.
    pub(crate) id: Option<&'a str>,
    /// The id of the check of which it is a copy.
    pub(crate) copy_of: Option<&'a str>,
    /// The secrets that are kept: names of inputs.
    pub(crate) kept: BTreeSet<String>,
    /// Whether what was typed as a secret is shown again: only to who has just typed it.
    pub(crate) again: bool,
    /// How many of the further options are set.
    pub(crate) more_set: usize,
    /// What came of trying it.
    pub(crate) tried: Option<Tried>,
    /// What was done.
    pub(crate) said: Option<&'a str>,
    /// Whether it is paused.
    pub(crate) paused: bool,
}

impl Editing<'_> {
    fn problem(&self, field: &str) -> String {
        self.wrong
            .iter()
            .find(|mistake| mistake.field == field)
            .map(|mistake| sentence(&mistake.problem))
            .unwrap_or_default()
    }

    fn path(&self) -> String {
        self.id.map_or_else(|| "/checks/new".to_owned(), check_path)
    }
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let end = if clause.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// What sort of check is to be made.
pub(crate) fn choose() -> Markup {
    html! {
        div.page-head {
            p { a href="/checks" { "Checks" } }
            h1 { "New check" }
            p.muted { "What is to be looked at?" }
        }
        div.cards {
            @for kind in &KINDS {
                section.card {
                    h2 { a href={ "/checks/new?kind=" (kind.word) } { (kind.title) } }
                    p.muted { (kind.what) }
                }
            }
        }
        p.muted { "Jobs that report by themselves when they have run are not probed: they are under “Scheduled jobs”. Checks of Uptime Kuma and Gatus can be "
            a href="/checks/import" { "imported" } "." }
    }
}

/// The form.
pub(crate) fn edit(view: &Editing<'_>) -> Markup {
    let title = match view.id {
        Some(_) => format!("Edit “{}”", view.entered.get("name")),
        None => format!("New check: {}", view.kind.title),
    };
    html! {
        div.page-head {
            p { a href="/checks" { "Checks" } }
            h1 { (title) @if view.paused { " (paused)" } }
            p.muted { (view.kind.what) }
            @if let Some(id) = view.id { (deeds(id, view.paused)) }
        }
        @if let Some(said) = view.said { (notice(Level::Ok, said)) }
        @if !view.wrong.is_empty() {
            (notice(Level::Critical, &format!("Nothing is saved yet: {} to be put right.", match view.wrong.len() { 1 => "one entry has".to_owned(), n => format!("{n} entries have") })))
        }
        @if let Some(tried) = &view.tried { (outcome(tried)) }
        (card("The check", &the_form(view)))
    }
}

fn deeds(id: &str, paused: bool) -> Markup {
    let path = check_path(id);
    let (verb, says) = if paused { ("resume", "Resume") } else { ("pause", "Pause") };
    html! {
        div.row {
            form method="post" action={ (path) "/" (verb) } { button type="submit" { (says) } }
            @if !paused { form method="post" action={ (path) "/run" } { button type="submit" { "Probe now" } } }
            a.button href={ "/checks/new?from=" (path.trim_start_matches("/checks/")) } { "Copy" }
            a.button href={ (path) "/delete" } { "Delete …" }
        }
    }
}

fn outcome(tried: &Tried) -> Markup {
    html! {
        section.card #tried aria-live="polite" {
            h2 { "What came of trying it" }
            (health_block(&tried.health))
            p.muted { "It took " (tried.took.as_millis().max(1)) " ms. Nothing is saved yet." }
        }
    }
}

fn the_form(view: &Editing<'_>) -> Markup {
    let all = || first_name(COMMON).chain(view.kind.fields).chain(COMMON.iter().skip(1));
    let folded_wrong = all().any(|spec| spec.more && !view.problem(spec.name).is_empty());
    html! {
        form.stack method="post" action=(view.path()) {
            input type="hidden" name="kind" value=(view.kind.word);
            @if let Some(from) = view.copy_of { input type="hidden" name="from" value=(from); }
            @for spec in all().filter(|spec| !spec.more) { (input(spec, view)) }
            details #more open[folded_wrong || view.more_set > 0] {
                summary { "More options" @if view.more_set > 0 { " (" (view.more_set) " set)" } }
                div.stack { @for spec in all().filter(|spec| spec.more) { (input(spec, view)) } }
            }
            @if view.paused { input type="hidden" name="enabled" value="no"; }
            div.actions {
                button.primary type="submit" name="do" value="save" { @if view.id.is_some() { "Save" } @else { "Make the check" } }
                button type="submit" name="do" value="try" { "Try it now" }
                a.button href="/checks" { "Cancel" }
            }
        }
    }
}

/// The name comes first, whatever the kind.
fn first_name(common: &'static [Spec]) -> impl Iterator<Item = &'static Spec> {
    common.iter().take(1)
}

fn input(spec: &Spec, view: &Editing<'_>) -> Markup {
    let value = view.entered.get(spec.name);
    let problem = view.problem(spec.name);
    let note = format!("{}-note", spec.name);
    let described = (!problem.is_empty() || !spec.help.is_empty()).then_some(note.as_str());
    let invalid = (!problem.is_empty()).then_some("true");
    let usual = Some(view.usual.get(spec.name)).filter(|usual| !usual.is_empty());
    let example = usual.or_else(|| (!spec.example.is_empty()).then_some(spec.example));
    html! {
        @match spec.input {
            Input::Switch => div.field.wrong[invalid.is_some()] {
                div.check {
                    input #(spec.name) type="checkbox" name=(spec.name) value="yes" checked[!value.is_empty()] aria-describedby=[described] aria-invalid=[invalid];
                    label for=(spec.name) { (spec.label) }
                }
                (notes(spec, &problem, &note))
            },
            Input::SecretHeaders => (secret_headers(spec, view, &problem)),
            _ => div.field.wrong[invalid.is_some()] {
                label for=(spec.name) { (spec.label) }
                @match spec.input {
                    Input::Lines => textarea #(spec.name) name=(spec.name) rows=(rows(value, 2)) placeholder=[example] spellcheck="false" aria-describedby=[described] aria-invalid=[invalid] { "\n" (value) },
                    Input::Area => textarea #(spec.name) name=(spec.name) rows=(rows(value, 4)) placeholder=[example] spellcheck="false" aria-describedby=[described] aria-invalid=[invalid] { "\n" (value) },
                    Input::Choice(options) => select #(spec.name) name=(spec.name) aria-describedby=[described] aria-invalid=[invalid] {
                        @for (word, says) in options { option value=(word) selected[*word == value] { (says) } }
                    },
                    Input::Secret => (secret(spec, view, described, invalid)),
                    Input::Number => input #(spec.name) name=(spec.name) type="text" inputmode="numeric" value=(value) placeholder=[example] autocomplete="off" aria-describedby=[described] aria-invalid=[invalid];,
                    _ => input #(spec.name) name=(spec.name) type="text" value=(value) placeholder=[example] autocomplete="off" spellcheck="false" aria-describedby=[described] aria-invalid=[invalid];,
                }
                (notes(spec, &problem, &note))
            },
        }
    }
}

fn rows(value: &str, least: usize) -> usize {
    (value.lines().count() + 1).clamp(least, 12)
}

fn notes(spec: &Spec, problem: &str, id: &str) -> Markup {
    html! {
        @if !problem.is_empty() { p.note id=(id) { strong { (problem) } } }
        @else if !spec.help.is_empty() { p.note id=(id) { (spec.help) } }
    }
}

/// A secret is never shown; what somebody has just typed stays in their own answer, so that nothing has to be typed twice.
fn secret(spec: &Spec, view: &Editing<'_>, described: Option<&str>, invalid: Option<&str>) -> Markup {
    let kept = view.kept.contains(spec.name);
    let typed = Some(view.entered.get(spec.name)).filter(|typed| view.again && !typed.is_empty());
    let forget = format!("forget_{}", spec.name);
    // Who chooses another login forgets by that.
    let can_forget = kept && view.kind.word != "http";
    html! {
        input #(spec.name) name=(spec.name) type="password" value=[typed] placeholder=[kept.then_some("kept; type to replace")]
            autocomplete="new-password" aria-describedby=[described] aria-invalid=[invalid];
        @if can_forget {
            div.check {
                input #(forget) type="checkbox" name=(forget) value="yes" checked[!view.entered.get(&forget).is_empty()];
                label for=(forget) { "Forget it" }
            }
        }
    }
}

fn secret_headers(spec: &Spec, view: &Editing<'_>, problem: &str) -> Markup {
    html! {
        fieldset.field.wrong[!problem.is_empty()] {
            legend { (spec.label) }
            @for row in 0..secret_headers_shown(view.entered) {
                @let (name, value) = (format!("secret_name_{row}"), format!("secret_value_{row}"));
                @let typed = Some(view.entered.get(&value)).filter(|typed| view.again && !typed.is_empty());
                div.row {
                    input #(name) name=(name) type="text" value=(view.entered.get(&name)) placeholder="X-Api-Key" autocomplete="off" spellcheck="false" aria-label={ "Name of secret header " (row + 1) };
                    input #(value) name=(value) type="password" value=[typed] placeholder=[view.kept.contains(&value).then_some("kept; type to replace")] autocomplete="new-password" aria-label={ "Value of secret header " (row + 1) };
                }
            }
            @if problem.is_empty() { p.note { "The values are never shown again. A header without a name is dropped." } }
            @else { p.note { strong { (problem) } } }
        }
    }
}

/// Asks before a check is deleted.
pub(crate) fn confirm_delete(id: &str, name: &str) -> Markup {
    html! {
        div.page-head {
            p { a href=(check_path(id)) { (name) } }
            h1 { "Delete “" (name) "”?" }
            p { "It is not probed any more and leaves the pages. What happened to it so far stays in the history." }
        }
        form method="post" action={ (check_path(id)) "/delete" } {
            div.actions {
                button.danger type="submit" { "Delete the check" }
                a.button href=(check_path(id)) { "Keep it" }
            }
        }
    }
}

/// What the owner can want otherwise for a check that was found.
pub(crate) struct Adjusting<'a> {
    pub(crate) id: &'a ResourceId,
    pub(crate) name: &'a str,
    /// As whoever found it says.
    pub(crate) spec: &'a CheckSpec,
    pub(crate) entered: &'a Entered,
    pub(crate) wrong: &'a [Mistake],
}

/// What is in the inputs for what is wanted otherwise.
pub(crate) fn override_entered(wanted: &Override) -> Entered {
    let mut form = Entered::default();
    let duration = |value: Option<Duration>| value.map(duration_text).unwrap_or_default();
    for (name, value) in [
        ("interval", duration(wanted.every)),
        ("timeout", duration(wanted.timeout)),
        ("failures", wanted.failures.map(|count| count.to_string()).unwrap_or_default()),
        ("paused", if wanted.paused { "yes".to_owned() } else { String::new() }),
    ] {
        form.0.insert(name.to_owned(), value);
    }
    form
}

/// The form for a check that was found.
pub(crate) fn adjust(view: &Adjusting<'_>) -> Markup {
    let problem = |name: &str| {
        view.wrong
            .iter()
            .find(|mistake| mistake.field == name)
            .map(|mistake| sentence(&mistake.problem))
            .unwrap_or_default()
    };
    let one = |name: &str, label: &str, usual: &str| {
        let help = format!("Empty: {usual}.");
        field(&Field {
            value: view.entered.get(name),
            help: &help,
            error: &problem(name),
            ..Field::text(name, label)
        })
    };
    let spec = view.spec;
    html! {
        div.page-head {
            p { a href="/checks" { "Checks" } }
            h1 { "Adjust “" (view.name) "”" }
            p.muted { "This check was not made by hand: it follows what was found. What stands here is wanted otherwise, and stays when it is found anew." }
        }
        (card("What is wanted otherwise", &form(&override_path(view.id), "Save", &html! {
            (one("interval", "Every", &duration_text(spec.every)))
            (one("timeout", "Timeout", &duration_text(spec.timeout)))
            (one("failures", "Failures in a row until critical", &spec.failures.to_string()))
            div.check {
                input #paused type="checkbox" name="paused" value="yes" checked[!view.entered.get("paused").is_empty()];
                label for="paused" { "Paused: it is not probed" }
            }
        })))
    }
}
