//! Users, for administrators.

use super::{Wrong, button_form, flash, problem_of, whose};
use crate::memory::Flash;
use crate::model::User;
use hob_base::Level;
use hob_feature::Ctx;
use hob_web::components::{Field, badge, card, field, form, icon, table, time};
use maud::{Markup, html};
use serde::Deserialize;

const PASSWORD_HELP: &str = "At least 8 characters. Hand it over in person or in a safe message; they can change it on their account page.";

/// What was entered for a new user.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct UserForm {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) admin: Option<String>,
}

/// What the list shows.
pub(crate) struct Users<'a> {
    pub(crate) users: &'a [User],
    pub(crate) flash: Option<Flash>,
    pub(crate) form: &'a UserForm,
    pub(crate) wrong: Option<&'a Wrong>,
}

/// What the page of one user shows.
pub(crate) struct OneUser<'a> {
    pub(crate) user: &'a User,
    pub(crate) flash: Option<Flash>,
    pub(crate) wrong: Option<&'a Wrong>,
}

/// The list, and the form for one more.
pub(crate) fn users(ctx: &Ctx, view: &Users<'_>) -> Markup {
    let row = |user: &User| {
        html! {
            tr {
                th scope="row" { a href={ "/account/users/" (user.id) } { (user.name) } }
                td { (role(user)) }
                td { (time(user.created_at, ctx)) }
            }
        }
    };
    html! {
        div.page-head {
            h1 { "Users" }
            p.muted { "Users see everything in this house. Administrators can also change it." }
        }
        (flash(view.flash.as_ref()))
        (table("Users", &["Name", "Role", "Since"], view.users.iter().map(row)))
        (card("Add a user", &user_form(view)))
    }
}

fn role(user: &User) -> Markup {
    html! {
        span.row {
            (badge(if user.is_admin { "administrator" } else { "user" }))
            @if user.disabled { span.badge.(Level::Warning) { (icon("warning")) "disabled" } }
        }
    }
}

fn user_form(view: &Users<'_>) -> Markup {
    let name = Field {
        value: &view.form.name,
        required: true,
        error: problem_of(view.wrong, "name"),
        ..Field::text("name", "Name")
    };
    let password = Field {
        kind: "password",
        autocomplete: "new-password",
        required: true,
        help: PASSWORD_HELP,
        error: problem_of(view.wrong, "password"),
        ..Field::text("password", "Password")
    };
    form(
        "/account/users",
        "Add the user",
        &html! {
            (field(&name))
            (field(&password))
            div.check {
                input #admin type="checkbox" name="admin" value="yes" checked[view.form.admin.is_some()];
                label for="admin" { "Administrator" }
            }
        },
    )
}

/// The page of one user.
pub(crate) fn user(ctx: &Ctx, view: &OneUser<'_>) -> Markup {
    let user = view.user;
    let action = |name: &str| format!("/account/users/{}/{name}", user.id);
    let password = Field {
        kind: "password",
        autocomplete: "new-password",
        required: true,
        help: PASSWORD_HELP,
        error: problem_of(view.wrong, "password"),
        ..Field::text("password", "New password")
    };
    html! {
        div.page-head {
            p { a href="/account/users" { "Users" } }
            h1 { (user.name) }
            p.row { (role(user)) span.muted { "since " (time(user.created_at, ctx)) } }
        }
        (flash(view.flash.as_ref()))
        (card("What this user may do", &html! {
            div.row {
                @if user.is_admin { (button_form(&action("demote"), "Make an ordinary user", "")) }
                @else { (button_form(&action("promote"), "Make an administrator", "")) }
                @if user.disabled {
                    (button_form(&action("enable"), "Let in again", ""))
                    (button_form(&action("delete"), "Delete", "danger"))
                } @else {
                    (button_form(&action("disable"), "Disable", "danger"))
                }
            }
            p.muted { "A disabled user is logged out at once and cannot log in. Who is disabled can be deleted." }
        }))
        (card("Reset the password", &form(&action("password"), "Reset the password", &html! {
            (whose(&user.name))
            (field(&password))
            p.muted { "A new password logs this user out everywhere." }
        })))
    }
}
