//! Bringing checks from Uptime Kuma and Gatus: the file, what would come of it, and what was left out.

use crate::form::duration_text;
use crate::import::{Imported, LeftOut};
use crate::model::definition::CheckDefinition;
use crate::overview::place;
use hob_base::Level;
use hob_base::wording::{counted, tidy};
use hob_web::components::{badge, card, empty, notice, table};
use maud::{Markup, html};

/// Where a file is chosen. `problem` says what was wrong with the last one.
pub(crate) fn form(problem: &str, pasted: &str) -> Markup {
    html! {
        div.page-head {
            p { a href="/checks" { "Checks" } }
            h1 { "Import checks" }
            p.muted { "From Uptime Kuma (the JSON of Settings → Backup) or Gatus (its YAML). You see what would be made before anything is." }
        }
        @if !problem.is_empty() { (notice(Level::Critical, problem)) }
        (card("The file", &html! {
            form.stack method="post" action="/checks/import" enctype="multipart/form-data" {
                div.field {
                    label for="file" { "File" }
                    input #file type="file" name="file" accept=".json,.yaml,.yml,application/json,text/yaml" aria-describedby="file-note";
                    p.note #file-note { "At most 8 MiB. Passwords in it are sealed at once; the file itself is not kept." }
                }
                div.field {
                    label for="text" { "Or its text" }
                    textarea #text name="text" rows="8" spellcheck="false" { "\n" (pasted) }
                }
                div.actions { button.primary type="submit" { "Look what it holds" } a.button href="/checks" { "Cancel" } }
            }
        }))
    }
}

/// What would come of a file.
pub(crate) struct Preview<'a> {
    pub(crate) id: &'a str,
    pub(crate) imported: &'a Imported,
    /// For each definition: what it would be called in addresses, if its name is taken.
    pub(crate) clashes: &'a [Option<String>],
}

/// The preview.
pub(crate) fn preview(view: &Preview<'_>) -> Markup {
    let imported = view.imported;
    let without: Vec<&LeftOut> = imported.left_out.iter().filter(|left| left.made).collect();
    let nothing: Vec<&LeftOut> = imported.left_out.iter().filter(|left| !left.made).collect();
    let clashing = view.clashes.iter().filter(|clash| clash.is_some()).count();
    html! {
        div.page-head {
            p { a href="/checks" { "Checks" } " · " a href="/checks/import" { "Another file" } }
            h1 { "From " (imported.source) ": " (counted(imported.definitions.len(), "check")) }
            p.muted { "Nothing is made yet."
                @if !nothing.is_empty() { " " (counted(nothing.len(), "entry")) " cannot be taken over." }
                @if clashing > 0 { " " (counted(clashing, "name")) " are taken already; these are not ticked." } }
        }
        @if imported.definitions.is_empty() {
            (empty("Nothing in it can become a check.", "Below it says why.", &html! { a.button href="/checks/import" { "Choose another file" } }))
        } @else {
            form.stack.full method="post" action="/checks/import/take" {
                input type="hidden" name="import" value=(view.id);
                div.checks { (table("What would be made", &["Take", "Name", "Kind", "Where", "Every", ""], imported.definitions.iter().enumerate().map(|(at, one)| row(at, one, view)))) }
                div.actions { button.primary type="submit" { "Make what is ticked" } a.button href="/checks" { "Cancel" } }
            }
        }
        @if !nothing.is_empty() { (card("What is not taken over", &remarks(&nothing))) }
        @if !without.is_empty() { (card("What is taken over without something", &remarks(&without))) }
    }
}

fn row(at: usize, check: &CheckDefinition, view: &Preview<'_>) -> Markup {
    let clash = view.clashes.get(at).and_then(Option::as_deref);
    let id = format!("take-{at}");
    html! {
        tr {
            td { span.check {
                input #(id) type="checkbox" name=(id) value="yes" checked[clash.is_none()];
                label.sr for=(id) { "Take " (check.name) }
            } }
            th scope="row" { (check.name) @if !check.enabled { " " (badge("paused")) } @if let Some(group) = &check.group { br; small { (group) } } }
            td { (check.target.kind()) }
            td { code { (tidy(&place(&check.target), 80)) } }
            td.number { (duration_text(check.every)) }
            td { @if let Some(slug) = clash { small { "The name is taken; this one would be “" (slug) "”." } } }
        }
    }
}

fn remarks(left_out: &[&LeftOut]) -> Markup {
    let row = |left: &&LeftOut| html! { tr { th scope="row" { (left.name) } td { (left.why) } } };
    table("Remarks", &["Name", "Why"], left_out.iter().map(row))
}
