//! Pages and API: extract, act, render. Every form is a plain post that ends in a redirect.

mod api;
mod client;
mod login;
mod own;
mod setup;
mod tokens;
mod users;

use crate::memory::{Flash, remembered};
use crate::pages::Wrong;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, patch, post};
use hob_base::{Error, Level, Result};
use hob_feature::Ctx;
use hob_web::Frame;

/// For administrators; each handler asks for the scope.
pub(crate) fn routes(_: &Ctx) -> Router {
    Router::new()
        .route("/account/tokens", get(tokens::list).post(tokens::add))
        .route("/account/tokens/{id}/revoke", post(tokens::revoke))
        .route("/account/users", get(users::list).post(users::add))
        .route("/account/users/{id}", get(users::show))
        .route("/account/users/{id}/password", post(users::reset_password))
        .route("/account/users/{id}/{action}", post(users::change))
        .route("/api/v1/tokens", get(api::list_tokens).post(api::add_token))
        .route("/api/v1/tokens/{id}", axum::routing::delete(api::revoke_token))
        .route("/api/v1/users", get(api::list_users).post(api::add_user))
        .route("/api/v1/users/{id}", patch(api::change_user).delete(api::delete_user))
}

/// What everybody may do for themselves.
pub(crate) fn personal_routes(_: &Ctx) -> Router {
    Router::new()
        .route("/account", get(own::show))
        .route("/account/password", post(own::change_password))
        .route("/account/sessions/others/end", post(own::end_others))
        .route("/account/sessions/{id}/end", post(own::end_session))
}

/// The doors.
pub(crate) fn open_routes(_: &Ctx) -> Router {
    Router::new()
        .route("/login", get(login::show).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/setup", get(setup::show).post(setup::set_up))
}

/// What is wrong with a form's input, to be shown beside the field; any other error is the caller's to answer. What
/// forms can be in conflict about is a name that is taken.
fn wrong_input(error: Error) -> Result<Wrong> {
    match error {
        Error::Invalid { field, problem } => Ok(Wrong { field, problem }),
        Error::Conflict(problem) => Ok(Wrong { field: "name".to_owned(), problem }),
        other => Err(other),
    }
}

/// The same page again, with what is wrong.
fn again(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    page
}

/// Back to a page after something was done, with a message for it.
fn done(frame: &Frame, path: &str, text: impl Into<String>) -> Result<Response> {
    say(frame, path, Flash::Message(Level::Ok, text.into()))
}

/// Back to a page with the reason why something is not possible now; other errors are the caller's to answer.
fn refused(frame: &Frame, path: &str, error: Error) -> Result<Response> {
    match error {
        Error::Conflict(text) => say(frame, path, Flash::Message(Level::Warning, text)),
        other => Err(other),
    }
}

fn say(frame: &Frame, path: &str, flash: Flash) -> Result<Response> {
    remembered(&frame.ctx).leave(&frame.ctx, frame.identity()?, flash);
    Ok(Redirect::to(path).into_response())
}

fn take_flash(frame: &Frame) -> Result<Option<Flash>> {
    Ok(remembered(&frame.ctx).take(&frame.ctx, frame.identity()?))
}
