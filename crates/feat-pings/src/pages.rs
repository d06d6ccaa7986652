//! View data → markup.

mod forms;
mod list;
mod one;
mod snippets;

pub(crate) use forms::{Form, Wrong, delete_form, edit_form, new_form, rotate_form};
pub(crate) use list::{ListView, list, list_view};
pub(crate) use one::{OneView, one};

use crate::model::state::Status;
use hob_base::Level;
use maud::{Markup, html};

/// Text that somebody copies: selected by a click of the button, readable without it.
fn copyable(id: &str, label: &str, text: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            div.row {
                input.copy id=(id) type="text" value=(text) readonly autocomplete="off" spellcheck="false";
                button type="button" data-copy { "Copy" }
            }
        }
    }
}

/// The level in whose colour and shape a status is shown.
const fn level_of(status: Status, warns: bool) -> Level {
    match status {
        Status::Down => Level::Critical,
        Status::Late => Level::Warning,
        Status::Up if warns => Level::Warning,
        Status::Up => Level::Ok,
        Status::New | Status::Paused => Level::Unknown,
    }
}
