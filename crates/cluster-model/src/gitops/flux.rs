//! Flux: sources, Kustomizations and `HelmRelease`s that are not ready, stand still, wait for each other, or apply something
//! else than their source has.

mod releases;

use super::cause::{cause, why};
use super::deployment_id;
use super::words::{cut, go_duration, listed, moment, revision, span};
use crate::objects::{Condition, FluxRef, FluxSource, Kustomization, Meta, Table};
use crate::picture::ObjectRef;
use crate::{Finding, Objects, Picture, Severity, Thing, ThingId};

/// How long work may go on before it is told. Every round says anew that it has begun.
const WORKING_MS: i64 = 3_600_000;
/// How long a revision may wait to be applied, at least; two intervals if they are longer.
const BEHIND_MS: i64 = 15 * 60_000;
/// The interval of what names none that can be read.
const INTERVAL_MS: i64 = 10 * 60_000;

/// One object of Flux, as far as all kinds are alike.
struct Subject<'a> {
    kind: &'static str,
    /// How `flux reconcile` and `flux resume` call it.
    command: &'static str,
    meta: &'a Meta,
    suspend: bool,
    interval: &'a str,
    conditions: &'a [Condition],
}

impl Subject<'_> {
    fn object(&self) -> ObjectRef {
        ObjectRef::new(self.kind, &self.meta.namespace, &self.meta.name)
    }

    fn named(&self) -> String {
        format!("{} “{}”", self.kind, self.meta.name)
    }

    fn finding(&self, code: &'static str, severity: Severity, sentence: String) -> Finding {
        Finding::new(code, severity, self.object(), sentence).field("status.conditions")
    }

    fn reconcile(&self) -> String {
        format!("flux reconcile {} {} -n {}", self.command, self.meta.name, self.meta.namespace)
    }

    fn condition(&self, kind: &str) -> Option<&Condition> {
        Condition::find(self.conditions, kind)
    }

    /// `Ready`, if it does not hold.
    fn not_ready(&self) -> Option<&Condition> {
        self.condition("Ready").filter(|ready| ready.is_false())
    }

    fn interval_ms(&self) -> i64 {
        go_duration(self.interval).unwrap_or(INTERVAL_MS)
    }

    fn describe(&self, thing: &mut Thing) {
        thing.objects.insert(self.object());
        thing.title = self.meta.name.to_string();
        thing.judged = !self.conditions.is_empty() || self.suspend;
        thing.fact("tool", "Flux").fact("kind", self.kind).fact("namespace", &*self.meta.namespace);
        thing.fact("suspended", self.suspend);
        if let Some(ready) = self.condition("Ready").filter(|ready| ready.is_true()) {
            thing.well = cut(&ready.message);
            if let Some(since) = ready.since_ms {
                thing.fact("ready_since", moment(since));
            }
        }
    }

    /// What is said of every kind alike: that it is suspended, or has been working for long.
    fn common(&self, now_ms: i64) -> Option<Finding> {
        if self.suspend {
            let sentence = format!(
                "Flux leaves the {} alone: it is suspended, and nothing new is applied.",
                self.named()
            );
            let finding = self.finding("flux-suspended", Severity::Note, sentence).field("spec.suspend");
            return Some(finding.remedy(format!(
                "When it shall go on: flux resume {} {} -n {}",
                self.command, self.meta.name, self.meta.namespace
            )));
        }
        let ready = self.condition("Ready").filter(|ready| !ready.is_true() && !ready.is_false())?;
        let since = now_ms - ready.since_ms?;
        if since < WORKING_MS.max(self.interval_ms().saturating_mul(3)) {
            return None;
        }
        let sentence =
            format!("Flux has been working on the {} for {} without an end.", self.named(), span(since));
        let finding = self.finding("flux-working", Severity::Warning, sentence);
        Some(finding.evidence(&ready.message).remedy(format!(
            "Look whether its controller runs: kubectl get pods -n flux-system. Then: {}",
            self.reconcile()
        )))
    }
}

