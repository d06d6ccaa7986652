//! The page of API tokens.

use super::{again, done, refused, say, take_flash, wrong_input};
use crate::actions::{self, NewToken};
use crate::gate::note_change;
use crate::memory::Flash;
use crate::model::Token;
use crate::pages::{self, TokenForm, Wrong};
use crate::store;
use axum::Form;
use axum::extract::Path;
use hob_base::wording::parse_duration;
use hob_base::{Error, Result};
use hob_feature::Scope;
use hob_web::{Answer, Frame};

const HERE: &str = "/account/tokens";

pub(super) async fn list(frame: Frame) -> Answer {
    frame.require(Scope::Admin)?;
    page(&frame, &TokenForm::default(), None).await
}

async fn page(frame: &Frame, form: &TokenForm, wrong: Option<&Wrong>) -> Answer {
    let tokens = store::list_tokens(&frame.ctx.db).await?;
    let view = pages::Tokens { tokens: &tokens, flash: take_flash(frame)?, form, wrong };
    Ok(frame.page("API tokens", &pages::tokens(&frame.ctx, &view)))
}

pub(super) async fn add(frame: Frame, Form(form): Form<TokenForm>) -> Answer {
    frame.require(Scope::Admin)?;
    match try_add(&frame, &form).await {
        Ok((token, text)) => Ok(say(&frame, HERE, Flash::NewToken(token.name, text))?),
        Err(error) => {
            let wrong = wrong_input(error)?;
            Ok(again(page(&frame, &form, Some(&wrong)).await?))
        }
    }
}

async fn try_add(frame: &Frame, form: &TokenForm) -> Result<(Token, String)> {
    let scope = form.scope.parse().map_err(|problem: String| Error::invalid("scope", problem))?;
    let lasts = match form.expires_in.as_str() {
        "" => None,
        text => Some(parse_duration(text).map_err(|problem| Error::invalid("expires_in", problem))?),
    };
    let by = &frame.identity()?.name;
    let new = NewToken { name: form.name.trim(), scope, lasts, by };
    actions::add_token(&frame.ctx.db, &frame.ctx.clock, new).await
}

pub(super) async fn revoke(frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Admin)?;
    match actions::revoke_token(&frame.ctx.db, &frame.ctx.clock, &id).await {
        Ok(token) => {
            note_change(&frame.ctx, &token.id);
            Ok(done(&frame, HERE, format!("The token “{}” is revoked.", token.name))?)
        }
        Err(error) => Ok(refused(&frame, HERE, error)?),
    }
}
