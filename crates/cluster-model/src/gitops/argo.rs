//! Argo CD: Applications that are shown as Healthy and cannot be synced, and all the rest that its colours hide.

use super::cause::{cause, why};
use super::deployment_id;
use super::words::{cut, listed, moment, revision, span};
use crate::objects::{Application, ApplicationSet, ArgoResource, Condition};
use crate::picture::ObjectRef;
use crate::{Finding, Objects, Picture, Settings, Severity, Thing, ThingId};
use std::collections::BTreeSet;

/// After which time an Application that nobody compares means that Argo CD stands still. Who switched the polling off
/// is compared on changes only.
const STILL_MS: i64 = 24 * 3_600_000;
/// How long a roll-out may take before it is told.
const ROLL_OUT_MS: i64 = 30 * 60_000;
/// How long a deletion may take before it is told.
const DELETION_MS: i64 = 3_600_000;
/// How long a revision may wait to be synced by itself before that is a fault: Argo CD looks every three minutes.
const BEHIND_MS: i64 = 30 * 60_000;
/// How old an Application is before it has to have been compared.
const NEW_MS: i64 = 10 * 60_000;

/// Conditions that mean that the Application cannot be synced; the first that is there is told first.
const ERRORS: [(&str, &str, &str); 5] = [
    ("InvalidSpecError", "argo-invalid-spec", "cannot use the Application"),
    ("ComparisonError", "argo-comparison-error", "cannot work out what belongs to"),
    ("SyncError", "argo-sync-error", "cannot sync"),
    ("DeletionError", "argo-deletion-error", "cannot delete"),
    ("UnknownError", "argo-unknown-error", "has a fault with"),
];

/// Adds Applications and `ApplicationSet`s to the picture.
pub(super) fn examine(objects: &Objects, settings: &Settings, picture: &mut Picture) {
    let now_ms = settings.now_ms;
    for application in objects.applications.iter() {
        let meta = &application.metadata;
        let thing = picture.thing(deployment_id("Application", &meta.namespace, &meta.name));
        describe(application, thing);
        thing.needs.extend(unwell(application));
        for finding in judge(application, settings) {
            thing.find(finding);
        }
    }
    for set in objects.application_sets.iter() {
        let meta = &set.metadata;
        let thing = picture.thing(deployment_id("ApplicationSet", &meta.namespace, &meta.name));
        describe_set(set, thing);
    }
    if let Some(finding) = stands_still(objects, now_ms) {
        let id = deployment_id("Controller", &finding.object.namespace, "argo-cd");
        picture.thing(id).find(finding).title = "Argo CD".to_owned();
    }
}

