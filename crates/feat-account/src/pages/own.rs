//! One's own account.

use super::{Wrong, button_form, flash, problem_of, whose};
use crate::memory::Flash;
use crate::model::{Session, User, describe_agent};
use hob_feature::Ctx;
use hob_web::components::{Field, badge, card, field, form, table, time};
use maud::{Markup, html};

/// What the page shows.
pub(crate) struct Own<'a> {
    pub(crate) user: &'a User,
    pub(crate) sessions: &'a [Session],
    pub(crate) this_session: &'a str,
    pub(crate) is_admin: bool,
    pub(crate) flash: Option<Flash>,
    pub(crate) wrong: Option<&'a Wrong>,
}

/// The page.
pub(crate) fn own(ctx: &Ctx, view: &Own<'_>) -> Markup {
    html! {
        div.page-head {
            h1 { (view.user.name) }
            p.muted { (if view.user.is_admin { "You are an administrator." } else { "You can see everything in this house." }) }
        }
        (flash(view.flash.as_ref()))
        div.row {
            @if view.is_admin {
                a.button href="/account/users" { "Users" }
                a.button href="/account/tokens" { "API tokens" }
            }
            (button_form("/logout", "Log out", ""))
        }
        (sessions(ctx, view))
        (card("Change the password", &password_form(view)))
    }
}

fn sessions(ctx: &Ctx, view: &Own<'_>) -> Markup {
    let row = |session: &Session| {
        html! {
            tr {
                th scope="row" title=(session.user_agent) {
                    (describe_agent(&session.user_agent)) " "
                    @if session.id == view.this_session { (badge("This browser")) }
                }
                td { (session.address) }
                td { (time(session.last_seen_at, ctx)) }
                td {
                    @if session.id != view.this_session {
                        (button_form(&format!("/account/sessions/{}/end", session.id), "Log out", "small"))
                    }
                }
            }
        }
    };
    let headings = ["Browser", "Address", "Last seen", ""];
    html! {
        section {
            div.section-head { h2 { "Where you are logged in" } }
            div.stack {
                (table("Where you are logged in", &headings, view.sessions.iter().map(row)))
                @if view.sessions.len() > 1 {
                    (button_form("/account/sessions/others/end", "Log out every other browser", ""))
                }
            }
        }
    }
}

fn password_form(view: &Own<'_>) -> Markup {
    let password = |name: &'static str, label: &'static str, autocomplete: &'static str| Field {
        kind: "password",
        autocomplete,
        required: true,
        error: problem_of(view.wrong, name),
        ..Field::text(name, label)
    };
    let new = Field {
        help: "At least 8 characters; a few words are a good password.",
        ..password("password", "New password", "new-password")
    };
    form(
        "/account/password",
        "Change the password",
        &html! {
            (whose(&view.user.name))
            (field(&password("current", "Present password", "current-password")))
            (field(&new))
            (field(&password("again", "The new password again", "new-password")))
            p.muted { "Every other browser is logged out." }
        },
    )
}