/// Adds the objects of Flux to the picture.
pub(super) fn examine(objects: &Objects, now_ms: i64, picture: &mut Picture) {
    for (kind, command, table) in sources(objects) {
        for source in table.iter() {
            examine_source(kind, command, source, now_ms, picture);
        }
    }
    for kustomization in objects.kustomizations.iter() {
        let thing = examine_kustomization(objects, kustomization, now_ms);
        let meta = &kustomization.metadata;
        merge(picture.thing(deployment_id("Kustomization", &meta.namespace, &meta.name)), thing);
    }
    for release in objects.helm_releases.iter() {
        let thing = releases::examine(objects, release, now_ms);
        let meta = &release.metadata;
        merge(picture.thing(deployment_id("HelmRelease", &meta.namespace, &meta.name)), thing);
    }
}

fn merge(into: &mut Thing, thing: Thing) {
    into.title = thing.title;
    into.well = thing.well;
    into.judged |= thing.judged;
    into.facts.extend(thing.facts);
    into.needs.extend(thing.needs);
    into.objects.extend(thing.objects);
    for finding in thing.findings {
        into.find(finding);
    }
}

fn sources(objects: &Objects) -> [(&'static str, &'static str, &Table<FluxSource>); 5] {
    [
        ("GitRepository", "source git", &objects.git_repositories),
        ("OCIRepository", "source oci", &objects.oci_repositories),
        ("HelmRepository", "source helm", &objects.helm_repositories),
        ("HelmChart", "source chart", &objects.helm_charts),
        ("Bucket", "source bucket", &objects.buckets),
    ]
}

/// The source that is named, from an object in `namespace`.
fn source<'a>(objects: &'a Objects, reference: &FluxRef, namespace: &str) -> Option<&'a FluxSource> {
    let namespace = if reference.namespace.is_empty() { namespace } else { &reference.namespace };
    let (.., table) = sources(objects).into_iter().find(|(kind, ..)| **kind == *reference.kind)?;
    table.get(namespace, &reference.name).map(AsRef::as_ref)
}

/// The thing that a reference names.
fn target(reference: &FluxRef, namespace: &str, kind: &str) -> ThingId {
    let namespace = if reference.namespace.is_empty() { namespace } else { &reference.namespace };
    let kind = if reference.kind.is_empty() { kind } else { &reference.kind };
    deployment_id(kind, namespace, &reference.name)
}

fn examine_source(
    kind: &'static str,
    command: &'static str,
    source: &FluxSource,
    now_ms: i64,
    picture: &mut Picture,
) {
    let (spec, status) = (&source.spec, &source.status);
    let subject = Subject {
        kind,
        command,
        meta: &source.metadata,
        suspend: spec.suspend,
        interval: &spec.interval,
        conditions: &status.conditions,
    };
    let thing = picture.thing(deployment_id(kind, &source.metadata.namespace, &source.metadata.name));
    subject.describe(thing);
    let from = [&spec.url, &spec.endpoint, &spec.chart].into_iter().find(|text| !text.is_empty());
    if let Some(from) = from {
        thing.fact("source", cut(from));
    }
    let reference = &spec.reference;
    let target = [
        &reference.commit,
        &reference.tag,
        &reference.semver,
        &reference.name,
        &reference.branch,
        &spec.version,
    ];
    if let Some(target) = target.into_iter().find(|text| !text.is_empty()) {
        thing.fact("target_revision", cut(target));
    }
    if let Some(artifact) = &status.artifact {
        thing.fact("revision", revision(&artifact.revision));
        if let Some(at) = artifact.updated_ms {
            thing.fact("fetched_at", moment(at));
        }
    }
    if kind == "HelmChart" && !spec.source_ref.name.is_empty() {
        thing.needs.insert(self::target(&spec.source_ref, &source.metadata.namespace, "HelmRepository"));
    }
    if let Some(finding) = subject.common(now_ms).or_else(|| judge_source(&subject, source)) {
        thing.find(finding);
    }
}

