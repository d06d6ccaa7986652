//! One's own quiet hours.

use super::silences::lines;
use hob_base::Level;
use hob_web::components::{card, notice, table};
use maud::{Markup, html};

/// What the page needs to be drawn.
#[derive(Default)]
pub(crate) struct Quiet<'a> {
    /// Windows, one a line, as saved or as entered.
    pub(crate) windows: &'a str,
    /// What is wrong with what was entered; empty for nothing.
    pub(crate) wrong: &'a str,
    /// Whether it was just saved.
    pub(crate) saved: bool,
    /// Whether messages go to this person by name.
    pub(crate) named: bool,
    /// Everybody's, for administrators.
    pub(crate) all: &'a [(String, String)],
}

/// The page.
pub(crate) fn quiet(page: &Quiet<'_>) -> Markup {
    html! {
        div.page-head {
            h1 { "Your quiet hours" }
            p.muted { "In these hours you hear of nothing that is not critical. What came up meanwhile, and is not over by then, is told when they end." }
        }
        @if page.saved { (notice(Level::Ok, "Your quiet hours are saved.")) }
        @if !page.named {
            (notice(Level::Unknown, "At present no message is addressed to you: hob.toml does not name you in tell or then_tell of [incidents]. Messages to everybody who listens keep no quiet hours."))
        }
        form.stack method="post" action="/incidents/quiet" {
            (lines("windows", "Quiet hours", page.windows, page.wrong, false, "One a line; leave it empty for none. Such as Mon-Fri 22:00-06:30, Sat,Sun 23:00-09:00, daily 13:00-14:00."))
            div.actions { button.primary type="submit" { "Save" } }
        }
        @if !page.all.is_empty() {
            (card("Everybody’s quiet hours", &table("Everybody’s quiet hours", &["Whose", "When"], page.all.iter().map(|(person, windows)| html! {
                tr { th scope="row" { (person) } td { @for line in windows.lines() { code { (line) } br; } } }
            }))))
        }
    }
}
