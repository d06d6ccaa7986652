//! `HelmRelease`s: what was installed, what should be, and what became of trying.

use super::{BEHIND_MS, Subject, behind, source, target, waits};
use crate::gitops::cause::{cause, why};
use crate::gitops::deployment_id;
use crate::gitops::words::{cut, moment};
use crate::objects::{Condition, FluxSource, HelmRelease, HelmSnapshot};
use crate::{Finding, Objects, Severity, Thing};

pub(super) fn examine(objects: &Objects, release: &HelmRelease, now_ms: i64) -> Thing {
    let (meta, spec, status) = (&release.metadata, &release.spec, &release.status);
    let subject = Subject {
        kind: "HelmRelease",
        command: "helmrelease",
        meta,
        suspend: spec.suspend,
        interval: &spec.interval,
        conditions: &status.conditions,
    };
    let mut thing = Thing::default();
    subject.describe(&mut thing);
    thing.needs.extend(spec.depends_on.iter().map(|on| target(on, &meta.namespace, "HelmRelease")));
    let chart = chart(objects, release, &mut thing);
    let artifact = chart.and_then(|chart| chart.status.artifact.as_ref());
    let applied = applied(release);
    for (key, value) in [
        ("applied_revision", applied.clone()),
        (
            "wanted_revision",
            artifact.map(|artifact| version(&artifact.revision).to_owned()).unwrap_or_default(),
        ),
        (
            "app_version",
            deployed(release).map(|snapshot| snapshot.app_version.to_string()).unwrap_or_default(),
        ),
    ] {
        if !value.is_empty() {
            thing.fact(key, cut(&value));
        }
    }
    if let Some(at) = deployed(release).and_then(|snapshot| snapshot.deployed_ms) {
        thing.fact("last_applied_at", moment(at));
    }
    let behind = || {
        let artifact = artifact.filter(|artifact| is_other(version(&artifact.revision), &applied))?;
        let waited = now_ms - artifact.updated_ms?;
        (waited > BEHIND_MS.max(subject.interval_ms().saturating_mul(2)))
            .then(|| behind(&subject, version(&artifact.revision), &applied, waited))
    };
    let judged = subject.common(now_ms).or_else(|| judge(&subject, release)).or_else(behind);
    if let Some(finding) = judged {
        thing.find(finding);
    }
    thing
}

/// The chart, and that it is needed.
fn chart<'a>(objects: &'a Objects, release: &HelmRelease, thing: &mut Thing) -> Option<&'a FluxSource> {
    let (namespace, spec) = (&*release.metadata.namespace, &release.spec);
    if !spec.chart_ref.name.is_empty() {
        thing.needs.insert(target(&spec.chart_ref, namespace, "OCIRepository"));
        thing.fact("chart", &*spec.chart_ref.name);
        return source(objects, &spec.chart_ref, namespace);
    }
    thing.fact("chart", cut(&spec.chart.spec.chart));
    if !spec.chart.spec.version.is_empty() {
        thing.fact("target_revision", cut(&spec.chart.spec.version));
    }
    let Some((namespace, name)) = release.status.helm_chart.split_once('/') else {
        thing.needs.insert(target(&spec.chart.spec.source_ref, namespace, "HelmRepository"));
        return None;
    };
    thing.needs.insert(deployment_id("HelmChart", namespace, name));
    objects.helm_charts.get(namespace, name).map(AsRef::as_ref)
}

/// A version without what Flux adds to it: `1.2.3+0123abcd`, `1.2.3@sha256:…`.
fn version(revision: &str) -> &str {
    revision.split(['@', '+']).next().unwrap_or(revision)
}

/// Whether what a source has is another version than the one that is installed. A tag such as `latest`, or a digest alone,
/// is no version: nothing can be told by it. What follows a plus in a version follows a low line in tags of registries.
fn is_other(wanted: &str, applied: &str) -> bool {
    fn plain(text: &str) -> &str {
        let text = text.strip_prefix('v').unwrap_or(text);
        text.split('_').next().unwrap_or(text)
    }
    let wanted = plain(wanted);
    let is_version = wanted.starts_with(|c: char| c.is_ascii_digit()) && wanted.contains('.');
    is_version && wanted != plain(applied)
}

/// The release that serves.
fn deployed(release: &HelmRelease) -> Option<&HelmSnapshot> {
    let serves = |snapshot: &&HelmSnapshot| matches!(&*snapshot.status, "deployed" | "superseded");
    release.status.history.iter().find(serves)
}

