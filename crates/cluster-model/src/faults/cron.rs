//! `CronJob`s: did the last run come to a good end, and did it run at all.
//!
//! The status of a `CronJob` knows no last failure, so that its Jobs are looked at: what counts is the newest that
//! ended. Older failures that a success followed are history and never alert.

use super::workloads::{job_failed, job_reason, job_why};
use super::{Look, owners, pods};
use crate::objects::{Condition, CronJob, Job};
use crate::{Finding, Kind, ObjectRef, Picture, Severity, Thing, ThingId};
use container_faults::{cut, exit};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use recurrence::{Cron, Zone};
use std::collections::BTreeMap;

/// How late a run may be, in milliseconds.
const LATE_MS: i64 = 3 * 60_000;

/// A `CronJob` with its Jobs and its schedule.
struct Subject<'a> {
    look: &'a Look<'a>,
    cron: &'a CronJob,
    jobs: &'a [&'a Job],
    schedule: Option<(Cron, TimeZone)>,
    object: ObjectRef,
}

/// Adds `CronJob`s to the picture.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    let mut jobs: BTreeMap<(&str, &str), Vec<&Job>> = BTreeMap::new();
    for job in look.objects.jobs.iter() {
        if let Some(owner) = job.metadata.controller().filter(|owner| &*owner.kind == "CronJob") {
            jobs.entry((&*job.metadata.namespace, &*owner.name)).or_default().push(job);
        }
    }
    for cron in look.objects.cron_jobs.iter() {
        let meta = &cron.metadata;
        let own = jobs.get(&(&*meta.namespace, &*meta.name)).map_or(&[][..], Vec::as_slice);
        let object = ObjectRef::new("CronJob", &meta.namespace, &meta.name);
        let subject = Subject { look, cron, jobs: own, schedule: schedule(cron), object };
        let thing = picture.thing(owners::job_id(&meta.namespace, &meta.name));
        subject.facts(thing);
        if look.settings.unread.contains(&Kind::Job) {
            continue;
        }
        thing.judged = true;
        thing.well = subject.well();
        if let Some(finding) = subject.finding() {
            thing.find(finding);
        }
    }
}

fn schedule(cron: &CronJob) -> Option<(Cron, TimeZone)> {
    // Before Kubernetes had a field for it, the time zone stood in the schedule.
    let written = cron.spec.schedule.trim();
    let within = written.strip_prefix("CRON_TZ=").or_else(|| written.strip_prefix("TZ="));
    let (named, expression) = within.and_then(|rest| rest.split_once(' ')).unwrap_or(("", written));
    let parsed = Cron::parse(expression).ok()?;
    let zone = match if named.is_empty() { &*cron.spec.time_zone } else { named } {
        "" => TimeZone::UTC,
        name => Zone::parse(name).ok()?.time_zone().clone(),
    };
    Some((parsed, zone))
}

