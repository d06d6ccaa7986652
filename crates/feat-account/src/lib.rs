//! Who may come in: users and their passwords, browsers that are logged in, tokens for programs.
//!
//! ```text
//!  browser ─ cookie ─┐                                    /setup   code from the console ─▶ first administrator
//!                    ├─▶ guard of hob-web ─▶ gate ─▶ who  /login   throttle ─▶ password ─▶ session
//!  program ─ token ──┘                                    /account, /account/users, /account/tokens, /api/v1/…
//!                                                         hob user …, hob token … (cli) on the same tables
//! ```
//!
//! - `model`: users, sessions and tokens as values, and pure rules: names, throttling, where a login leads
//! - `actions`: what pages, the API and commands do alike
//! - `memory`: tries of the last minutes, messages for the next page, the setup code; gone when the hub stops
//! - `gate`, `password`, `random`: recognising, hashing, making tokens
//!
//! Invariants:
//!
//! - What a browser or program holds is kept only as its SHA-256, a password only as its argon2id hash.
//! - Unknown name, wrong password and disabled user are one answer after the same time.
//! - Nobody is shut out for good: what slows guessing down is counted per address and forgotten after 15 minutes.
//! - There is always an administrator who can log in, once there was one.
//! - Every request asks the database who it is, so what a command on another process changes counts at once. Those who
//!   remember users and tokens for a while are told within half a minute (`account.look`).
//!
//! Tables: `account_user`, `account_session`, `account_token`.
//!
//! The Cargo feature `fuzzing` opens what reads strangers' words to the targets in `fuzz/`.

mod actions;
pub mod cli;
mod config;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod jobs;
mod memory;
mod model;
mod pages;
mod password;
mod random;
mod routes;
mod store;

pub use model::{Token, User};

use hob_db::Migration;
use hob_feature::{BoxFuture, Ctx, Feature, boxed};
use memory::remembered;
use tracing::error;

/// Users, sessions and API tokens.
pub const FEATURE: Feature = Feature {
    routes: routes::routes,
    personal_routes: routes::personal_routes,
    open_routes: routes::open_routes,
    jobs: jobs::jobs,
    migrations: MIGRATIONS,
    config: &[config::SECTION],
    gate: Some(gate::GATE),
    greeting,
    ..Feature::new("account", "Account")
};

const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "account", sql: include_str!("migrations/0001_account.sql") }];

/// Tells the console how the first account is made, while there is none.
fn greeting(ctx: Ctx) -> BoxFuture<Vec<String>> {
    boxed(async move {
        let code = match store::any_user(&ctx.db).await {
            Ok(true) => return Vec::new(),
            Ok(false) => remembered(&ctx).setup_code(),
            Err(error) => Err(error),
        };
        match code {
            Ok(code) => vec![format!(
                "Setup code: {}  (opens the first account; valid until it is used)",
                code.text()
            )],
            Err(error) => {
                error!(reason = error.chain(), "the setup code could not be made");
                vec!["The setup code could not be made; the log says why.".to_owned()]
            }
        }
    })
}

#[cfg(test)]
mod tests;
