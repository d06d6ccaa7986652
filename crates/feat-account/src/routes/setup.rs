//! Making the first account.

use super::client::Client;
use super::wrong_input;
use crate::actions::{self, NewUser};
use crate::memory::remembered;
use crate::model::Try;
use crate::pages::{self, Wrong};
use crate::store;
use axum::Form;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::{Error, Result};
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use serde::Deserialize;
use tracing::{info, warn};

/// Under which tries of the code are counted. No user can have this name.
const TRIES: &str = "setup code";

#[derive(Deserialize)]
pub(super) struct Setup {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

pub(super) async fn show(frame: Frame) -> Answer {
    if store::any_user(&frame.ctx.db).await? {
        return Ok(Redirect::to("/login").into_response());
    }
    Ok(frame.plain_page("Welcome", &pages::setup("", "", None)))
}

pub(super) async fn set_up(frame: Frame, client: Client, Form(form): Form<Setup>) -> Answer {
    let ctx = &frame.ctx;
    if store::any_user(&ctx.db).await? {
        return Ok(Redirect::to("/login").into_response());
    }
    let first = async {
        check_code(ctx, &client, &form.code).await?;
        add_first(ctx, &form).await
    };
    match first.await {
        Ok(Some(user)) => {
            remembered(ctx).forget_setup_code();
            info!(user = user.name, address = client.address, "the first administrator was made");
            let login = || Redirect::to("/login").into_response();
            Ok(client.log_in(ctx, &user, "/").await?.unwrap_or_else(login))
        }
        // Somebody was faster; their account is the first.
        Ok(None) => Ok(Redirect::to("/login").into_response()),
        Err(error) => show_again(&frame, &client, &form, error),
    }
}

async fn check_code(ctx: &Ctx, client: &Client, typed: &str) -> Result<()> {
    let remembered = remembered(ctx);
    let this = Try { name: TRIES, address: &client.counted_address };
    remembered.admit(ctx, this).await?;
    if remembered.setup_code()?.matches(typed) {
        remembered.succeeded(this);
        return Ok(());
    }
    warn!(address = client.address, "a wrong setup code was entered");
    Err(Error::invalid(
        "code",
        "This is not the code. Hob printed it on its console, or in its log, when it started.",
    ))
}

async fn add_first(ctx: &Ctx, form: &Setup) -> Result<Option<crate::model::User>> {
    if form.password != form.again {
        return Err(Error::invalid("again", "The two passwords differ."));
    }
    let new = NewUser { name: form.name.trim(), password: &form.password, is_admin: true };
    actions::add_first_user(&ctx.db, &ctx.clock, &remembered(ctx).hasher, new).await
}

fn show_again(frame: &Frame, client: &Client, form: &Setup, error: Error) -> Answer<Response> {
    if client.wants_json {
        return Err(error.into());
    }
    let (status, wait, wrong) = match error {
        Error::TooMany { problem, retry_after_s } => {
            let wrong = Wrong { field: "code".to_owned(), problem };
            (StatusCode::TOO_MANY_REQUESTS, Some(retry_after_s), wrong)
        }
        other => (StatusCode::UNPROCESSABLE_ENTITY, None, wrong_input(other)?),
    };
    let mut response = frame.plain_page("Welcome", &pages::setup(&form.code, form.name.trim(), Some(&wrong)));
    *response.status_mut() = status;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}
