//! One's own push tokens.

use super::{Flash, Here, Reach, flash, problem, subnav, terminal};
use crate::model::account::Token;
use hob_feature::Ctx;
use hob_web::components::{Field, card, empty, field, form, select, table, time};
use maud::{Markup, html};

/// What the page shows.
pub(crate) struct TokensPage<'a> {
    /// The tokens of who looks.
    pub(crate) tokens: &'a [Token],
    /// How the push server is reached.
    pub(crate) reach: &'a Reach,
    /// Whether who looks manages the hub.
    pub(crate) is_admin: bool,
    /// What is wrong with what was entered; empty for nothing.
    pub(crate) wrong: &'a str,
    /// What is shown once.
    pub(crate) flash: Option<Flash>,
}

/// The page.
pub(crate) fn tokens(ctx: &Ctx, view: &TokensPage<'_>) -> Markup {
    let headings = ["For", "Token", "Made", "Last used", "Ends", ""];
    html! {
        div.page-head {
            h1 { "Your push tokens" }
            p.muted { "A script or an app shows a token instead of your name and password. It may with messages what you may, and nothing else in Hob." }
        }
        (subnav(Here::Tokens, view.is_admin))
        (flash(view.flash.as_ref()))
        @if view.tokens.is_empty() {
            (empty("No tokens yet.", "Give each script its own, so that you can remove it alone.", &html! {}))
        } @else {
            (table("Your push tokens", &headings, view.tokens.iter().map(|token| row(ctx, token))))
        }
        (card("Make a token", &token_form(view)))
        @if !view.reach.address.is_empty() { (card("How to show it", &examples(view.reach))) }
    }
}

fn row(ctx: &Ctx, token: &Token) -> Markup {
    let ended = !token.is_live(ctx.clock.now());
    html! {
        tr {
            th scope="row" { @if token.label.is_empty() { "an app" } @else { (token.label) } }
            td { code { (token.hint) } }
            td { (time(token.created_at, ctx)) }
            td {
                @if let Some(at) = token.last_access_at { (time(at, ctx)) @if !token.last_origin.is_empty() { " from " (token.last_origin) } }
                @else { "never" }
            }
            td {
                @match token.expires_at {
                    Some(at) => { @if ended { "ended " } (time(at, ctx)) }
                    None => "never",
                }
            }
            td {
                form method="post" action={ "/messages/tokens/" (token.id) "/remove" } {
                    button.small.danger type="submit" aria-label={ "Remove the token " (token.hint) } { "Remove" }
                }
            }
        }
    }
}

fn token_form(view: &TokensPage<'_>) -> Markup {
    const ENDS: [(&str, &str); 5] = [
        ("", "never"),
        ("7d", "in a week"),
        ("30d", "in 30 days"),
        ("90d", "in 90 days"),
        ("365d", "in a year"),
    ];
    let label = Field {
        required: true,
        help: "For example “backup script on the NAS”.",
        ..Field::text("label", "What for")
    };
    form(
        "/messages/tokens",
        "Make the token",
        &html! { (problem(view.wrong)) (field(&label)) (select("expires_in", "It ends", &ENDS, "")) },
    )
}

fn examples(reach: &Reach) -> Markup {
    html! {
        (terminal(&format!("curl -H \"Authorization: Bearer tk_…\" -d \"The backup is done\" {}/backups", reach.address)))
        (terminal(&format!("curl -u :tk_… -d \"The backup is done\" {}/backups", reach.address)))
    }
}
