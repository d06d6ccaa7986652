//! Wall displays: with a login, or by a link that somebody made.

use crate::pages::wall::{self as pages, WallForm, WallView};
use crate::walls::{self, Dark};
use crate::{board, cards};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use hob_feature::{Ctx, Scope};
use hob_web::live::serve_hints;
use hob_web::{Answer, Frame, is_https};
use serde::Deserialize;

/// The wall of somebody who is logged in.
pub(super) async fn wall(State(ctx): State<Ctx>) -> Answer {
    draw(&ctx, Dark::Display, "/live").await
}

/// The wall of somebody who has the link.
pub(super) async fn open(State(ctx): State<Ctx>, Path(token): Path<String>) -> Answer {
    let wall = walls::opened_by(&ctx, &token).await?;
    draw(&ctx, wall.dark, &format!("/wall/{token}/live")).await
}

async fn draw(ctx: &Ctx, dark: Dark, live: &str) -> Answer {
    let house = board::current_house(ctx).await?;
    let mut cards = cards::all(ctx);
    cards.retain(|one| one.card.wall);
    let page = pages::wall(&WallView { house: &house, cards: &cards, dark, live }, ctx).into_string();
    let mut response = Html(page).into_response();
    let out = response.headers_mut();
    // The address is the secret.
    out.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Says that something changed, and nothing else.
pub(super) async fn stream(State(ctx): State<Ctx>, Path(token): Path<String>) -> Answer {
    walls::opened_by(&ctx, &token).await?;
    serve_hints(&ctx)
}

pub(super) async fn list(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    show(&ctx, &frame, &WallForm::default()).await
}

async fn show(ctx: &Ctx, frame: &Frame, form: &WallForm) -> Answer {
    let walls = walls::known(ctx).await?;
    Ok(frame.page("Wall displays", &pages::manage(&walls, form, frame.may(Scope::Write), ctx)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    name: String,
    dark: String,
}

pub(super) async fn make(
    State(ctx): State<Ctx>,
    frame: Frame,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Answer {
    let mut form = WallForm { name: entered.name.clone(), dark: entered.dark.clone(), ..WallForm::default() };
    let name = crate::model::check_name(&entered.name);
    match (name, entered.dark.parse::<Dark>()) {
        (Err(problem), _) => form.wrong = Some(("name", problem)),
        (_, Err(problem)) => form.wrong = Some(("dark", problem)),
        (Ok(name), Ok(dark)) => {
            let token = walls::make(&ctx, &name, dark, &frame.identity()?.name).await?;
            let made = Some(format!("{}/wall/{token}", base_url(&headers)));
            return show(&ctx, &frame, &WallForm { made, ..WallForm::default() }).await;
        }
    }
    let page = show(&ctx, &frame, &form).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// How this hub is reached, as the browser says.
fn base_url(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost:4620");
    let scheme = if is_https(headers) { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[derive(Debug, Deserialize)]
pub(super) struct TakeAway {
    id: String,
}

pub(super) async fn take_away(State(ctx): State<Ctx>, Form(form): Form<TakeAway>) -> Response {
    match walls::take_away(&ctx, &form.id).await {
        Ok(()) => Redirect::to("/home/walls").into_response(),
        Err(error) => hob_web::Failure::from(error).into_response(),
    }
}