fn judge_source(subject: &Subject<'_>, source: &FluxSource) -> Option<Finding> {
    let verified = subject.condition("SourceVerified").filter(|condition| condition.is_false());
    let ready = subject.not_ready()?;
    let condition = verified.unwrap_or(ready);
    let kept = match &source.status.artifact {
        Some(artifact) => {
            format!("What it fetched before ({}) stays in use.", revision(&artifact.revision))
        }
        None => "It has never fetched anything.".to_owned(),
    };
    let from = [&source.spec.url, &source.spec.endpoint].into_iter().find(|text| !text.is_empty());
    let from = from.map(|from| format!(" from {}", cut(from))).unwrap_or_default();
    let sentence =
        format!("Flux cannot fetch the {}{from}: {}. {kept}", subject.named(), why(&condition.message));
    let remedy =
        cause(&condition.message).map_or("Look at its address and its secret.", |cause| cause.remedy);
    let secret = match &*source.spec.secret_ref.name {
        "" => String::new(),
        name => format!(" Its secret is “{name}”."),
    };
    let finding = subject.finding("flux-source-not-ready", Severity::Warning, sentence);
    Some(
        finding
            .evidence(&condition.message)
            .remedy(format!("{remedy}{secret} Then: {}", subject.reconcile())),
    )
}

fn examine_kustomization(objects: &Objects, kustomization: &Kustomization, now_ms: i64) -> Thing {
    let (meta, spec, status) = (&kustomization.metadata, &kustomization.spec, &kustomization.status);
    let subject = Subject {
        kind: "Kustomization",
        command: "kustomization",
        meta,
        suspend: spec.suspend,
        interval: &spec.interval,
        conditions: &status.conditions,
    };
    let mut thing = Thing::default();
    subject.describe(&mut thing);
    thing.needs.insert(target(&spec.source_ref, &meta.namespace, "GitRepository"));
    thing.needs.extend(spec.depends_on.iter().map(|on| target(on, &meta.namespace, "Kustomization")));
    let source = source(objects, &spec.source_ref, &meta.namespace);
    let artifact = source.and_then(|source| source.status.artifact.as_ref());
    if !spec.path.is_empty() {
        thing.fact("path", cut(&spec.path));
    }
    thing.fact("source", format!("{} {}", spec.source_ref.kind, spec.source_ref.name));
    if !status.last_applied_revision.is_empty() {
        thing.fact("applied_revision", revision(&status.last_applied_revision));
    }
    if let Some(artifact) = artifact {
        thing.fact("wanted_revision", revision(&artifact.revision));
    }
    let behind = || {
        let artifact = artifact.filter(|artifact| artifact.revision != status.last_applied_revision)?;
        let waited = now_ms - artifact.updated_ms?;
        (waited > BEHIND_MS.max(subject.interval_ms().saturating_mul(2))).then(|| {
            behind(&subject, &revision(&artifact.revision), &revision(&status.last_applied_revision), waited)
        })
    };
    let judged = subject.common(now_ms).or_else(|| {
        let ready = subject.not_ready()?;
        Some(judge_kustomization(&subject, kustomization, ready, &mut thing.needs))
    });
    if let Some(finding) = judged.or_else(behind) {
        thing.find(finding);
    }
    thing
}

/// Something newer is there and is not applied.
fn behind(subject: &Subject<'_>, wanted: &str, applied: &str, waited: i64) -> Finding {
    let applied = if applied.is_empty() { "nothing" } else { applied };
    let sentence = format!(
        "The {} still has {applied} applied; {wanted} has been there for {}.",
        subject.named(),
        span(waited)
    );
    let finding = subject.finding("flux-behind", Severity::Warning, sentence);
    finding.field("status.lastAppliedRevision").remedy(format!("{} --with-source", subject.reconcile()))
}

