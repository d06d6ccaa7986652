//! Logging in and out.

use super::client::Client;
use crate::gate::user_by_password;
use crate::model::{Try, User, name_key, safe_next};
use crate::pages;
use crate::store;
use axum::Form;
use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::{Error, Result};
use hob_feature::Ctx;
use hob_feature::identity::Via;
use hob_web::{Answer, Frame};
use serde::Deserialize;
use tracing::info;

#[derive(Deserialize)]
pub(super) struct Target {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Login {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn show(frame: Frame, Query(target): Query<Target>) -> Answer {
    let next = safe_next(&target.next);
    if frame.who.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    Ok(frame.plain_page("Log in", &pages::login("", next, "")))
}

pub(super) async fn log_in(frame: Frame, client: Client, Form(form): Form<Login>) -> Answer {
    let next = safe_next(&form.next);
    let logged_in = match recognise(&frame.ctx, &client, form.name.trim(), &form.password).await {
        Ok(user) => client.log_in(&frame.ctx, &user, next).await?.ok_or_else(wrong),
        Err(error) => Err(error),
    };
    match logged_in {
        Ok(response) => {
            end_current(&frame).await?;
            Ok(response)
        }
        Err(error) => {
            info!(address = client.address, "a try to log in was refused");
            show_again(&frame, &client, &form, error)
        }
    }
}

async fn recognise(ctx: &Ctx, client: &Client, name: &str, password: &str) -> Result<User> {
    let key = name_key(name);
    let this = Try { name: &key, address: &client.counted_address };
    let user = user_by_password(ctx, this, password).await?.ok_or_else(wrong)?;
    info!(user = user.name, address = client.address, "logged in");
    Ok(user)
}

fn wrong() -> Error {
    Error::Unauthenticated("The name or the password is wrong.".to_owned())
}

fn show_again(frame: &Frame, client: &Client, form: &Login, error: Error) -> Answer {
    let (status, wait) = match &error {
        Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, None),
        Error::TooMany { retry_after_s, .. } => (StatusCode::TOO_MANY_REQUESTS, Some(*retry_after_s)),
        _ => return Err(error.into()),
    };
    if client.wants_json {
        return Err(error.into());
    }
    let body = pages::login(form.name.trim(), safe_next(&form.next), &error.to_string());
    let mut response = frame.plain_page("Log in", &body);
    *response.status_mut() = status;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

pub(super) async fn log_out(frame: Frame, client: Client) -> Answer<Response> {
    end_current(&frame).await?;
    Ok(client.log_out("/login")?)
}

/// Ends the session with which this request came, if it came with one.
async fn end_current(frame: &Frame) -> Result<()> {
    if let Some(who) = &frame.who
        && let (Some(user_id), Via::Session(id)) = (&who.user_id, &who.via)
    {
        store::delete_session(&frame.ctx.db, user_id, id).await?;
    }
    Ok(())
}
