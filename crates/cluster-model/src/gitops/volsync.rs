//! Backups and restores of `VolSync`.

use super::databases::backup_id;
use super::schedule::Schedule;
use super::words::{cut, moment, span};
use crate::objects::{Condition, Meta, ReplicationSpec, ReplicationStatus};
use crate::picture::ObjectRef;
use crate::{Finding, Objects, Picture, Severity, Thing, ThingId};

/// How long one run may take before it is told.
const RUN_MS: i64 = 12 * 3_600_000;

/// What the last lines of a mover mean: any of the words, in lower case; why; what to do.
const ROWS: &[(&[&str], &str, &str)] = &[
    (
        &["repository is already locked", "unable to create lock"],
        "the repository is locked by a run that was broken off",
        "Unlock it once: set spec.restic.unlock to a new word.",
    ),
    (
        &["wrong password or no key found", "invalid password", "invalid repository password"],
        "the password does not fit the repository",
        "Put the password with which the repository was made into its secret.",
    ),
    (
        &[
            "access denied",
            "accessdenied",
            "invalidaccesskeyid",
            "signaturedoesnotmatch",
            "403 forbidden",
            "401 unauthorized",
        ],
        "the storage does not take the credential",
        "Replace the key in the secret that names the repository.",
    ),
    (
        &["no space left", "disk quota exceeded", "quota exceeded"],
        "there is no space left",
        "Make room at the storage, or enlarge the cache of the mover (cacheCapacity).",
    ),
    (
        &["no such host", "connection refused", "i/o timeout", "no route to host", "network is unreachable"],
        "the storage cannot be reached",
        "Check whether the storage answers, and the way from the cluster to it.",
    ),
    (
        &["is there a repository at the following location", "unable to open config file", "nosuchbucket"],
        "there is no repository where it looks for one",
        "Check the address of the repository, and whether the bucket exists.",
    ),
    (
        &["permission denied", "operation not permitted"],
        "it may not read the files",
        "Give the mover the user of the files (moverSecurityContext), or the namespace the annotation volsync.backube/privileged-movers.",
    ),
    (
        &["x509", "certificate"],
        "the certificate of the storage is not trusted",
        "Give its authority in customCA.",
    ),
    (
        &[
            "data seems to be missing",
            "repository contains errors",
            "ciphertext verification failed",
            "not found in index",
            "damaged",
        ],
        "the repository is damaged",
        "Run restic check and restic repair against it.",
    ),
];

/// Adds backups and restores to the picture.
pub(super) fn examine(objects: &Objects, now_ms: i64, picture: &mut Picture) {
    for source in objects.replication_sources.iter() {
        let copy = Copy {
            kind: "ReplicationSource",
            what: "backup",
            meta: &source.metadata,
            spec: &source.spec,
            status: &source.status,
        };
        copy.examine(now_ms, picture);
    }
    for destination in objects.replication_destinations.iter() {
        let (meta, spec, status) = (&destination.metadata, &destination.spec, &destination.status);
        Copy { kind: "ReplicationDestination", what: "restore", meta, spec, status }.examine(now_ms, picture);
    }
}

/// One object, a backup or a restore.
struct Copy<'a> {
    kind: &'static str,
    what: &'static str,
    meta: &'a Meta,
    spec: &'a ReplicationSpec,
    status: &'a ReplicationStatus,
}