fn judge_kustomization(
    subject: &Subject<'_>,
    kustomization: &Kustomization,
    ready: &Condition,
    needs: &mut std::collections::BTreeSet<ThingId>,
) -> Finding {
    let status = &kustomization.status;
    if let Some(finding) = waits(subject, ready) {
        return finding;
    }
    let kept = match &*status.last_applied_revision {
        "" => "Nothing of it was ever applied completely.".to_owned(),
        applied => format!("What was applied before ({}) stays.", revision(applied)),
    };
    if &*ready.reason == "HealthCheckFailed" {
        let unready = unready(&ready.message);
        needs.extend(unready.iter().filter_map(UnreadyObject::workload));
        let names: Vec<String> =
            unready.iter().map(|object| format!("{} {}", object.kind, object.name)).collect();
        let which = if names.is_empty() { "some of it".to_owned() } else { listed(&names) };
        let tried = match &*status.last_attempted_revision {
            "" => String::new(),
            tried => format!(" at {}", revision(tried)),
        };
        let sentence =
            format!("The {} is applied{tried}, but {which} does not become ready.", subject.named());
        let finding = subject.finding("flux-health-check", Severity::Warning, sentence);
        return finding.evidence(&ready.message).remedy(format!(
            "Look at why it does not start. It is looked at again by itself; at once with: {}",
            subject.reconcile()
        ));
    }
    let sentence = format!("Flux cannot apply the {}: {}. {kept}", subject.named(), why(&ready.message));
    let stalled = subject.condition("Stalled").is_some_and(Condition::is_true);
    let again = if stalled { " It is not tried again until something changes." } else { "" };
    let remedy = cause(&ready.message).map_or("Look at what the message names.", |cause| cause.remedy);
    let finding = subject.finding("flux-not-applied", Severity::Warning, format!("{sentence}{again}"));
    finding.evidence(&ready.message).remedy(format!("{remedy} Then: {} --with-source", subject.reconcile()))
}

/// What waits for something else is not at fault: that is.
fn waits(subject: &Subject<'_>, ready: &Condition) -> Option<Finding> {
    if &*ready.reason != "DependencyNotReady" {
        return None;
    }
    let named = ready.message.split(['\'', '"', '`']).nth(1).map(cut).filter(|name| name.contains('/'));
    if ready.message.contains("not found") && !ready.message.contains("revision") {
        let sentence = format!(
            "The {} depends on {}, which does not exist.",
            subject.named(),
            named.as_deref().unwrap_or("something")
        );
        let finding = subject.finding("flux-dependency-missing", Severity::Warning, sentence);
        return Some(
            finding.evidence(&ready.message).field("spec.dependsOn").remedy("Correct spec.dependsOn."),
        );
    }
    let sentence = format!(
        "The {} waits for {} to be ready.",
        subject.named(),
        named.as_deref().unwrap_or("what it depends on")
    );
    let finding = subject.finding("flux-waits", Severity::Note, sentence);
    Some(finding.evidence(&ready.message).field("spec.dependsOn"))
}

/// An object that a health check names.
#[derive(Debug, PartialEq, Eq)]
struct UnreadyObject<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl UnreadyObject<'_> {
    fn workload(&self) -> Option<ThingId> {
        match self.kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => {
                Some(ThingId::workload(self.namespace, self.kind, self.name))
            }
            "Kustomization" | "HelmRelease" => Some(deployment_id(self.kind, self.namespace, self.name)),
            _ => None,
        }
    }
}

/// The objects in `timeout waiting for: [Deployment/media/jellyfin status: 'InProgress', …]`.
fn unready(message: &str) -> Vec<UnreadyObject<'_>> {
    let words = message.split([' ', '[', ']', ',', '\'', '"']);
    let object = |word: &'_ str| -> Option<(usize, usize)> {
        let (kind, rest) = word.split_once('/')?;
        let (namespace, name) = rest.split_once('/')?;
        let fits = kind.starts_with(|c: char| c.is_ascii_uppercase())
            && !namespace.is_empty()
            && !name.contains('/');
        (fits && !name.is_empty()).then_some((kind.len(), namespace.len()))
    };
    let of = |word| {
        let (kind, namespace) = object(word)?;
        Some(UnreadyObject {
            kind: word.get(..kind)?,
            namespace: word.get(kind + 1..kind + 1 + namespace)?,
            name: word.get(kind + namespace + 2..)?,
        })
    };
    let mut found: Vec<UnreadyObject<'_>> = words.filter_map(of).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objects_of_a_health_check_are_found_in_its_message() {
        let message = "timeout waiting for: [Deployment/media/jellyfin status: 'InProgress', \
                       StatefulSet/media/db status: 'InProgress']";
        let found: Vec<_> = unready(message).iter().map(|object| object.workload().unwrap().name).collect();
        assert_eq!(found, ["media/deployment/jellyfin", "media/statefulset/db"]);
        assert_eq!(unready("https://x/y/z and / // and A/b"), []);
    }
}
