//! Databases of `CloudNativePG` and their backups.

use super::schedule::Schedule;
use super::words::{cut, moment, span};
use crate::objects::{Condition, DatabaseBackup, DatabaseCluster, ScheduledBackup};
use crate::picture::ObjectRef;
use crate::{Finding, Kind, Objects, Picture, Settings, Severity, Thing, ThingId, ThingKind};

/// How long a database may not be ready before it is told.
const GRACE_MS: i64 = 2 * 60_000;
/// How long it may be at work before it is told.
const WORKING_MS: i64 = 20 * 60_000;

/// The thing that a database is.
pub fn database_id(namespace: &str, name: &str) -> ThingId {
    ThingId::new(ThingKind::Database, format!("{namespace}/{name}"))
}

/// The thing that a backup is: `media/replicationsource/jellyfin`.
pub fn backup_id(object_kind: &str, namespace: &str, name: &str) -> ThingId {
    ThingId::new(ThingKind::Backup, format!("{namespace}/{}/{name}", object_kind.to_lowercase()))
}

/// Adds databases and their backups to the picture.
pub(super) fn examine(objects: &Objects, settings: &Settings, picture: &mut Picture) {
    for cluster in objects.database_clusters.iter() {
        let (namespace, name) = (&*cluster.metadata.namespace, &*cluster.metadata.name);
        let thing = picture.thing(database_id(namespace, name));
        describe(cluster, thing);
        for pod in objects
            .pods
            .in_namespace(namespace)
            .filter(|pod| pod.metadata.label("cnpg.io/cluster") == Some(name))
        {
            thing.needs.extend(pod.spec.claims.iter().map(|claim| ThingId::volume(namespace, claim)));
        }
        for finding in judge(objects, cluster, settings) {
            thing.find(finding);
        }
    }
    for scheduled in objects.scheduled_backups.iter() {
        let meta = &scheduled.metadata;
        let thing = picture.thing(backup_id("ScheduledBackup", &meta.namespace, &meta.name));
        scheduled_backup(objects, scheduled, settings.now_ms, thing);
    }
}

fn object(cluster: &DatabaseCluster) -> ObjectRef {
    ObjectRef::new("Cluster", &cluster.metadata.namespace, &cluster.metadata.name)
}

fn describe(cluster: &DatabaseCluster, thing: &mut Thing) {
    let status = &cluster.status;
    thing.objects.insert(object(cluster));
    thing.title = cluster.metadata.name.to_string();
    thing.judged = true;
    thing.well = format!("{} of {} instances are ready.", status.ready_instances, cluster.spec.instances);
    thing.fact("tool", "CloudNativePG").fact("namespace", &*cluster.metadata.namespace);
    thing.fact("instances", cluster.spec.instances).fact("ready_instances", status.ready_instances);
    for (key, value) in
        [("phase", &status.phase), ("primary", &status.current_primary), ("image", &status.image)]
    {
        if !value.is_empty() {
            thing.fact(key, cut(value));
        }
    }
    for (key, at) in [
        ("last_backup_at", status.last_successful_backup_ms),
        ("restorable_since", status.first_recoverability_point_ms),
    ] {
        if let Some(at) = at {
            thing.fact(key, moment(at));
        }
    }
}

