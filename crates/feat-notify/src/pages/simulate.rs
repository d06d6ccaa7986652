//! Who would be told.

use super::head;
use crate::model::simulate::Simulation;
use crate::routes::Asked;
use hob_base::Level;
use hob_web::components::{Field, field, health_mark, notice, select};
use maud::{Markup, html};

/// The most resources that are offered.
const OFFERED_MAX: usize = 2000;

/// What the page needs to be drawn.
pub(crate) struct SimulateView<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) simulation: Option<&'a Simulation>,
    pub(crate) problem: Option<&'a str>,
    pub(crate) known: &'a [String],
    pub(crate) zone: &'a str,
}

/// The page.
pub(crate) fn simulate(view: &SimulateView<'_>) -> Markup {
    let asked = view.asked;
    let level = if asked.level.is_empty() { "critical" } else { asked.level.as_str() };
    html! {
        (head("Who would be told?", "Who would be told?", "Nothing is sent. It is only said what would be."))
        section.card {
            h2.sr { "The question" }
            form.stack method="get" action="/notifications/simulate" {
                @if let Some(problem) = view.problem { (notice(Level::Critical, problem)) }
                div.field {
                    label for="resource" { "If this" }
                    input #resource name="resource" list="known" value=(asked.resource) required autocomplete="off" spellcheck="false"
                        placeholder="drive/nas/sda";
                    datalist #known { @for id in view.known.iter().take(OFFERED_MAX) { option value=(id) {} } }
                }
                (select("level", "turned", &[("critical", "critical"), ("warning", "a warning")], level))
                (field(&Field { kind: "datetime-local", value: &asked.at, help: &format!("By the clock of {}. Left empty it is now.", view.zone),
                    ..Field::text("at", "at") }))
                div.actions { button.primary type="submit" { "Who would be told?" } }
            }
        }
        @if let Some(simulation) = view.simulation { (answer(simulation)) }
    }
}

fn answer(simulation: &Simulation) -> Markup {
    html! {
        section.card aria-live="polite" {
            h2 { "Would be told" }
            @if simulation.told.is_empty() { p { (health_mark(Level::Warning)) " Nobody." } }
            ul.timeline {
                @for line in &simulation.told { li { (health_mark(Level::Ok)) p { (line) } } }
            }
        }
        @if !simulation.not_told.is_empty() {
            section.card {
                h2 { "And why not more" }
                ul.timeline { @for line in &simulation.not_told { li.silence { p { (line) } } } }
            }
        }
    }
}
