//! API tokens.

use super::{Wrong, button_form, flash, problem_of};
use crate::memory::Flash;
use crate::model::Token;
use hob_base::Timestamp;
use hob_feature::{Ctx, Scope};
use hob_web::components::{Field, badge, card, empty, field, form, select, table, time};
use maud::{Markup, html};
use serde::Deserialize;

/// What was entered for a new token.
#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct TokenForm {
    pub(crate) name: String,
    pub(crate) scope: String,
    pub(crate) expires_in: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self { name: String::new(), scope: Scope::Read.as_str().to_owned(), expires_in: String::new() }
    }
}

/// What the page shows.
pub(crate) struct Tokens<'a> {
    pub(crate) tokens: &'a [Token],
    pub(crate) flash: Option<Flash>,
    pub(crate) form: &'a TokenForm,
    pub(crate) wrong: Option<&'a Wrong>,
}

/// The page.
pub(crate) fn tokens(ctx: &Ctx, view: &Tokens<'_>) -> Markup {
    let headings = ["Token", "May", "Made", "Last used", "Ends", ""];
    html! {
        div.page-head {
            h1 { "API tokens" }
            p.muted { "Programs show a token instead of a name and a password. Give each program its own, so that you can revoke it alone." }
        }
        (flash(view.flash.as_ref()))
        @if view.tokens.is_empty() {
            (empty("No tokens yet.", "Agents, scripts and other programs need one to talk to Hob.", &html! {}))
        } @else {
            (table("API tokens", &headings, view.tokens.iter().map(|token| row(ctx, token))))
        }
        (card("Make a token", &token_form(view)))
    }
}

fn row(ctx: &Ctx, token: &Token) -> Markup {
    let now = ctx.clock.now();
    html! {
        tr {
            th scope="row" { (token.name) }
            td { (badge(token.scope.as_str())) }
            td { (time(token.created_at, ctx)) " by " (token.created_by) }
            td { @if let Some(at) = token.last_used_at { (time(at, ctx)) } @else { "never" } }
            td { (end(ctx, token, now)) }
            td {
                @if token.is_live(now) {
                    (button_form(&format!("/account/tokens/{}/revoke", token.id), "Revoke", "small danger"))
                }
            }
        }
    }
}

fn end(ctx: &Ctx, token: &Token, now: Timestamp) -> Markup {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => html! { "revoked " (time(at, ctx)) },
        (None, Some(at)) if at <= now => html! { "expired " (time(at, ctx)) },
        (None, Some(at)) => html! { (time(at, ctx)) },
        (None, None) => html! { "never" },
    }
}

fn token_form(view: &Tokens<'_>) -> Markup {
    const SCOPES: [(&str, &str); 5] = [
        ("read", "read: see what the house shows"),
        ("write", "write: see and change what the house shows"),
        ("push", "push: publish messages"),
        ("agent", "agent: send what an agent collects"),
        ("admin", "admin: everything, also users and tokens"),
    ];
    const ENDS: [(&str, &str); 5] = [
        ("", "never"),
        ("7d", "in a week"),
        ("30d", "in 30 days"),
        ("90d", "in 90 days"),
        ("365d", "in a year"),
    ];
    let name = Field {
        value: &view.form.name,
        required: true,
        help: "What it is for, for example “agent on the NAS”.",
        error: problem_of(view.wrong, "name"),
        ..Field::text("name", "Name")
    };
    // What a browser cannot send from this page is told above the form.
    let other = ["scope", "expires_in"].map(|field| problem_of(view.wrong, field)).concat();
    form(
        "/account/tokens",
        "Make the token",
        &html! {
            @if !other.is_empty() { p.error role="alert" { (other) } }
            (field(&name))
            (select("scope", "What it may do", &SCOPES, &view.form.scope))
            (select("expires_in", "When it ends", &ENDS, &view.form.expires_in))
        },
    )
}