fn judge(objects: &Objects, cluster: &DatabaseCluster, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = &cluster.metadata.name;
    if cluster.metadata.annotation("cnpg.io/hibernation") == Some("on") {
        let sentence = format!("The database “{name}” is switched off on purpose (hibernation).");
        return vec![Finding::new("database-hibernated", Severity::Note, object(cluster), sentence)];
    }
    findings.extend(phase(cluster).or_else(|| instances(cluster, settings.now_ms)));
    findings.extend(archiving(cluster));
    let failed = Condition::find(&cluster.status.conditions, "LastBackupSucceeded").filter(|c| c.is_false());
    if let Some(condition) = failed {
        let sentence =
            format!("The last backup of the database “{name}” failed{}.", since_good(cluster, settings));
        let finding = Finding::new("database-backup-failed", Severity::Warning, object(cluster), sentence);
        findings.push(finding.evidence(&condition.message).field("status.conditions").remedy(format!(
            "See why: kubectl describe backups.postgresql.cnpg.io -n {}",
            cluster.metadata.namespace
        )));
    }
    if !cluster.status.unusable_claims.is_empty() {
        let sentence = format!("Volumes of the database “{name}” cannot be used any more.");
        let finding = Finding::new("database-volume-unusable", Severity::Warning, object(cluster), sentence);
        findings
            .push(finding.evidence(&cluster.status.unusable_claims.join(", ")).field("status.unusablePVC"));
    }
    findings.extend(without_backup(objects, cluster, settings));
    findings
}

fn since_good(cluster: &DatabaseCluster, settings: &Settings) -> String {
    cluster
        .status
        .last_successful_backup_ms
        .map(|at| format!("; the last good one is {} old", span(settings.now_ms - at)))
        .unwrap_or_default()
}

/// What the operator's words for a state mean, where the state is a fault of its own.
fn phase(cluster: &DatabaseCluster) -> Option<Finding> {
    let (name, status) = (&cluster.metadata.name, &cluster.status);
    let (code, severity, sentence, remedy) = match &*status.phase {
        "Not enough disk space" => (
            "database-disk-full",
            Severity::Critical,
            format!("The disk of the database “{name}” is full: PostgreSQL has stopped."),
            "Raise spec.storage.size (and spec.walStorage.size); if the log of changes filled it, mend the archiving first.",
        ),
        "Cluster is unrecoverable and needs manual intervention" => (
            "database-unrecoverable",
            Severity::Critical,
            format!("The database “{name}” cannot be brought up again by its operator."),
            "Restore it from a backup into a new Cluster (bootstrap.recovery).",
        ),
        "Waiting for user action" => (
            "database-waits-for-you",
            Severity::Warning,
            format!("The database “{name}” waits for somebody to confirm a change."),
            "kubectl cnpg status tells which; mostly a switch-over: kubectl cnpg promote.",
        ),
        "Unable to create required cluster objects" | "Cluster has incomplete or invalid image catalog" => (
            "database-not-made",
            Severity::Warning,
            format!("The operator cannot make what the database “{name}” needs."),
            "Look at the events of the Cluster and the log of the operator.",
        ),
        phase if phase.contains("unknown plugin") => (
            "database-plugin-missing",
            Severity::Warning,
            format!(
                "The database “{name}” names a plugin that is not installed, so that its operator does nothing more."
            ),
            "Install the plugin (mostly barman-cloud) into the operator's namespace.",
        ),
        _ => return None,
    };
    let finding = Finding::new(code, severity, object(cluster), sentence);
    let evidence = if status.phase_reason.is_empty() { &status.phase } else { &status.phase_reason };
    Some(finding.evidence(evidence).field("status.phase").remedy(remedy))
}

