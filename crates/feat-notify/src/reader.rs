//! How pages of other features are told what became of notices.

use crate::desk::Desk;
use crate::model::queue::{Delivery, State};
use crate::store;
use hob_base::{IncidentId, Result};
use hob_feature::{Ctx, Delivery as Told, DeliveryOutcome, DeliveryReader, boxed};
use std::collections::BTreeMap;

pub(crate) const READER: DeliveryReader =
    DeliveryReader { of_notices: |ctx, keys| boxed(async move { of_notices(&ctx, &keys).await }) };

/// The most incidents that are looked up at once.
const INCIDENTS_MAX: usize = 100;

async fn of_notices(ctx: &Ctx, keys: &[String]) -> Result<Vec<Told>> {
    let setup = ctx.memory.of::<Desk>().setup(ctx).await?;
    let mut incidents: BTreeMap<IncidentId, Vec<Delivery>> = BTreeMap::new();
    let mut told = Vec::new();
    for key in keys {
        let Some((id, person)) = parts(key) else { continue };
        if !incidents.contains_key(&id) {
            if incidents.len() >= INCIDENTS_MAX {
                break;
            }
            incidents.insert(id, store::list_of_incident(&ctx.db, id).await?);
        }
        let all = incidents.get(&id).into_iter().flatten();
        let meant = |delivery: &&Delivery| {
            let rest = key.strip_prefix(&delivery.news.key).and_then(|rest| rest.strip_prefix('/'));
            rest == Some(person)
                && (person == "everybody" || delivery.person.as_deref().is_none_or(|who| who == person))
        };
        // That somebody has no browser is worth a line in the log, not with every incident.
        let worth = |delivery: &&Delivery| delivery.state != State::Nobody || delivery.steps.is_empty();
        told.extend(all.filter(meant).filter(worth).map(|delivery| Told {
            notice: key.clone(),
            channel: channel_of(delivery, &|name| setup.title(name)),
            at: delivery.ended_at.unwrap_or(delivery.created_at),
            outcome: outcome(delivery),
        }));
    }
    Ok(told)
}

/// `incident/12/3/anna`: the incident and the person.
fn parts(key: &str) -> Option<(IncidentId, &str)> {
    let mut parts = key.splitn(4, '/');
    let id = parts.nth(1)?.parse().ok()?;
    Some((id, parts.nth(1)?))
}

fn channel_of(delivery: &Delivery, title: &dyn Fn(&str) -> String) -> String {
    let tried = delivery.tried.iter().rev().find(|tried| tried.ok).or(delivery.tried.last());
    let place = tried.map(|tried| &tried.place).or_else(|| delivery.steps.first().map(|step| &step.place));
    match place.filter(|place| !place.channel.is_empty()) {
        Some(place) => match &place.person {
            Some(person) => format!("{} of {person}", title(&place.channel)),
            None => title(&place.channel),
        },
        None => "No channel".to_owned(),
    }
}

fn outcome(delivery: &Delivery) -> DeliveryOutcome {
    let last = || delivery.tried.last().map(|tried| tried.text.clone());
    match delivery.state {
        State::Sent => DeliveryOutcome::Sent,
        State::Waiting | State::Sending => DeliveryOutcome::Waiting(last()),
        State::Overtaken => {
            DeliveryOutcome::Failed("Something newer was told instead, which says this too.".to_owned())
        }
        State::GivenUp => DeliveryOutcome::Failed(
            format!("It was tried for a day. {}", last().unwrap_or_default()).trim().to_owned(),
        ),
        State::Failed | State::Nobody => DeliveryOutcome::Failed(last().unwrap_or_default()),
    }
}
