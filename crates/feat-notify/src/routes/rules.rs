//! The pages of rules.

use super::{Sent, again};
use crate::desk::Desk;
use crate::model::route::{Mistakes, Rule, RuleText};
use crate::pages::{self, RuleForm};
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use hob_base::error::OrNotFound;
use hob_base::{Error, Result};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};

const PATH: &str = "/notifications/rules";
/// So many links of a chain can be chosen in a form.
pub(crate) const CHOICES: usize = 4;

pub(super) async fn list(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    let setup = ctx.memory.of::<Desk>().setup(&ctx).await?;
    Ok(frame.page("Rules", &pages::rule_list(&setup, frame.may(Scope::Write))))
}

pub(super) async fn ask_new(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    frame.require(Scope::Write)?;
    draw(&ctx, &frame, None, &RuleText::default(), &Vec::new()).await
}

async fn draw(ctx: &Ctx, frame: &Frame, id: Option<&str>, text: &RuleText, mistakes: &Mistakes) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(ctx).await?;
    let people = desk.people(ctx).await;
    let form = RuleForm { id, text, mistakes, setup: &setup, people: &people };
    let page = frame.page(if id.is_some() { "Change a rule" } else { "New rule" }, &pages::rule_form(&form));
    Ok(if mistakes.is_empty() { page } else { again(page) })
}

fn read(sent: &Sent) -> RuleText {
    let words = |name: &str| -> Vec<String> {
        let words = sent.get(name).split([',', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let chosen = sent.all("to").into_iter().filter(|target| !target.is_empty()).collect();
    RuleText {
        who: sent.get("who").to_owned(),
        severities: sent.all("severities"),
        news: sent.all("news"),
        kinds: words("kinds"),
        matchers: sent.lines("match"),
        hours: sent.lines("hours"),
        to: chosen,
        then_after: sent.get("then_after").to_owned(),
        stop: sent.ticked("stop"),
    }
}

pub(super) async fn add(
    State(ctx): State<Ctx>,
    frame: Frame,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let text = read(&Sent::from(pairs));
    match Rule::read(&new_id(&ctx)?, &text) {
        Ok(rule) => {
            let desk = ctx.memory.of::<Desk>();
            desk.change_rules(&ctx, |rules| {
                rules.push(rule);
                Ok(())
            })
            .await?;
            Ok(Redirect::to(PATH).into_response())
        }
        Err(mistakes) => draw(&ctx, &frame, None, &text, &mistakes).await,
    }
}

/// An id that no rule has had.
pub(super) fn new_id(ctx: &Ctx) -> Result<String> {
    let bytes: [u8; 8] = ctx.sealer.random_bytes()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(super) async fn show(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let setup = ctx.memory.of::<Desk>().setup(&ctx).await?;
    let rule = setup.rules.iter().find(|rule| rule.id == id && !rule.in_settings);
    let text = rule.or_not_found("rule", &id)?.text();
    draw(&ctx, &frame, Some(&id), &text, &Vec::new()).await
}

pub(super) async fn change(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let text = read(&Sent::from(pairs));
    match Rule::read(&id, &text) {
        Ok(rule) => {
            let desk = ctx.memory.of::<Desk>();
            desk.change_rules(&ctx, |rules| {
                *place(rules, &id)? = rule;
                Ok(())
            })
            .await?;
            Ok(Redirect::to(PATH).into_response())
        }
        Err(mistakes) => draw(&ctx, &frame, Some(&id), &text, &mistakes).await,
    }
}

fn place<'a>(rules: &'a mut [Rule], id: &str) -> Result<&'a mut Rule> {
    rules.iter_mut().find(|rule| rule.id == id).or_not_found("rule", id)
}

pub(super) async fn move_one(
    State(ctx): State<Ctx>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let up = Sent::from(pairs).get("to") == "up";
    let desk = ctx.memory.of::<Desk>();
    desk.change_rules(&ctx, |rules| {
        let at = rules.iter().position(|rule| rule.id == id).or_not_found("rule", &id)?;
        let other = if up { at.checked_sub(1) } else { Some(at + 1) };
        if let Some(other) = other.filter(|other| *other < rules.len()) {
            rules.swap(at, other);
        }
        Ok(())
    })
    .await?;
    Ok(Redirect::to(PATH).into_response())
}

pub(super) async fn delete(State(ctx): State<Ctx>, Path(id): Path<String>) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    desk.change_rules(&ctx, |rules| {
        let before = rules.len();
        rules.retain(|rule| rule.id != id);
        if rules.len() < before { Ok(()) } else { Err(Error::not_found("rule", id)) }
    })
    .await?;
    Ok(Redirect::to(PATH).into_response())
}
