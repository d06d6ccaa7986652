//! Pushes what changed to the pages that show it: which pages are to fetch themselves anew, and once a minute for how
//! long each open incident lasts.

use crate::desk::Desk;
use crate::pages::lasted;
use hob_base::{Incident, IncidentId, Result};
use hob_feature::{Ctx, Job};
use hob_web::live;
use maud::html;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Changes within this time are sent together.
const TOGETHER: Duration = Duration::from_millis(300);
/// How often pages are told how long it lasts.
const MINUTE: Duration = Duration::from_secs(60);
/// When the pages of more resources than this are meant, all pages fetch themselves.
const RESOURCES_MAX: usize = 200;
/// Of so many incidents pages are told how long they last.
const LASTED_MAX: usize = 100;

/// The topic of the list of incidents.
pub(crate) const LIST: &str = "incidents";
/// The topic of the list of silences.
pub(crate) const SILENCES: &str = "silences";

/// The topic of one incident's page.
pub(crate) fn topic(id: IncidentId) -> String {
    format!("incident/{id}")
}

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![Job::listener("incidents.live", watch)]
}

/// What has happened since pages were last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Incidents,
    Notices,
    Silences,
    Minute,
}

async fn watch(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = ctx.memory.of::<Desk>();
    let (mut incidents, mut notices) = (desk.changes(), ctx.notices.subscribe());
    let mut silences = ctx.silences.subscribe();
    let mut shown = desk.open();
    loop {
        let cause = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            Ok(()) = incidents.changed() => Cause::Incidents,
            Ok(()) = notices.changed() => Cause::Notices,
            Ok(()) = silences.changed() => Cause::Silences,
            () = ctx.clock.sleep(MINUTE) => Cause::Minute,
        };
        if cause == Cause::Minute {
            push_lasted(&ctx, &shown);
            continue;
        }
        tokio::select! {
            () = ctx.clock.sleep(TOGETHER) => {}
            () = stop.cancelled() => return Ok(()),
        }
        let now = desk.open();
        let mut topics = stale(&shown, &now);
        if cause == Cause::Notices || notices.has_changed().unwrap_or(false) {
            notices.mark_unchanged();
            topics.extend(shown.iter().chain(now.iter()).map(|incident| topic(incident.id)));
        }
        if cause == Cause::Silences {
            topics.insert(SILENCES.to_owned());
        }
        incidents.mark_unchanged();
        shown = now;
        if !topics.is_empty() {
            let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
            live(&ctx).stale(&topics.join("\t"));
        }
    }
}

/// The topics of the pages that show something that is not as it was.
fn stale(before: &[Arc<Incident>], now: &[Arc<Incident>]) -> BTreeSet<String> {
    let old: BTreeMap<IncidentId, &Arc<Incident>> =
        before.iter().map(|incident| (incident.id, incident)).collect();
    let new: BTreeMap<IncidentId, &Arc<Incident>> =
        now.iter().map(|incident| (incident.id, incident)).collect();
    let mut topics = BTreeSet::new();
    for id in old.keys().chain(new.keys()) {
        let (before, now) = (old.get(id), new.get(id));
        if before == now {
            continue;
        }
        topics.insert(LIST.to_owned());
        topics.insert(topic(*id));
        // Pages of resources show whether an incident is open, and what it is called.
        let looks = |incident: &Incident| (incident.title.clone(), incident.severity, incident.members.len());
        if before.map(|incident| looks(incident)) == now.map(|incident| looks(incident)) {
            continue;
        }
        let members = before.into_iter().chain(now).flat_map(|incident| &incident.members);
        topics.extend(members.map(|member| member.resource.to_string()));
    }
    if topics.len() > RESOURCES_MAX { BTreeSet::from(["*".to_owned()]) } else { topics }
}

fn push_lasted(ctx: &Ctx, open: &[Arc<Incident>]) {
    let stage = live(ctx);
    if open.is_empty() || stage.browsers() == 0 {
        return;
    }
    let parts = open.iter().take(LASTED_MAX);
    stage.swap(&html! { @for incident in parts { (lasted(incident, ctx)) } });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::incident;

    fn topics(before: &[Arc<Incident>], now: &[Arc<Incident>]) -> String {
        stale(before, now).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pages_that_show_what_changed_are_stale_and_no_others() {
        let (one, two) = (Arc::new(incident(1, 2)), Arc::new(incident(2, 1)));
        assert_eq!(topics(&[one.clone(), two.clone()], &[one.clone(), two.clone()]), "");
        assert_eq!(
            topics(std::slice::from_ref(&one), &[one.clone(), two.clone()]),
            "incident/2 incidents service/nas/1"
        );
        let mut taken = Incident::clone(&one);
        taken.acknowledged = Some(hob_base::incident::Acknowledgement {
            by: "anna".to_owned(),
            at: taken.opened_at,
            until: None,
        });
        assert_eq!(topics(&[one.clone(), two.clone()], &[Arc::new(taken), two]), "incident/1 incidents");
        assert_eq!(topics(&[], &[Arc::new(incident(3, 500))]), "*");
    }
}
