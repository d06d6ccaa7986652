//! A hub with this feature and a made-up one that knows people and incidents.

use crate::FEATURE;
use hob_base::incident::{Cause, Incident, IncidentId, Member, Role};
use hob_base::resource::{Moment, observe};
use hob_base::{Clock, Health, Level, Observation, Resource, ResourceId, Timestamp};
use hob_feature::{Ctx, Feature, IncidentQuery, IncidentReader, boxed};
use hob_testkit::client::Client;
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::{TestHub, TestHubBuilder};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// 23 November 2026, 14:42 UTC.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_444_920_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

static FEATURES: [Feature; 2] = [FEATURE, FAKE];

/// Recognises the tokens `read` and `write`, and keeps incidents that tests make up.
const FAKE: Feature =
    Feature { gate: Some(BY_SCOPE), incidents: Some(READER), ..Feature::new("fake", "Fake") };

struct Incidents {
    all: Mutex<Vec<Arc<Incident>>>,
    changed: watch::Sender<u64>,
}

impl Default for Incidents {
    fn default() -> Self {
        Self { all: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

const READER: IncidentReader = IncidentReader {
    open: |ctx| {
        let all = ctx.memory.of::<Incidents>().all.lock().unwrap().clone();
        Arc::new(all.into_iter().filter(|incident| incident.is_open()).collect())
    },
    changes: |ctx| ctx.memory.of::<Incidents>().changed.subscribe(),
    find: |_, _| boxed(async { Ok(None) }),
    list: |ctx, query| boxed(async move { Ok(list(&ctx, &query)) }),
    timeline: |_, _| boxed(async { Ok(Vec::new()) }),
    preview: |_, _, _, _| Vec::new(),
};

fn list(ctx: &Ctx, query: &IncidentQuery) -> Vec<Arc<Incident>> {
    let mut all = ctx.memory.of::<Incidents>().all.lock().unwrap().clone();
    all.sort_by_key(|incident| std::cmp::Reverse(incident.id));
    all.retain(|incident| {
        query.from.is_none_or(|from| incident.closed_at.is_none_or(|closed| closed >= from))
            && query.to.is_none_or(|to| incident.began_at < to)
            && query.before.is_none_or(|before| incident.id < before)
    });
    all.truncate(query.limit as usize);
    all
}

pub(crate) fn hub() -> TestHubBuilder {
    TestHub::with(&FEATURES).clock(Clock::fake(START))
}

/// Somebody with this scope.
pub(crate) fn who(hub: &TestHub, scope: &str) -> Client {
    hub.client().bearer(scope)
}

/// Says how a resource is.
pub(crate) async fn say(hub: &TestHub, id: &str, name: &str, health: Health) {
    let observation = Observation::new("test", id.parse().unwrap(), DAY * 4000).named(name).judged(health);
    hub.ctx().resources.observe(observation).await;
    hub.ctx().resources.settle().await;
}

/// Puts an incident into the made-up keeper and waits until pages know.
pub(crate) async fn happen(hub: &TestHub, incident: Incident) {
    keep(hub, incident);
    hub.ctx().memory.of::<Incidents>().changed.send_modify(|n| *n += 1);
    crate::memory::reload(hub.ctx()).await.unwrap();
}

/// Puts an incident into the made-up keeper.
pub(crate) fn keep(hub: &TestHub, incident: Incident) {
    hub.ctx().memory.of::<Incidents>().all.lock().unwrap().push(Arc::new(incident));
}

pub(crate) fn thing(id: &str, name: &str, health: Option<Health>, needs: &[&str]) -> Arc<Resource> {
    let mut observation =
        Observation { health, ..Observation::new("test", id.parse().unwrap(), HOUR).named(name) };
    for on in needs {
        observation = observation.needs(on.parse().unwrap());
    }
    Arc::new(observe(None, observation, Moment { wall: START, monotonic: Duration::ZERO }))
}

pub(crate) fn member(id: &str, worst: Level, since: Timestamp, recovered_at: Option<Timestamp>) -> Member {
    let level = if recovered_at.is_some() { Level::Ok } else { worst };
    Member {
        resource: id.parse().unwrap(),
        name: format!("internal {id}"),
        role: Role::Affected,
        level,
        worst,
        reason: format!("Secret reason of {id}."),
        since,
        recovered_at,
    }
}

pub(crate) fn incident(number: i64, began_at: Timestamp, closed_at: Option<Timestamp>) -> Incident {
    Incident {
        id: IncidentId(number),
        began_at,
        opened_at: began_at,
        closed_at,
        severity: Level::Critical,
        title: "A secret title".to_owned(),
        cause: Cause {
            resource: ResourceId::new("host", "home", "secret"),
            name: "secret host".to_owned(),
            reason: "A secret cause.".to_owned(),
            evidence: String::new(),
            remedy: None,
            named_at: began_at,
        },
        members: Vec::new(),
        flapping: None,
        acknowledged: None,
        hush: None,
        merged_into: None,
    }
}

/// Makes a page with these resources, each as id, group and public name, and returns the address of its form.
pub(crate) async fn make_page(hub: &TestHub, title: &str, entries: &[(&str, &str, &str)]) -> String {
    let mut anna = who(hub, "write");
    let made = anna.post_form("/status-pages", &[("title", title)]).await;
    assert_eq!(made.status, 303, "{}", made.text());
    let path = made.header("location").split('?').next().unwrap().to_owned();
    for (id, group, name) in entries {
        let form = [("pick-0", *id), ("name-0", *name), ("group", *group)];
        let added = anna.post_form(&format!("{path}/add"), &form).await;
        assert_eq!(added.status, 303, "{}", added.text());
    }
    path
}
