//! One's own push tokens.

use super::{again, done, is_admin, person, reach, say, take_flash};
use crate::model::account::clean_label;
use crate::pages::{self, Flash, TokensPage};
use crate::routes::account::tokens::{make_token, remove_token};
use crate::store::tokens as store;
use axum::Form;
use axum::extract::Path;
use axum::http::HeaderMap;
use hob_base::error::OrNotFound;
use hob_base::wording::parse_duration;
use hob_web::{Answer, Frame};
use serde::Deserialize;

const HERE: &str = "/messages/tokens";

#[derive(Deserialize)]
pub(super) struct TokenForm {
    #[serde(default)]
    label: String,
    #[serde(default)]
    expires_in: String,
}

pub(super) async fn show(frame: Frame, headers: HeaderMap) -> Answer {
    page(&frame, &headers, "").await
}

async fn page(frame: &Frame, headers: &HeaderMap, wrong: &str) -> Answer {
    let (id, _) = person(frame)?;
    let view = TokensPage {
        tokens: &store::tokens(&frame.ctx.db, Some(&id)).await?,
        reach: &reach(frame, headers),
        is_admin: is_admin(frame),
        wrong,
        flash: take_flash(frame)?,
    };
    Ok(frame.page("Your push tokens", &pages::tokens(&frame.ctx, &view)))
}

pub(super) async fn make(frame: Frame, headers: HeaderMap, Form(form): Form<TokenForm>) -> Answer {
    let (id, _) = person(&frame)?;
    let label = clean_label(&form.label);
    if label.is_empty() {
        return Ok(again(page(&frame, &headers, "Say what the token is for.").await?));
    }
    let lasts = match form.expires_in.as_str() {
        "" => Ok(None),
        text => parse_duration(text).map(Some),
    };
    let lasts = match lasts {
        Ok(lasts) => lasts,
        Err(problem) => return Ok(again(page(&frame, &headers, &problem).await?)),
    };
    let end = lasts.map(|lasts| frame.ctx.clock.now().plus(lasts));
    let (token, text) = make_token(&frame.ctx, &id, &label, end, None).await?;
    Ok(say(&frame, HERE, Flash::NewToken(token.label, text))?)
}

pub(super) async fn remove(frame: Frame, Path(id): Path<String>) -> Answer {
    let (person, _) = person(&frame)?;
    remove_token(&frame.ctx, &person, &id).await?.then_some(()).or_not_found("push token", &id)?;
    Ok(done(&frame, HERE, "The token opens nothing any more.")?)
}
