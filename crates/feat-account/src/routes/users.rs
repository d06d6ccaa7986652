//! The pages on which administrators manage users.

use super::{again, done, refused, take_flash, wrong_input};
use crate::actions::{self, NewUser};
use crate::gate::note_change;
use crate::memory::remembered;
use crate::model::User;
use crate::pages::{self, UserForm, Wrong};
use crate::store;
use axum::Form;
use axum::extract::Path;
use hob_base::{Error, Result};
use hob_feature::Scope;
use hob_feature::identity::Via;
use hob_web::{Answer, Frame};
use serde::Deserialize;

const HERE: &str = "/account/users";

#[derive(Deserialize)]
pub(super) struct Password {
    #[serde(default)]
    password: String,
}

pub(super) async fn list(frame: Frame) -> Answer {
    frame.require(Scope::Admin)?;
    list_page(&frame, &UserForm::default(), None).await
}

async fn list_page(frame: &Frame, form: &UserForm, wrong: Option<&Wrong>) -> Answer {
    let users = store::list_users(&frame.ctx.db).await?;
    let view = pages::Users { users: &users, flash: take_flash(frame)?, form, wrong };
    Ok(frame.page("Users", &pages::users(&frame.ctx, &view)))
}

pub(super) async fn add(frame: Frame, Form(form): Form<UserForm>) -> Answer {
    frame.require(Scope::Admin)?;
    let ctx = &frame.ctx;
    let new = NewUser { name: form.name.trim(), password: &form.password, is_admin: form.admin.is_some() };
    match actions::add_user(&ctx.db, &ctx.clock, &remembered(ctx).hasher, new).await {
        Ok(user) => Ok(done(&frame, HERE, format!("“{}” can log in now.", user.name))?),
        Err(error) => {
            let wrong = wrong_input(error)?;
            Ok(again(list_page(&frame, &form, Some(&wrong)).await?))
        }
    }
}

pub(super) async fn show(frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Admin)?;
    let user = actions::find_user_by_id(&frame.ctx.db, &id).await?;
    user_page(&frame, &user, None)
}

fn user_page(frame: &Frame, user: &User, wrong: Option<&Wrong>) -> Answer {
    let view = pages::OneUser { user, flash: take_flash(frame)?, wrong };
    Ok(frame.page(&user.name, &pages::user(&frame.ctx, &view)))
}

pub(super) async fn reset_password(
    frame: Frame,
    Path(id): Path<String>,
    Form(form): Form<Password>,
) -> Answer {
    frame.require(Scope::Admin)?;
    let ctx = &frame.ctx;
    let user = actions::find_user_by_id(&ctx.db, &id).await?;
    let keep = own_session_of(&frame, &user);
    match actions::set_password(&ctx.db, &remembered(ctx).hasher, &user, &form.password, keep).await {
        Ok(()) => {
            note_change(ctx, &user.id);
            let text = format!("“{}” has a new password and is logged out everywhere else.", user.name);
            Ok(done(&frame, &path_of(&user), text)?)
        }
        Err(error) => {
            let wrong = wrong_input(error)?;
            Ok(again(user_page(&frame, &user, Some(&wrong))?))
        }
    }
}

/// Who resets their own password stays logged in here.
fn own_session_of<'a>(frame: &'a Frame, user: &User) -> Option<&'a str> {
    let who = frame.who.as_ref().filter(|who| who.user_id.as_ref() == Some(&user.id))?;
    match &who.via {
        Via::Session(id) => Some(id),
        _ => None,
    }
}

pub(super) async fn change(frame: Frame, Path((id, action)): Path<(String, String)>) -> Answer {
    frame.require(Scope::Admin)?;
    let user = actions::find_user_by_id(&frame.ctx.db, &id).await?;
    let changed = try_change(&frame, &user, &action).await;
    note_change(&frame.ctx, &user.id);
    match changed {
        Ok(text) if action == "delete" => Ok(done(&frame, HERE, text)?),
        Ok(text) => Ok(done(&frame, &path_of(&user), text)?),
        Err(error) => Ok(refused(&frame, &path_of(&user), error)?),
    }
}

async fn try_change(frame: &Frame, user: &User, action: &str) -> Result<String> {
    let (db, name) = (&frame.ctx.db, &user.name);
    match action {
        "disable" => {
            actions::set_disabled(db, user, true).await?;
            Ok(format!("“{name}” is logged out everywhere and can no longer log in."))
        }
        "enable" => {
            actions::set_disabled(db, user, false).await?;
            Ok(format!("“{name}” can log in again."))
        }
        "promote" => {
            actions::set_admin(db, user, true).await?;
            Ok(format!("“{name}” is an administrator now."))
        }
        "demote" => {
            actions::set_admin(db, user, false).await?;
            Ok(format!("“{name}” is an ordinary user now."))
        }
        "delete" => {
            actions::delete_user(db, user).await?;
            Ok(format!("“{name}” is deleted."))
        }
        other => Err(Error::not_found("action", other)),
    }
}

fn path_of(user: &User) -> String {
    format!("{HERE}/{}", user.id)
}