fn instances(cluster: &DatabaseCluster, now_ms: i64) -> Option<Finding> {
    let (name, status) = (&cluster.metadata.name, &cluster.status);
    let (ready, wanted) = (status.ready_instances, cluster.spec.instances);
    let condition = Condition::find(&status.conditions, "Ready").filter(|condition| condition.is_false());
    let unready_ms = condition.and_then(|condition| condition.since_ms).map(|since| now_ms - since);
    if wanted <= 0 || ready >= wanted || unready_ms.is_some_and(|unready| unready < GRACE_MS) {
        return None;
    }
    let new_ms = cluster.metadata.created_ms.map_or(i64::MAX, |created| now_ms - created);
    if status.phase.is_empty() || new_ms < WORKING_MS && ready == 0 && &*status.phase == "Setting up primary"
    {
        return None;
    }
    let (code, severity, sentence) = if ready == 0 {
        (
            "database-down",
            Severity::Critical,
            format!("None of the {wanted} instances of the database “{name}” is ready: nobody can use it."),
        )
    } else {
        (
            "database-degraded",
            Severity::Warning,
            format!("{ready} of {wanted} instances of the database “{name}” are ready."),
        )
    };
    let finding = Finding::new(code, severity, object(cluster), sentence);
    let evidence = format!(
        "{}{}{}",
        status.phase,
        if status.phase_reason.is_empty() { "" } else { ": " },
        status.phase_reason
    );
    Some(finding.evidence(&evidence).field("status.readyInstances").remedy(format!(
        "Look at its pods: kubectl get pods -n {} -l cnpg.io/cluster={name}",
        cluster.metadata.namespace
    )))
}

fn archiving(cluster: &DatabaseCluster) -> Option<Finding> {
    let condition =
        Condition::find(&cluster.status.conditions, "ContinuousArchiving").filter(|c| c.is_false())?;
    let message = condition.message.to_ascii_lowercase();
    let (why, remedy) = if message.contains("expected empty archive") {
        (
            "the archive already holds the log of another database",
            "Give the backup another serverName or folder, or empty the archive if nobody needs it.",
        )
    } else if [
        "accessdenied",
        "access denied",
        "invalidaccesskeyid",
        "signaturedoesnotmatch",
        " 403",
        "(403",
        "expiredtoken",
    ]
    .iter()
    .any(|word| message.contains(word))
    {
        ("its archive does not take the credential", "Replace the key in the secret that spec.backup names.")
    } else if message.contains("no such host")
        || message.contains("could not connect")
        || message.contains("timeout")
    {
        ("its archive cannot be reached", "Check the address of the archive, and the way to it.")
    } else {
        (
            "its log of changes cannot be archived",
            "Look at the log of the primary's pod, around “wal-archive”.",
        )
    };
    let name = &cluster.metadata.name;
    let sentence = format!(
        "The database “{name}” is not backed up continuously: {why}. The log stays on its disk until that is full."
    );
    let finding = Finding::new("database-archiving", Severity::Warning, object(cluster), sentence);
    Some(finding.evidence(&condition.message).field("status.conditions").remedy(remedy))
}

fn without_backup(objects: &Objects, cluster: &DatabaseCluster, settings: &Settings) -> Option<Finding> {
    let (meta, spec) = (&cluster.metadata, &cluster.spec);
    let own =
        spec.backup.as_ref().is_some_and(|b| b.barman_object_store.is_some() || b.volume_snapshot.is_some());
    let plugin =
        spec.plugins.iter().any(|plugin| plugin.enabled != Some(false) && plugin.name.contains("barman"));
    let mut schedules = objects.scheduled_backups.in_namespace(&meta.namespace);
    let scheduled = schedules.any(|scheduled| scheduled.spec.cluster.name == meta.name);
    if own || plugin || scheduled || settings.unread.contains(&Kind::ScheduledBackup) {
        return None;
    }
    let sentence = format!("The database “{}” is not backed up by its operator.", meta.name);
    let finding = Finding::new("database-no-backup", Severity::Note, object(cluster), sentence);
    Some(
        finding
            .field("spec.backup")
            .remedy("Add spec.backup or the plugin barman-cloud, and a ScheduledBackup."),
    )
}