/// The workloads because of which an Application is not healthy, so that what is wrong with them is told once. Newer
/// versions of Argo CD do not write the health of each object: then all of them.
fn unwell(application: &Application) -> BTreeSet<ThingId> {
    let status = &application.status;
    if !matches!(&*status.health.status, "Degraded" | "Progressing") {
        return BTreeSet::new();
    }
    let told = status.resources.iter().any(|resource| !resource.health.status.is_empty());
    let bad = status.resources.iter().filter(|resource| {
        matches!(&*resource.kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Job")
            && (!told || matches!(&*resource.health.status, "Degraded" | "Progressing"))
    });
    bad.map(|resource| ThingId::workload(&resource.namespace, &resource.kind, &resource.name)).collect()
}

fn object(application: &Application) -> ObjectRef {
    ObjectRef::new("Application", &application.metadata.namespace, &application.metadata.name)
}

/// The revision that is wanted: what Argo CD last compared with. Of several sources all, with commas.
pub(super) fn wanted(application: &Application) -> String {
    revisions(&application.status.sync.revision, &application.status.sync.revisions)
}

/// The revision that was last synced well.
pub(super) fn applied(application: &Application) -> String {
    let status = &application.status;
    match (&status.operation_state, status.history.last()) {
        (Some(operation), _) if &*operation.phase == "Succeeded" => {
            revisions(&operation.sync_result.revision, &operation.sync_result.revisions)
        }
        (_, Some(last)) => revisions(&last.revision, &last.revisions),
        _ => String::new(),
    }
}

fn revisions(one: &str, several: &[Box<str>]) -> String {
    if !one.is_empty() {
        return revision(one);
    }
    several.iter().map(|text| revision(text)).collect::<Vec<_>>().join(", ")
}

fn describe(application: &Application, thing: &mut Thing) {
    let (meta, status) = (&application.metadata, &application.status);
    thing.objects.insert(object(application));
    thing.title = meta.name.to_string();
    thing.judged = true;
    thing.fact("tool", "Argo CD").fact("kind", "Application").fact("namespace", &*meta.namespace);
    thing.fact("automated", application.is_automated());
    let (wanted, applied) = (wanted(application), applied(application));
    thing.well = match &*status.sync.status {
        "Synced" if !wanted.is_empty() => format!("What runs is what the repository has at {wanted}."),
        "Synced" => "What runs is what the repository has.".to_owned(),
        _ => "Nothing is wrong with it.".to_owned(),
    };
    for (key, value) in [
        ("health", &*status.health.status),
        ("sync", &*status.sync.status),
        ("destination", &*application.spec.destination.namespace),
        ("project", &*application.spec.project),
        ("wanted_revision", &wanted),
        ("applied_revision", &applied),
    ] {
        if !value.is_empty() {
            thing.fact(key, cut(value));
        }
    }
    if let Some(source) = application.sources().next() {
        thing.fact("source", cut(&source.repo_url));
        let place = if source.chart.is_empty() { &source.path } else { &source.chart };
        if !place.is_empty() {
            thing.fact("path", cut(place));
        }
        let target = if source.target_revision.is_empty() { "HEAD" } else { &*source.target_revision };
        thing.fact("target_revision", cut(target));
    }
    let finished = status.operation_state.as_ref().and_then(|operation| operation.finished_ms);
    if let Some(at) = finished.or_else(|| status.history.last().and_then(|last| last.deployed_ms)) {
        thing.fact("last_applied_at", moment(at));
    }
}

fn judge(application: &Application, settings: &Settings) -> Vec<Finding> {
    let now_ms = settings.now_ms;
    let mut findings = Vec::new();
    if let Some(since) = application.metadata.deleted_ms.filter(|since| now_ms - since > DELETION_MS) {
        let sentence = format!(
            "The Application “{}” has been asked to go {} ago and is still there.",
            application.metadata.name,
            span(now_ms - since)
        );
        let finding = Finding::new("argo-deletion-stuck", Severity::Warning, object(application), sentence);
        findings.push(finding.field("metadata.deletionTimestamp").remedy(
            "Look at what it still has to delete; a finalizer waits for it: argocd app get shows the objects.",
        ));
    }
    if application.metadata.annotation("argocd.argoproj.io/skip-reconcile") == Some("true") {
        let sentence =
            format!("Argo CD leaves the Application “{}” alone: it is told to.", application.metadata.name);
        let finding = Finding::new("argo-skipped", Severity::Note, object(application), sentence);
        findings.push(finding.field("metadata.annotations[argocd.argoproj.io/skip-reconcile]"));
        return findings;
    }
    let errors = errors(application);
    let cannot = !errors.is_empty();
    findings.extend(errors);
    let failed = if cannot { None } else { failed_sync(application) };
    let cannot = cannot || failed.is_some();
    findings.extend(failed);
    if !cannot {
        findings.extend(out_of_sync(application, settings));
    }
    findings.extend(warnings(application));
    findings.extend(health(application, now_ms));
    findings
}

fn errors(application: &Application) -> Vec<Finding> {
    let conditions = &application.status.conditions;
    let find = |(kind, code, verb): &(&str, &'static str, &str)| {
        let condition = Condition::find(conditions, kind)?;
        let name = &application.metadata.name;
        let though = match &*application.status.health.status {
            "Healthy" => ", although Argo CD shows it as Healthy",
            _ => "",
        };
        let sentence = format!(
            "Argo CD {verb} “{name}”: {}. What runs stays as it was{though}.",
            why(&condition.message)
        );
        let remedy = cause(&condition.message).map_or_else(
            || format!("When it is mended: argocd app get {name} --hard-refresh"),
            |cause| format!("{} Then: argocd app get {name} --hard-refresh", cause.remedy),
        );
        let finding = Finding::new(code, Severity::Warning, object(application), sentence);
        Some(finding.evidence(&condition.message).field("status.conditions").remedy(remedy))
    };
    // The first is the reason of those that follow.
    ERRORS.iter().find_map(find).into_iter().collect()
}

fn failed_sync(application: &Application) -> Option<Finding> {
    let operation = application.status.operation_state.as_ref()?;
    if !matches!(&*operation.phase, "Failed" | "Error") {
        return None;
    }
    let name = &application.metadata.name;
    let to = revisions(&operation.sync_result.revision, &operation.sync_result.revisions);
    let to = if to.is_empty() { String::new() } else { format!(" to {to}") };
    let failed = &operation.sync_result.resources;
    let message = failed.first().filter(|synced| !synced.message.is_empty());
    let message = message.map_or(&*operation.message, |synced| &*synced.message);
    let at = match failed.first() {
        Some(synced) => format!(" at {} {}", synced.kind, synced.name),
        None => String::new(),
    };
    let is_synced = &*application.status.sync.status == "Synced";
    let severity = if is_synced { Severity::Note } else { Severity::Warning };
    let ending = if is_synced { " Nothing differs from the repository any more." } else { "" };
    let sentence = format!("The last sync of “{name}”{to} failed{at}: {}.{ending}", why(message));
    let remedy = cause(message).map_or_else(String::new, |cause| format!("{} ", cause.remedy));
    let finding = Finding::new("argo-sync-failed", severity, object(application), sentence);
    let evidence = if failed.is_empty() { &*operation.message } else { message };
    Some(
        finding
            .evidence(evidence)
            .field("status.operationState")
            .remedy(format!("{remedy}Then: argocd app sync {name}")),
    )
}

fn out_of_sync(application: &Application, settings: &Settings) -> Option<Finding> {
    let now_ms = settings.now_ms;
    let (name, status) = (&application.metadata.name, &application.status);
    match &*status.sync.status {
        "OutOfSync" => {}
        "Unknown" => {
            let sentence = format!("Argo CD does not know whether “{name}” is what its repository has.");
            let finding = Finding::new("argo-sync-unknown", Severity::Unknown, object(application), sentence);
            return Some(
                finding.field("status.sync.status").remedy(format!("argocd app get {name} --hard-refresh")),
            );
        }
        "" if application.metadata.created_ms.is_some_and(|at| now_ms - at > NEW_MS) => {
            let sentence = format!("Argo CD has never looked at the Application “{name}”.");
            let finding =
                Finding::new("argo-never-compared", Severity::Warning, object(application), sentence);
            return Some(finding.field("status").remedy(
                "Applications outside of Argo CD's own namespace count only if it is told so \
                 (application.namespaces); look whether its application controller runs.",
            ));
        }
        _ => return None,
    }
    let operation = status.operation_state.as_ref();
    if operation.is_some_and(|operation| &*operation.phase == "Running") {
        return None;
    }
    let differing: Vec<String> =
        status.resources.iter().filter(|r| &*r.status == "OutOfSync").map(shown).collect();
    let what = if differing.is_empty() { String::new() } else { format!(": {}", listed(&differing)) };
    let finding = |code, severity, sentence: String, remedy: String| {
        let finding = Finding::new(code, severity, object(application), sentence);
        Some(finding.field("status.sync.status").remedy(remedy))
    };
    if !application.is_automated() {
        let sentence = format!("Changes of “{name}” wait to be synced by hand{what}.");
        return finding("argo-waits-for-sync", Severity::Note, sentence, format!("argocd app sync {name}"));
    }
    let (wanted, applied) = (wanted(application), applied(application));
    if wanted == applied {
        let sentence = format!("“{name}” differs from its repository although it was synced{what}.");
        let remedy = "Something changes it after each sync, or it is to be deleted and pruning is off: look with argocd app \
                      diff; selfHeal, prune or ignoreDifferences say what shall be done.";
        return finding("argo-drift", Severity::Note, sentence, remedy.to_owned());
    }
    let waited = settings.memory.waits_since(&application.metadata.key()).map(|since| now_ms - since);
    let waited = waited.filter(|waited| *waited > BEHIND_MS);
    let severity = if waited.is_some() { Severity::Warning } else { Severity::Note };
    let sentence = format!(
        "Argo CD syncs “{name}” by itself, but {wanted} is not applied{}; {} is{what}.",
        waited.map_or_else(|| " yet".to_owned(), |waited| format!(", for {} already", span(waited))),
        if applied.is_empty() { "nothing" } else { &applied }
    );
    finding("argo-out-of-sync", severity, sentence, format!("argocd app sync {name}"))
}

fn shown(resource: &ArgoResource) -> String {
    let pruned = if resource.requires_pruning { " (to be deleted)" } else { "" };
    format!("{} {}{pruned}", resource.kind, resource.name)
}

fn warnings(application: &Application) -> Option<Finding> {
    let shared = Condition::find(&application.status.conditions, "SharedResourceWarning")?;
    let sentence = format!(
        "“{}” and another Application both manage the same object, and undo each other.",
        application.metadata.name
    );
    let finding = Finding::new("argo-shared", Severity::Warning, object(application), sentence);
    let remedy = "Leave the object to one of the two.";
    Some(finding.evidence(&shared.message).field("status.conditions").remedy(remedy))
}

fn health(application: &Application, now_ms: i64) -> Option<Finding> {
    let (name, health) = (&application.metadata.name, &application.status.health);
    let bad = |word: &str| {
        let of = application.status.resources.iter().filter(|resource| &*resource.health.status == word);
        let names: Vec<String> = of.clone().map(shown).collect();
        let message = of.map(|resource| &*resource.health.message).find(|message| !message.is_empty());
        (names, message.unwrap_or(&health.message).to_owned())
    };
    let finding = |code, severity, sentence: String, message: &str| {
        let finding = Finding::new(code, severity, object(application), sentence);
        Some(finding.evidence(message).field("status.health"))
    };
    match &*health.status {
        "Degraded" => {
            let (names, message) = bad("Degraded");
            let what = if names.is_empty() { "some of it".to_owned() } else { listed(&names) };
            let sentence = format!("Argo CD sees that of “{name}” {what} does not work as it should.");
            finding("argo-degraded", Severity::Warning, sentence, &message)
        }
        "Missing" => {
            let (names, message) = bad("Missing");
            let what = if names.is_empty() { "objects".to_owned() } else { listed(&names) };
            let severity = if application.is_automated() { Severity::Warning } else { Severity::Note };
            let sentence =
                format!("{what} of “{name}” are not in the cluster: it is not installed completely.");
            finding("argo-missing", severity, sentence, &message)
                .map(|finding| finding.remedy(format!("argocd app sync {name}")))
        }
        "Suspended" => {
            let sentence = format!("Something of “{name}” is halted on purpose.");
            finding("argo-suspended", Severity::Note, sentence, &health.message)
        }
        "Progressing" => {
            let since = now_ms - health.since_ms.unwrap_or(now_ms);
            let sentence =
                format!("“{name}” has been rolling out for {} and does not get ready.", span(since));
            (since > ROLL_OUT_MS)
                .then(|| finding("argo-progressing", Severity::Warning, sentence, &health.message))
                .flatten()
        }
        _ => None,
    }
}

fn describe_set(set: &ApplicationSet, thing: &mut Thing) {
    let (namespace, name) = (&*set.metadata.namespace, &*set.metadata.name);
    let object = ObjectRef::new("ApplicationSet", namespace, name);
    thing.objects.insert(object.clone());
    thing.title = name.to_owned();
    thing.judged = true;
    thing.well = "Its Applications are made.".to_owned();
    thing.fact("tool", "Argo CD").fact("kind", "ApplicationSet").fact("namespace", namespace);
    let conditions = &set.status.conditions;
    let error = Condition::find(conditions, "ErrorOccurred").filter(|condition| condition.is_true());
    let behind = Condition::find(conditions, "ResourcesUpToDate").filter(|condition| condition.is_false());
    if let Some(condition) = error.or(behind) {
        let sentence = format!(
            "Argo CD cannot make the Applications of the ApplicationSet “{name}”: {}. Those that exist stay as they \
             are.",
            why(&condition.message)
        );
        let finding = Finding::new("argo-set-error", Severity::Warning, object, sentence);
        let finding = finding.evidence(&condition.message).field("status.conditions");
        let remedy = cause(&condition.message)
            .map_or("Look at its generators and its template.", |cause| cause.remedy);
        thing.find(finding.remedy(remedy));
    }
}

/// Whether Argo CD has compared nothing at all for long.
fn stands_still(objects: &Objects, now_ms: i64) -> Option<Finding> {
    let newest = objects
        .applications
        .iter()
        .filter_map(|app| Some((app.status.reconciled_ms?, app)))
        .max_by_key(|(at, _)| *at);
    let (at, application) = newest?;
    if now_ms - at <= STILL_MS {
        return None;
    }
    let namespace = &application.metadata.namespace;
    let sentence = format!(
        "Argo CD has compared no Application for {}: what it says of them is old.",
        span(now_ms - at)
    );
    let finding = Finding::new("argo-stands-still", Severity::Warning, object(application), sentence);
    Some(finding.field("status.reconciledAt").remedy(format!(
        "Look at its application controller: kubectl get pods -n {namespace} -l \
         app.kubernetes.io/name=argocd-application-controller"
    )))
}