/// The version of the chart that is installed.
pub(in crate::gitops) fn applied(release: &HelmRelease) -> String {
    match deployed(release) {
        Some(snapshot) => version(&snapshot.chart_version).to_owned(),
        None => version(&release.status.last_applied_revision).to_owned(),
    }
}

fn judge(subject: &Subject<'_>, release: &HelmRelease) -> Option<Finding> {
    let status = &release.status;
    let Some(ready) = subject.not_ready() else { return tries_again(subject, release) };
    if let Some(finding) = waits(subject, ready) {
        return Some(finding);
    }
    let released = subject.condition("Released").filter(|released| released.is_false());
    // What follows a failure says less than the failure.
    let reason = released.map_or(&*ready.reason, |released| &*released.reason);
    let told = released.filter(|released| !released.message.is_empty()).unwrap_or(ready);
    let tried = version(&status.last_attempted_revision);
    let to = if tried.is_empty() { String::new() } else { format!(" to {}", cut(tried)) };
    let cause_of = why(&told.message);
    let named = subject.named();
    let applied = applied(release);
    let (code, severity, sentence) = match reason {
        "InstallFailed" | "install retries exhausted" if applied.is_empty() => (
            "helm-install-failed",
            Severity::Critical,
            format!("Flux cannot install the {named}: {cause_of}. It was never installed completely."),
        ),
        "InstallFailed" => (
            "helm-install-failed",
            Severity::Warning,
            format!("Flux cannot install the {named}: {cause_of}."),
        ),
        "UpgradeFailed" | "TestFailed" | "RollbackSucceeded" | "UninstallSucceeded" => (
            "helm-upgrade-failed",
            Severity::Warning,
            format!("Flux could not upgrade the {named}{to}: {cause_of}.{}", remediation(subject, &applied)),
        ),
        "RollbackFailed" => (
            "helm-rollback-failed",
            Severity::Critical,
            format!("Flux could not upgrade the {named}{to}, and going back failed too: {cause_of}."),
        ),
        "UninstallFailed" => (
            "helm-uninstall-failed",
            Severity::Warning,
            format!("Flux cannot uninstall the {named}: {cause_of}."),
        ),
        _ => (
            "flux-not-applied",
            Severity::Warning,
            format!("Flux cannot apply the {named}: {cause_of}.{}", kept(&applied)),
        ),
    };
    let stalled = subject.condition("Stalled").is_some_and(Condition::is_true)
        || ready.message.contains("retries exhausted");
    let again = if stalled { " It is not tried again until something changes." } else { "" };
    let then = if stalled { format!("{} --reset", subject.reconcile()) } else { subject.reconcile() };
    let remedy = cause(&told.message).map_or("Look at what the message names.", |cause| cause.remedy);
    let finding = subject.finding(code, severity, format!("{sentence}{again}"));
    Some(finding.evidence(&told.message).remedy(format!("{remedy} Then: {then}")))
}

/// What Flux did after a failed upgrade, and what serves now.
fn remediation(subject: &Subject<'_>, applied: &str) -> String {
    let remediated = subject.condition("Remediated");
    match remediated.map(|condition| (&*condition.reason, condition.is_true())) {
        Some(("RollbackSucceeded", true)) if !applied.is_empty() => {
            format!(" It went back to {}, which serves.", cut(applied))
        }
        Some(("RollbackFailed", _)) => " Going back failed too.".to_owned(),
        Some(("UninstallSucceeded", true)) => " It was uninstalled: nothing of it serves.".to_owned(),
        _ => kept(applied),
    }
}

fn kept(applied: &str) -> String {
    match applied {
        "" => String::new(),
        applied => format!(" {} was installed before.", cut(applied)),
    }
}

/// While it is tried again nothing says that it is not ready; what failed still has failed.
fn tries_again(subject: &Subject<'_>, release: &HelmRelease) -> Option<Finding> {
    let ready = subject.condition("Ready")?;
    if ready.is_true() || release.status.failures == 0 {
        return None;
    }
    let n = release.status.failures;
    let times = if n == 1 { "once".to_owned() } else { format!("{n} times") };
    let sentence = format!("The {} has failed {times}, and is being tried again.", subject.named());
    let finding = subject.finding("helm-tried-again", Severity::Warning, sentence);
    Some(
        finding.evidence(&ready.message).remedy(format!(
            "flux events --for HelmRelease/{} -n {}",
            subject.meta.name, subject.meta.namespace
        )),
    )
}