impl Copy<'_> {
    fn examine(&self, now_ms: i64, picture: &mut Picture) {
        let (meta, spec, status) = (self.meta, self.spec, self.status);
        let thing = picture.thing(backup_id(self.kind, &meta.namespace, &meta.name));
        self.describe(thing);
        if !spec.source_claim.is_empty() {
            thing.needs.insert(ThingId::volume(&meta.namespace, &spec.source_claim));
            thing.fact("claim", &*spec.source_claim);
        }
        if !spec.trigger.schedule.is_empty() {
            thing.fact("schedule", cut(&spec.trigger.schedule));
        }
        for (key, at) in [("last_backup_at", status.last_sync_ms), ("next_backup_at", status.next_sync_ms)] {
            if let Some(at) = at {
                thing.fact(key, moment(at));
            }
        }
        if let Some(finding) = self.judge(now_ms) {
            thing.find(finding);
        }
    }

    fn describe(&self, thing: &mut Thing) {
        thing.objects.insert(self.object());
        thing.title = self.meta.name.to_string();
        thing.judged = true;
        thing.well = format!("The last {} went well.", self.what);
        thing.fact("tool", "VolSync").fact("kind", self.kind).fact("namespace", &*self.meta.namespace);
        thing.fact("suspended", self.spec.paused);
    }

    fn object(&self) -> ObjectRef {
        ObjectRef::new(self.kind, &self.meta.namespace, &self.meta.name)
    }

    fn finding(&self, code: &'static str, severity: Severity, sentence: String) -> Finding {
        Finding::new(code, severity, self.object(), sentence)
    }

    fn good(&self, now_ms: i64) -> String {
        match self.status.last_sync_ms {
            Some(at) => format!("the last good one is {} old", span(now_ms - at)),
            None => "there is no good one".to_owned(),
        }
    }

    fn judge(&self, now_ms: i64) -> Option<Finding> {
        let (what, name, good) = (self.what, &self.meta.name, self.good(now_ms));
        if self.spec.paused {
            let sentence = format!("The {what} “{name}” is paused; {good}.");
            return Some(self.finding("backup-suspended", Severity::Note, sentence).field("spec.paused"));
        }
        let synchronizing = Condition::find(&self.status.conditions, "Synchronizing");
        if &*self.status.mover.result == "Failed" {
            return Some(self.failed(&self.status.mover.logs, &good));
        }
        if let Some(error) = synchronizing.filter(|condition| &*condition.reason == "Error") {
            let sentence = format!("The {what} “{name}” cannot be started; {good}.");
            let finding = self.finding("backup-error", Severity::Warning, sentence);
            return Some(finding.evidence(&error.message).field("status.conditions"));
        }
        let running =
            self.status.last_sync_start_ms.map(|since| now_ms - since).filter(|running| *running > RUN_MS);
        if let Some(running) = running {
            let sentence = format!("The {what} “{name}” has been running for {}; {good}.", span(running));
            let finding = self.finding("backup-running-long", Severity::Warning, sentence);
            return Some(finding.field("status.lastSyncStartTime").remedy(self.look()));
        }
        self.missed(now_ms, &good)
    }

    fn failed(&self, logs: &str, good: &str) -> Finding {
        let lower = logs.to_ascii_lowercase();
        let row = ROWS.iter().find(|(needles, ..)| needles.iter().any(|needle| lower.contains(needle)));
        let why = row.map(|(_, why, _)| format!(": {why}")).unwrap_or_default();
        let sentence = format!("The last {} “{}” failed{why}; {good}.", self.what, self.meta.name);
        let finding = self.finding("backup-failed", Severity::Warning, sentence);
        let remedy = row.map_or_else(|| self.look(), |(.., remedy)| (*remedy).to_owned());
        finding.evidence(logs).field("status.latestMoverStatus").remedy(remedy)
    }

    fn missed(&self, now_ms: i64, good: &str) -> Option<Finding> {
        let schedule = Schedule::read(&self.spec.trigger.schedule)?;
        let since = self.status.last_sync_ms.or(self.meta.created_ms)?;
        if !schedule.is_missed(since, now_ms) {
            return None;
        }
        let sentence =
            format!("The {} “{}” was not made when it should have been; {good}.", self.what, self.meta.name);
        Some(
            self.finding("backup-missed", Severity::Warning, sentence)
                .field("spec.trigger.schedule")
                .remedy(self.look()),
        )
    }

    fn look(&self) -> String {
        format!(
            "Look at the pods of its mover, which begin with volsync-: kubectl get jobs,pods -n {}",
            self.meta.namespace
        )
    }
}
