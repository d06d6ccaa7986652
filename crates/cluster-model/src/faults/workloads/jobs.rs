//! Jobs that no `CronJob` made.

use super::super::container::Subject;
use super::super::{Look, owners, pods};
use super::{DAY_MS, Newest, Workload, facts};
use crate::objects::{Condition, Job};
use crate::{Finding, ObjectRef, Picture, Severity};
use container_faults::exit;

/// After how long a failed Job is history, in milliseconds.
const HISTORY_MS: i64 = 7 * DAY_MS;

/// Adds Jobs that no `CronJob` made to the picture.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    for job in look.objects.jobs.iter() {
        let by_cron = job.metadata.controller().is_some_and(|owner| &*owner.kind == "CronJob");
        if by_cron {
            continue;
        }
        let owner = ObjectRef::new("Job", &job.metadata.namespace, &job.metadata.name);
        let workload = Workload {
            owner: owner.clone(),
            meta: Some(&job.metadata),
            wanted: 0,
            template: Some(&job.spec.template.spec),
            newest: Newest::All,
            conditions: &job.status.conditions,
            replaces: false,
        };
        let judged: Vec<_> = look.owners.pods_of(&owner).iter().map(|pod| pods::judge(look, pod)).collect();
        let thing = picture.thing(owners::workload_id(&owner));
        facts::put(look, &workload, &judged, 0, thing);
        thing.facts.remove("pods_wanted");
        thing.facts.remove("pods_ready");
        thing.judged = true;
        thing.well = well(job);
        if let Some(finding) = finding(look, job, &owner) {
            thing.find(finding);
        }
    }
}

fn well(job: &Job) -> String {
    if Condition::find(&job.status.conditions, "Complete").is_some_and(Condition::is_true) {
        "It came to a good end.".to_owned()
    } else if job.spec.suspend {
        "It is halted (suspended).".to_owned()
    } else if job.status.active > 0 {
        "It is running.".to_owned()
    } else {
        "It waits to be run.".to_owned()
    }
}

fn finding(look: &Look<'_>, job: &Job, owner: &ObjectRef) -> Option<Finding> {
    if let Some(failed) = failed(job) {
        let age = look.ago(failed.since_ms);
        let severity =
            if age.is_some_and(|age| age > HISTORY_MS) { Severity::Note } else { Severity::Warning };
        let why = why(look, owner, &owner.name).unwrap_or_else(|| reason(job, failed));
        let when = age.and_then(exit::span).map(|span| format!(" {span} ago")).unwrap_or_default();
        return Some(
            Finding::new("job-failed", severity, owner.clone(), format!("It failed{when}: {why}."))
                .evidence(&failed.message)
                .remedy(format!("Look at its log: kubectl -n {} logs job/{}. When it is mended, delete the Job and let it be made anew.", owner.namespace, owner.name))
                .field("status.conditions[Failed]"),
        );
    }
    let done = Condition::find(&job.status.conditions, "Complete").is_some_and(Condition::is_true);
    if done || job.spec.suspend {
        return None;
    }
    let (pod, trouble) =
        look.owners.pods_of(owner).iter().find_map(|pod| match pods::judge(look, pod).verdict {
            pods::Verdict::Troubled(trouble) if &*pod.status.phase != "Failed" => Some((*pod, trouble)),
            _ => None,
        })?;
    let mut finding =
        Finding::new(trouble.fault.code, Severity::Warning, owner.clone(), trouble.fault.sentence.clone())
            .evidence(&trouble.evidence)
            .field(trouble.field.clone());
    finding.remedy.clone_from(&trouble.fault.remedy);
    finding.logs_of = trouble.logs_of.map(|container| (pod.metadata.name.to_string(), container.to_string()));
    Some(finding)
}

/// The condition that says that a Job failed for good.
pub(in crate::faults) fn failed(job: &Job) -> Option<&Condition> {
    let find = |kind| Condition::find(&job.status.conditions, kind).filter(|condition| condition.is_true());
    find("Failed").or_else(|| find("FailureTarget"))
}

/// Why the newest pod of a Job failed: how its containers ended. `owner` is the one at the top, a `CronJob` or the Job.
pub(in crate::faults) fn why(look: &Look<'_>, owner: &ObjectRef, job: &str) -> Option<String> {
    let pods = look.owners.pods_of(owner).iter();
    let own = pods.filter(|pod| pod.metadata.controller().is_some_and(|owner| &*owner.name == job));
    let newest = own.max_by_key(|pod| (pod.metadata.created_ms, pod.metadata.name.clone()))?;
    let trouble = pods::subjects(look, newest).iter().find_map(Subject::trouble)?;
    Some(trouble.fault.clause())
}

/// The words of the Job's own condition.
pub(in crate::faults) fn reason(job: &Job, failed: &Condition) -> String {
    match &*failed.reason {
        "BackoffLimitExceeded" => match job.status.failed {
            0 | 1 => "its pod failed".to_owned(),
            count => format!("its pods failed {count} times"),
        },
        "DeadlineExceeded" => match job
            .spec
            .active_deadline_seconds
            .and_then(|seconds| exit::span(seconds.saturating_mul(1000)))
        {
            Some(span) => format!("it took longer than the {span} it may take"),
            None => "it took longer than it may take".to_owned(),
        },
        "PodFailurePolicy" => "its pod ended in a way that its policy calls a failure".to_owned(),
        other => container_faults::cut(other, 60),
    }
}
