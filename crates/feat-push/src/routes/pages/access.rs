//! Who may what, for administrators.

use super::{again, done, take_flash};
use crate::config;
use crate::model::access::{Pattern, Permission, Rule, Subject};
use crate::pages::{self, AccessPage, RuleForm, sentence};
use crate::store::tokens;
use crate::visitor::porter;
use axum::Form;
use hob_base::{Error, Result};
use hob_feature::{Person, Scope};
use hob_web::{Answer, Frame};

const HERE: &str = "/messages/access";

async fn people(frame: &Frame) -> Result<Vec<Person>> {
    match frame.ctx.gate() {
        Some(gate) => (gate.people)(frame.ctx.clone()).await,
        None => Ok(Vec::new()),
    }
}

pub(super) async fn show(frame: Frame) -> Answer {
    frame.require(Scope::Admin)?;
    let form = RuleForm { permission: Permission::BOTH.as_str().to_owned(), ..RuleForm::default() };
    page(&frame, &form, "").await
}

async fn page(frame: &Frame, form: &RuleForm, wrong: &str) -> Answer {
    let ctx = &frame.ctx;
    let porter = porter(ctx);
    let table = porter.table(ctx).await?;
    let view = AccessPage {
        rules: table.rules(),
        people: &people(frame).await?,
        default: porter.default_access(),
        settings: &config::settings(ctx),
        tokens: &tokens::tokens(&ctx.db, None).await?,
        form,
        wrong,
        flash: take_flash(frame)?,
    };
    Ok(frame.page("Access to messages", &pages::access(ctx, &view)))
}

pub(super) async fn add(frame: Frame, Form(form): Form<RuleForm>) -> Answer {
    frame.require(Scope::Admin)?;
    let people = people(&frame).await?;
    let saved = async {
        let rule = read(&form, &people)?;
        porter(&frame.ctx).save_rules(&frame.ctx, std::slice::from_ref(&rule)).await?;
        Ok(rule)
    };
    match saved.await {
        Ok(rule) => Ok(done(&frame, HERE, format!("{}.", sentence(&rule, &people)))?),
        Err(Error::Invalid { problem, .. } | Error::Conflict(problem)) => {
            Ok(again(page(&frame, &form, &problem).await?))
        }
        Err(other) => Err(other.into()),
    }
}

fn read(form: &RuleForm, people: &[Person]) -> Result<Rule> {
    let subject = match form.who.as_str() {
        "" => Subject::Everyone,
        id if people.iter().any(|person| person.id == id) => Subject::Person(id.to_owned()),
        _ => return Err(Error::invalid("who", "There is no such user any more.")),
    };
    let allow =
        form.permission.parse().map_err(|()| Error::invalid("permission", "Choose what they may."))?;
    let pattern = Pattern::new(form.topic.trim()).ok_or_else(|| {
        Error::invalid("topic", "Use 1 to 64 letters, digits, - and _, and * for anything.")
    })?;
    Ok(Rule { subject, pattern, allow, owner: None })
}

pub(super) async fn remove(frame: Frame, Form(form): Form<RuleForm>) -> Answer {
    frame.require(Scope::Admin)?;
    let subject = match form.who.as_str() {
        "" => Subject::Everyone,
        id => Subject::Person(id.to_owned()),
    };
    // Removed twice is removed.
    porter(&frame.ctx).remove_rule(&frame.ctx, &subject, &form.topic).await?;
    Ok(done(&frame, HERE, "The rule is removed.")?)
}
