//! What people and programs do with incidents, silences and quiet hours.

mod api;
mod browser;
mod pages;
mod silences;

use crate::support::{PATIENCE, house_with, id, observe, said};
use hob_base::{Health, Incident, Level};
use hob_feature::Ctx;
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use std::sync::Arc;

/// Whatever breaks is an incident at once, and over at once when it is well.
pub(super) const AT_ONCE: &str =
    "[incidents]\nopen_after = \"0s\"\nopen_after_warning = \"0s\"\nclose_after = \"0s\"\n";

/// A hub that is not patient, and somebody who is logged in.
pub(super) async fn impatient(more: &str) -> (TestHub, Client) {
    let hub = house_with(&format!("{AT_ONCE}{more}")).start().await;
    let anna = hub.set_up().await;
    (hub, anna)
}

/// The open incidents.
pub(super) fn open(ctx: &Ctx) -> Arc<Vec<Arc<Incident>>> {
    (ctx.incidents().unwrap().open)(ctx)
}

/// Breaks something that needs others, and waits until it is part of an open incident.
pub(super) async fn break_it(hub: &TestHub, resource: &str, reason: &str, needs: &[&str]) -> Arc<Incident> {
    let health = Health::critical(reason).with_evidence("exit code 1").with_remedy("Start it again.");
    let mut observation = said(resource, health).fact("url", "http://127.0.0.1:9/");
    for need in needs {
        observation = observation.needs(id(need));
    }
    observe(hub.ctx(), observation).await;
    let wanted = id(resource);
    let within = |ctx: &Ctx| open(ctx).iter().find(|incident| incident.has(&wanted)).cloned();
    hub.wait_until("the incident is open", PATIENCE, |ctx| within(ctx).is_some()).await;
    within(hub.ctx()).unwrap()
}

/// Mends something, and waits until no open incident says that it is out.
pub(super) async fn mend(hub: &TestHub, resource: &str) {
    observe(hub.ctx(), said(resource, Health::ok("It answers."))).await;
    let wanted = id(resource);
    hub.wait_until("it is well again", PATIENCE, |ctx| {
        let all = open(ctx);
        let mut members = all.iter().flat_map(|incident| &incident.members);
        // With all of it well, it is over at once.
        !members.any(|member| member.resource == wanted && member.level != Level::Ok)
            && all.iter().all(|incident| incident.level_now() != Level::Ok)
    })
    .await;
}