impl Subject<'_> {
    fn next_after(&self, ms: i64) -> Option<i64> {
        let (cron, zone) = self.schedule.as_ref()?;
        let next = cron.next_after(Timestamp::from_millisecond(ms).ok()?, zone)?;
        Some(next.as_millisecond())
    }

    fn facts(&self, thing: &mut Thing) {
        let meta = &self.cron.metadata;
        thing.title = meta.name.to_string();
        thing.objects.insert(self.object.clone());
        thing.fact("namespace", meta.namespace.to_string());
        thing.fact("schedule", cut(&self.cron.spec.schedule, 120));
        thing.fact("suspended", self.cron.spec.suspend);
        if !self.cron.spec.time_zone.is_empty() {
            thing.fact("time_zone", cut(&self.cron.spec.time_zone, 60));
        }
        if let Some(last) = self.cron.status.last_schedule_ms {
            thing.fact("last_run_ms", last);
        }
        if let Some(last) = self.last_success() {
            thing.fact("last_success_ms", last);
        }
        if let Some(next) = self.next_after(self.look.settings.now_ms).filter(|_| !self.cron.spec.suspend) {
            thing.fact("next_run_ms", next);
        }
        let spec = &self.cron.spec.job_template.spec.template.spec;
        let images: Vec<&str> = spec.containers.iter().map(|container| &*container.image).collect();
        thing.fact("image", cut(&images.join(", "), 500));
        for container in spec.containers.iter().chain(&spec.init_containers) {
            thing.needs.insert(ThingId::image(&container.image));
        }
        for claim in &spec.claims {
            if self.look.objects.claims.get(&meta.namespace, claim).is_some() {
                thing.needs.insert(ThingId::volume(&meta.namespace, claim));
            }
        }
    }

    fn well(&self) -> String {
        let running = self.jobs.iter().any(|job| job.status.active > 0);
        if self.cron.spec.suspend {
            "It is switched off (suspended).".to_owned()
        } else if running {
            "It is running.".to_owned()
        } else if self.last_success().is_some() {
            "Its last run came to a good end.".to_owned()
        } else {
            "It has not run yet.".to_owned()
        }
    }

    fn last_success(&self) -> Option<i64> {
        let of_jobs = self.jobs.iter().filter_map(|job| {
            let complete = Condition::find(&job.status.conditions, "Complete")
                .filter(|condition| condition.is_true())?;
            job.status.completed_ms.or(complete.since_ms)
        });
        of_jobs.max().max(self.cron.status.last_success_ms)
    }

    /// The newest Job that failed for good, unless a success followed.
    fn last_failure(&self) -> Option<(&Job, &Condition)> {
        let failures = self.jobs.iter().filter_map(|job| Some((*job, job_failed(job)?)));
        let newest = failures.max_by_key(|(job, failed)| (failed.since_ms, job.metadata.name.clone()))?;
        let later = self
            .last_success()
            .is_some_and(|success| newest.1.since_ms.is_none_or(|failed| success > failed));
        (!later).then_some(newest)
    }

    fn finding(&self) -> Option<Finding> {
        if self.cron.spec.suspend {
            let meta = &self.cron.metadata;
            let remedy = format!(
                "To switch it on: kubectl -n {} patch cronjob {} -p '{{\"spec\":{{\"suspend\":false}}}}'",
                meta.namespace, meta.name
            );
            return Some(
                Finding::new(
                    "cron-suspended",
                    Severity::Note,
                    self.object.clone(),
                    "It is switched off (suspended) and does not run.",
                )
                .remedy(remedy)
                .field("spec.suspend"),
            );
        }
        let failure = self.last_failure().map(|(job, failed)| self.failed(job, failed));
        failure.or_else(|| self.stuck()).or_else(|| self.missed()).or_else(|| self.never_succeeded())
    }

    fn failed(&self, job: &Job, failed: &Condition) -> Finding {
        let owner = ObjectRef::new("Job", &job.metadata.namespace, &job.metadata.name);
        let why =
            job_why(self.look, &self.object, &job.metadata.name).unwrap_or_else(|| job_reason(job, failed));
        let when = self
            .look
            .ago(failed.since_ms)
            .and_then(exit::span)
            .map(|span| format!(" {span} ago"))
            .unwrap_or_default();
        let never = self.last_success().is_none();
        let sentence = if never {
            format!("Its last run failed{when}, and none has ever come to a good end: {why}.")
        } else {
            format!("Its last run failed{when}: {why}.")
        };
        let severity = if self.is_overdue() { Severity::Critical } else { Severity::Warning };
        let pod = self
            .look
            .owners
            .pods_of(&self.object)
            .iter()
            .rev()
            .find(|pod| pod.metadata.controller().is_some_and(|owner| owner.name == job.metadata.name));
        let mut finding = Finding::new("cron-failed", severity, owner.clone(), sentence)
            .evidence(&failed.message)
            .remedy(format!("Look at its log: kubectl -n {} logs job/{}", owner.namespace, owner.name))
            .field("status.conditions[Failed]");
        finding.logs_of = pod.and_then(|pod| {
            let container = pod.spec.containers.first()?;
            Some((pod.metadata.name.to_string(), container.name.to_string()))
        });
        finding
    }

    /// Whether three runs have passed since the last that came to a good end.
    fn is_overdue(&self) -> bool {
        let Some(since) = self.last_success().or(self.cron.metadata.created_ms) else { return false };
        let third = (0..3).try_fold(since, |at, _| self.next_after(at));
        third.is_some_and(|third| third < self.look.settings.now_ms)
    }

    /// That a run does not get on: its pods are in trouble.
    fn stuck(&self) -> Option<Finding> {
        let (pod, trouble) =
            self.look.owners.pods_of(&self.object).iter().find_map(|pod| {
                match pods::judge(self.look, pod).verdict {
                    pods::Verdict::Troubled(trouble) if &*pod.status.phase != "Failed" => {
                        Some((*pod, trouble))
                    }
                    _ => None,
                }
            })?;
        let object = ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
        let mut finding = Finding::new(
            trouble.fault.code,
            Severity::Warning,
            object,
            format!("Its run does not get on: {}.", trouble.fault.clause()),
        )
        .evidence(&trouble.evidence)
        .field(trouble.field.clone());
        finding.remedy.clone_from(&trouble.fault.remedy);
        finding.logs_of =
            trouble.logs_of.map(|container| (pod.metadata.name.to_string(), container.to_string()));
        Some(finding)
    }

    /// That it was not run at two times at which it should have been.
    fn missed(&self) -> Option<Finding> {
        let since = self.cron.status.last_schedule_ms.or(self.cron.metadata.created_ms)?;
        let first = self.next_after(since)?;
        let second = self.next_after(first)?;
        if self.look.settings.now_ms < second.saturating_add(LATE_MS) {
            return None;
        }
        if let Some(job) = self.jobs.iter().find(|job| job.status.active > 0) {
            let span = self.look.ago(job.status.started_ms).and_then(exit::span).unwrap_or_default();
            let object = ObjectRef::new("Job", &job.metadata.namespace, &job.metadata.name);
            return Some(
                Finding::new(
                    "cron-run-too-long",
                    Severity::Warning,
                    object,
                    format!("Its run has been going on for {span}, so that later runs were left out."),
                )
                .remedy("Look at its log; activeDeadlineSeconds ends runs that hang.")
                .field("status.active"),
            );
        }
        let sentence = match self
            .cron
            .status
            .last_schedule_ms
            .and_then(|at| self.look.ago(Some(at)))
            .and_then(exit::span)
        {
            Some(span) => format!("It was not run at its last two times; its last run was {span} ago."),
            None => "It was not run at its last two times; it has never been run.".to_owned(),
        };
        Some(
            Finding::new("cron-missed", Severity::Warning, self.object.clone(), sentence)
                .remedy("Look at its events (kubectl describe cronjob) and at whether kube-controller-manager runs; after a hundred missed times it is not run at all unless startingDeadlineSeconds is set.")
                .field("status.lastScheduleTime"),
        )
    }

    /// That it has run, but nothing shows that it ever came to a good end.
    fn never_succeeded(&self) -> Option<Finding> {
        let created = self.cron.metadata.created_ms?;
        let last = self.cron.status.last_schedule_ms?;
        let second = self.next_after(created).and_then(|first| self.next_after(first))?;
        let running = self.jobs.iter().any(|job| job.status.active > 0);
        let recent = self.look.settings.now_ms.saturating_sub(last) < LATE_MS;
        if self.last_success().is_some() || running || recent || self.look.settings.now_ms < second {
            return None;
        }
        Some(
            Finding::new(
                "cron-never-succeeded",
                Severity::Warning,
                self.object.clone(),
                "It has been run, but no run is known to have come to a good end.",
            )
            .remedy("Look at the log of its next run; failedJobsHistoryLimit keeps failed runs for that.")
            .field("status.lastSuccessfulTime"),
        )
    }
}
