//! The doors: logging in, and making the first account.

use super::{Wrong, problem_of};
use hob_web::components::{Field, field, form, icon};
use maud::{Markup, html};

/// The page on which people log in. `problem` is empty at first.
pub(crate) fn login(name: &str, next: &str, problem: &str) -> Markup {
    let name_field =
        Field { value: name, autocomplete: "username", required: true, ..Field::text("name", "Name") };
    let password_field = Field {
        kind: "password",
        autocomplete: "current-password",
        required: true,
        ..Field::text("password", "Password")
    };
    html! {
        div.door {
            (icon("hob"))
            h1 { "Log in to Hob" }
            @if !problem.is_empty() { p.error role="alert" { (problem) } }
            (form("/login", "Log in", &html! {
                (field(&name_field))
                (field(&password_field))
                input type="hidden" name="next" value=(next);
            }))
        }
    }
}

/// The page on which the first account is made. The code is shown again as it was typed; passwords never are.
pub(crate) fn setup(code: &str, name: &str, wrong: Option<&Wrong>) -> Markup {
    let code_field = Field {
        value: code,
        required: true,
        help: "Hob printed it on its console, or in its log, when it started: 12 letters and digits.",
        error: problem_of(wrong, "code"),
        ..Field::text("code", "Setup code")
    };
    let name_field = Field {
        value: name,
        autocomplete: "username",
        required: true,
        help: "What you log in with: letters, digits and . _ - @",
        error: problem_of(wrong, "name"),
        ..Field::text("name", "Your name")
    };
    let password = Field {
        kind: "password",
        autocomplete: "new-password",
        required: true,
        help: "At least 8 characters; a few words are a good password.",
        error: problem_of(wrong, "password"),
        ..Field::text("password", "Password")
    };
    let again = Field {
        kind: "password",
        autocomplete: "new-password",
        required: true,
        error: problem_of(wrong, "again"),
        ..Field::text("again", "The password again")
    };
    html! {
        div.door {
            (icon("hob"))
            h1 { "Welcome to Hob" }
            p.muted { "Make the first account. It administrates this Hob and can add others later." }
            (form("/setup", "Make the account", &html! {
                @for one in [&code_field, &name_field, &password, &again] { (field(one)) }
            }))
        }
    }
}