fn scheduled_backup(objects: &Objects, scheduled: &ScheduledBackup, now_ms: i64, thing: &mut Thing) {
    let (meta, spec) = (&scheduled.metadata, &scheduled.spec);
    let database = &*spec.cluster.name;
    let object = ObjectRef::new("ScheduledBackup", &meta.namespace, &meta.name);
    thing.objects.insert(object.clone());
    thing.title = format!("{database} ({})", meta.name);
    thing.judged = true;
    thing.well = "The last backup went well.".to_owned();
    thing.needs.insert(database_id(&meta.namespace, database));
    thing
        .fact("tool", "CloudNativePG")
        .fact("namespace", &*meta.namespace)
        .fact("schedule", cut(&spec.schedule));
    thing.fact("suspended", spec.suspend);
    let backups = backups(objects, scheduled);
    let good =
        backups.iter().find(|backup| &*backup.status.phase == "completed").and_then(|backup| when(backup));
    let cluster = objects.database_clusters.get(&meta.namespace, database);
    let good = good.max(cluster.and_then(|cluster| cluster.status.last_successful_backup_ms));
    if let Some(at) = good {
        thing.fact("last_backup_at", moment(at));
    }
    if let Some(at) = scheduled.status.next_schedule_ms {
        thing.fact("next_backup_at", moment(at));
    }
    if let Some(finding) = judge_scheduled(scheduled, object, &backups, good, now_ms) {
        thing.find(finding);
    }
}

/// The backups that a schedule made, the newest first.
fn backups<'a>(objects: &'a Objects, scheduled: &'a ScheduledBackup) -> Vec<&'a DatabaseBackup> {
    let meta = &scheduled.metadata;
    let mut backups: Vec<&DatabaseBackup> = objects
        .database_backups
        .in_namespace(&meta.namespace)
        .map(AsRef::as_ref)
        .filter(|backup| match backup.metadata.label("cnpg.io/scheduled-backup") {
            Some(name) => *name == *meta.name,
            None => backup.metadata.owners.iter().any(|owner| owner.name == meta.name),
        })
        .collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(when(backup)));
    backups
}

fn when(backup: &DatabaseBackup) -> Option<i64> {
    backup.status.stopped_ms.or(backup.status.started_ms).or(backup.metadata.created_ms)
}

fn judge_scheduled(
    scheduled: &ScheduledBackup,
    object: ObjectRef,
    backups: &[&DatabaseBackup],
    good: Option<i64>,
    now_ms: i64,
) -> Option<Finding> {
    let (meta, spec) = (&scheduled.metadata, &scheduled.spec);
    let database = &*spec.cluster.name;
    let good_words = match good {
        Some(at) => format!("the last good one is {} old", span(now_ms - at)),
        None => "there is no good one".to_owned(),
    };
    if spec.suspend {
        let sentence =
            format!("The backup “{}” of the database “{database}” is suspended; {good_words}.", meta.name);
        return Some(
            Finding::new("backup-suspended", Severity::Note, object, sentence).field("spec.suspend"),
        );
    }
    let finished =
        backups.iter().find(|b| matches!(&*b.status.phase, "completed" | "failed" | "walArchivingFailing"));
    if let Some(failed) = finished.filter(|backup| &*backup.status.phase != "completed") {
        let sentence = format!("The last backup of the database “{database}” failed; {good_words}.");
        let finding = Finding::new("backup-failed", Severity::Warning, object, sentence);
        let status = &failed.status;
        let evidence = if status.error.is_empty() { &status.command_error } else { &status.error };
        return Some(finding.evidence(evidence).field("status.error").remedy(format!(
            "kubectl describe backups.postgresql.cnpg.io {} -n {}",
            failed.metadata.name, meta.namespace
        )));
    }
    let since = good.max(meta.created_ms)?;
    let is_missed = Schedule::read(&spec.schedule).is_some_and(|schedule| schedule.is_missed(since, now_ms));
    is_missed.then(|| {
        let sentence =
            format!("The database “{database}” was not backed up when it should have been; {good_words}.");
        let finding = Finding::new("backup-missed", Severity::Warning, object, sentence);
        finding.evidence(&scheduled.status.error).field("spec.schedule").remedy(format!(
            "Look whether the operator runs, and at kubectl get backups.postgresql.cnpg.io -n {}",
            meta.namespace
        ))
    })
}
