//! The page of digests.

use super::{Sent, again};
use crate::desk::Desk;
use crate::digest;
use crate::model::digest::{Day, Subscription};
use crate::pages::{self, DigestView};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use hob_base::Error;
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;

const PATH: &str = "/notifications/digest";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    week: String,
}

pub(super) async fn show(State(ctx): State<Ctx>, frame: Frame, Query(which): Query<Which>) -> Answer {
    draw(
        &ctx,
        &frame,
        !which.week.is_empty(),
        &Subscription { at: "08:00".into(), ..Subscription::default() },
        None,
    )
    .await
}

async fn draw(
    ctx: &Ctx,
    frame: &Frame,
    weekly: bool,
    entered: &Subscription,
    problem: Option<(String, String)>,
) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(ctx).await?;
    let now = ctx.clock.now();
    let span = Subscription { on: weekly.then_some(Day::Mon), ..Subscription::default() };
    let all = digest::list(ctx).await?;
    let like = all.iter().find(|one| one.on.is_some() == weekly);
    let view = DigestView {
        all: &all,
        preview: &digest::make(ctx, like, span.from(now), now, weekly).await?,
        weekly,
        entered,
        problem: problem.as_ref(),
        setup: &setup,
        people: &desk.people(ctx).await,
        may_write: frame.may(Scope::Write),
    };
    let page = frame.page("Digests", &pages::digest(&view));
    Ok(if problem.is_some() { again(page) } else { page })
}

pub(super) async fn add(
    State(ctx): State<Ctx>,
    frame: Frame,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let sent = Sent::from(pairs);
    let new = Subscription {
        who: sent.get("who").to_owned(),
        to: sent.all("to").into_iter().filter(|target| !target.is_empty()).collect(),
        on: Day::read(sent.get("on")),
        at: sent.get("at").to_owned(),
        skip_quiet: sent.ticked("skip_quiet"),
        ..Subscription::default()
    };
    match digest::add(&ctx, new.clone()).await {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(Error::Invalid { field, problem }) => {
            draw(&ctx, &frame, false, &new, Some((field, problem))).await
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn delete(State(ctx): State<Ctx>, Path(id): Path<String>) -> Answer {
    digest::delete(&ctx, &id).await?;
    Ok(Redirect::to(PATH).into_response())
}

pub(super) async fn send_now(State(ctx): State<Ctx>, Path(id): Path<String>) -> Answer {
    digest::send_now(&ctx, &id).await?;
    Ok(Redirect::to("/notifications/log").into_response())
}
