//! Pages as pure functions from view data to markup.

mod door;
mod own;
mod tokens;
mod users;

pub(crate) use door::{login, setup};
pub(crate) use own::{Own, own};
pub(crate) use tokens::{TokenForm, Tokens, tokens};
pub(crate) use users::{OneUser, UserForm, Users, user, users};

use crate::memory::Flash;
use hob_web::components::notice;
use maud::{Markup, html};

/// What is wrong with a form, and in which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The field's name.
    pub(crate) field: String,
    /// What is wrong and what would be right.
    pub(crate) problem: String,
}

/// What is wrong with this field; empty for nothing.
fn problem_of<'a>(wrong: Option<&'a Wrong>, field: &str) -> &'a str {
    wrong.filter(|wrong| wrong.field == field).map_or("", |wrong| &wrong.problem)
}

/// A form of one button.
fn button_form(action: &str, text: &str, classes: &str) -> Markup {
    html! { form method="post" action=(action) { button.(classes) type="submit" { (text) } } }
}

/// Tells password stores whose password a form is about.
fn whose(name: &str) -> Markup {
    html! { input type="text" name="username" autocomplete="username" value=(name) readonly hidden; }
}

fn flash(flash: Option<&Flash>) -> Markup {
    match flash {
        Some(Flash::Message(level, text)) => notice(*level, text),
        Some(Flash::NewToken(name, text)) => html! {
            section.card {
                h2 { "The new token “" (name) "”" }
                p { "Copy it now: Hob keeps only a fingerprint of it and cannot show it again." }
                div.row {
                    label.sr for="new-token" { "The new token" }
                    input.copy #new-token type="text" value=(text) readonly autocomplete="off" spellcheck="false";
                    button type="button" data-copy { "Copy" }
                }
            }
        },
        None => html! {},
    }
}
