//! One's own account: password and sessions.

use super::client::Client;
use super::{again, done, take_flash, wrong_input};
use crate::actions;
use crate::gate::note_change;
use crate::memory::remembered;
use crate::model::{Try, User, may_be_password, name_key};
use crate::pages::{self, Wrong};
use crate::store::{self, Account};
use axum::Form;
use axum::extract::Path;
use hob_base::error::OrNotFound;
use hob_base::wording::counted;
use hob_base::{Error, Result};
use hob_feature::Scope;
use hob_feature::identity::Via;
use hob_web::{Answer, Frame};
use serde::Deserialize;

const HERE: &str = "/account";

#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// The account of who asks. A token and the local console are nobody's.
async fn own_account(frame: &Frame) -> Result<Account> {
    let who = frame.identity()?;
    let Some(id) = &who.user_id else {
        let text = "This belongs to people: log in with a name and a password in a browser.";
        return Err(Error::Forbidden(text.to_owned()));
    };
    store::find_user_by_id(&frame.ctx.db, id).await?.or_not_found("user", &who.name)
}

/// The session of who asks; empty when there is none, which fits no session.
fn own_session(frame: &Frame) -> &str {
    match frame.who.as_ref().map(|who| &who.via) {
        Some(Via::Session(id)) => id,
        _ => "",
    }
}

pub(super) async fn show(frame: Frame) -> Answer {
    let user = own_account(&frame).await?.user;
    page(&frame, &user, None).await
}

async fn page(frame: &Frame, user: &User, wrong: Option<&Wrong>) -> Answer {
    let sessions = store::list_sessions(&frame.ctx.db, &user.id, frame.ctx.clock.now()).await?;
    let view = pages::Own {
        user,
        sessions: &sessions,
        this_session: own_session(frame),
        is_admin: frame.may(Scope::Admin),
        flash: take_flash(frame)?,
        wrong,
    };
    Ok(frame.page("Account", &pages::own(&frame.ctx, &view)))
}

pub(super) async fn change_password(frame: Frame, client: Client, Form(form): Form<NewPassword>) -> Answer {
    let account = own_account(&frame).await?;
    match try_change(&frame, &client, &account, &form).await {
        Ok(()) => Ok(done(&frame, HERE, "The password is changed, and every other browser is logged out.")?),
        Err(error) => {
            let wrong = wrong_input(error)?;
            Ok(again(page(&frame, &account.user, Some(&wrong)).await?))
        }
    }
}

async fn try_change(frame: &Frame, client: &Client, account: &Account, form: &NewPassword) -> Result<()> {
    let ctx = &frame.ctx;
    let remembered = remembered(ctx);
    // A browser that was left open must not become a place to guess the password from.
    let key = name_key(&account.user.name);
    let this = Try { name: &key, address: &client.counted_address };
    remembered.admit(ctx, this).await?;
    let fits = may_be_password(&form.current)
        && remembered.hasher.verify(&form.current, Some(&account.password_hash)).await?;
    if !fits {
        return Err(Error::invalid("current", "This is not your present password."));
    }
    remembered.succeeded(this);
    if form.password != form.again {
        return Err(Error::invalid("again", "The two passwords differ."));
    }
    let keep = Some(own_session(frame));
    actions::set_password(&ctx.db, &remembered.hasher, &account.user, &form.password, keep).await?;
    note_change(ctx, &account.user.id);
    Ok(())
}

pub(super) async fn end_session(frame: Frame, Path(id): Path<String>) -> Answer {
    let user = own_account(&frame).await?.user;
    // Ended twice is ended.
    store::delete_session(&frame.ctx.db, &user.id, &id).await?;
    Ok(done(&frame, HERE, "That browser is logged out.")?)
}

pub(super) async fn end_others(frame: Frame) -> Answer {
    let user = own_account(&frame).await?.user;
    let ended = store::delete_other_sessions(&frame.ctx.db, &user.id, own_session(&frame)).await?;
    let text = match usize::try_from(ended).unwrap_or(usize::MAX) {
        0 => "No other browser was logged in.".to_owned(),
        1 => "1 other browser is logged out.".to_owned(),
        count => format!("{} are logged out.", counted(count, "other browser")),
    };
    Ok(done(&frame, HERE, text)?)
}
