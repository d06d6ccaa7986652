//! Deployments, `StatefulSet`s, `DaemonSet`s, Jobs and pods that nobody owns: what their pods together mean.

use super::container::Trouble;
use super::pods::{Judged, Verdict};
use super::{Look, owners, pods};
use crate::objects::{Condition, Meta, Pod, PodSpec, ReplicaSet};
use crate::{Finding, Kind, ObjectRef, Picture, Severity, Thing, ThingId};
use container_faults::{cut, exit, quoted, single_line};
use std::collections::BTreeMap;

mod facts;
mod jobs;

pub(super) use jobs::{failed as job_failed, reason as job_reason, why as job_why};

/// How long an owner may take to make its first pod, in milliseconds.
const FIRST_POD_MS: i64 = 2 * 60_000;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Which pods are of the newest version.
enum Newest<'a> {
    /// All of them, or it cannot be told.
    All,
    /// Those of this `ReplicaSet`.
    Of(&'a str),
    /// Those with this label `controller-revision-hash`.
    Revision(&'a str),
}

/// An owner of pods.
struct Workload<'a> {
    owner: ObjectRef,
    meta: Option<&'a Meta>,
    wanted: i64,
    template: Option<&'a PodSpec>,
    newest: Newest<'a>,
    conditions: &'a [Condition],
    /// Whether its pods are replaced by others when they end.
    replaces: bool,
}

/// Its pods, counted.
#[derive(Default)]
struct Counts {
    ready: i64,
    ready_old: i64,
    starting: i64,
    stale: i64,
    finished: i64,
    ending: i64,
}

/// Adds all owners of pods to the picture, but for `CronJob`s.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    let newest = newest_replica_sets(look);
    for deployment in look.objects.deployments.iter() {
        let meta = &deployment.metadata;
        let set = newest.get(&(&*meta.namespace, &*meta.name));
        let workload = Workload {
            owner: ObjectRef::new("Deployment", &meta.namespace, &meta.name),
            meta: Some(meta),
            wanted: deployment.spec.replicas.unwrap_or(1),
            template: Some(&deployment.spec.template.spec),
            newest: set.map_or(Newest::All, |set| Newest::Of(&set.metadata.name)),
            conditions: &deployment.status.conditions,
            replaces: true,
        };
        put(look, &workload, picture);
        if deployment.spec.paused {
            let sentence = "Its roll-outs are halted (paused): changes of its manifest do nothing.";
            let finding = Finding::new("workload-paused", Severity::Note, workload.owner.clone(), sentence)
                .remedy(format!(
                    "When it shall go on: kubectl -n {} rollout resume deployment {}",
                    meta.namespace, meta.name
                ))
                .field("spec.paused");
            picture.thing(owners::workload_id(&workload.owner)).find(finding);
        }
    }
    for set in look.objects.stateful_sets.iter() {
        let revision = &*set.status.update_revision;
        let newest = if revision.is_empty() { Newest::All } else { Newest::Revision(revision) };
        put(
            look,
            &owner_of(
                "StatefulSet",
                &set.metadata,
                set.spec.replicas.unwrap_or(1),
                &set.spec.template.spec,
                newest,
                &set.status.conditions,
            ),
            picture,
        );
    }
    for set in look.objects.daemon_sets.iter() {
        let wanted = set.status.desired_number_scheduled;
        put(
            look,
            &owner_of("DaemonSet", &set.metadata, wanted, &set.spec.template.spec, Newest::All, &[]),
            picture,
        );
    }
    jobs::examine(look, picture);
    without_object(look, picture);
}

fn owner_of<'a>(
    kind: &str,
    meta: &'a Meta,
    wanted: i64,
    template: &'a PodSpec,
    newest: Newest<'a>,
    conditions: &'a [Condition],
) -> Workload<'a> {
    let owner = ObjectRef::new(kind, &meta.namespace, &meta.name);
    Workload { owner, meta: Some(meta), wanted, template: Some(template), newest, conditions, replaces: true }
}

/// Pods that nobody owns, and those whose owner cannot be read.
fn without_object(look: &Look<'_>, picture: &mut Picture) {
    for (owner, pods) in look.owners.iter() {
        let (namespace, name) = (owner.namespace.as_str(), owner.name.as_str());
        let objects = look.objects;
        let is_known = match owner.kind.as_str() {
            "Deployment" => objects.deployments.get(namespace, name).is_some(),
            "StatefulSet" => objects.stateful_sets.get(namespace, name).is_some(),
            "DaemonSet" => objects.daemon_sets.get(namespace, name).is_some(),
            "Job" | "CronJob" => true,
            _ => false,
        };
        if is_known {
            continue;
        }
        let set = objects.replica_sets.get(namespace, name).filter(|_| owner.kind == "ReplicaSet");
        let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        let wanted = set.and_then(|set| set.spec.replicas).unwrap_or(count);
        if finished_for_good(pods) {
            continue;
        }
        let meta = set.map(|set| &set.metadata).or_else(|| pods.first().map(|pod| &pod.metadata));
        let workload = Workload {
            owner: owner.clone(),
            meta,
            wanted,
            template: pods.first().map(|pod| &pod.spec),
            newest: Newest::All,
            conditions: set.map_or(&[], |set| &set.status.conditions),
            replaces: owner.kind != "Pod",
        };
        put(look, &workload, picture);
    }
}

/// A pod that nobody owns and that came to its end, or one of an owner that is not watched (a workflow, a runner) that
/// failed: nothing that a person would look for.
fn finished_for_good(pods: &[&std::sync::Arc<Pod>]) -> bool {
    pods.iter().all(|pod| {
        let owned = pod.metadata.controller().is_some();
        &*pod.status.phase == "Succeeded" || (owned && &*pod.status.phase == "Failed")
    })
}

/// The `ReplicaSet` of the newest roll-out by namespace and Deployment: that with the highest revision.
fn newest_replica_sets<'a>(look: &Look<'a>) -> BTreeMap<(&'a str, &'a str), &'a ReplicaSet> {
    let rank = |set: &'a ReplicaSet| {
        let revision = set.metadata.annotation("deployment.kubernetes.io/revision");
        (revision.and_then(|text| text.parse::<i64>().ok()), set.metadata.created_ms, &*set.metadata.name)
    };
    let mut newest: BTreeMap<(&str, &str), &ReplicaSet> = BTreeMap::new();
    for set in look.objects.replica_sets.iter() {
        let Some(owner) = set.metadata.controller().filter(|owner| &*owner.kind == "Deployment") else {
            continue;
        };
        let at = newest.entry((&*set.metadata.namespace, &*owner.name)).or_insert(set);
        if rank(set) > rank(at) {
            *at = set;
        }
    }
    newest
}

fn is_new(workload: &Workload<'_>, pod: &Pod) -> bool {
    match workload.newest {
        Newest::All => true,
        Newest::Of(set) => pod.metadata.controller().is_none_or(|owner| &*owner.name == set),
        Newest::Revision(hash) => {
            pod.metadata.label("controller-revision-hash").is_none_or(|label| label == hash)
        }
    }
}

/// Judges an owner and puts it into the picture.
fn put(look: &Look<'_>, workload: &Workload<'_>, picture: &mut Picture) {
    let judged: Vec<Judged<'_>> =
        look.owners.pods_of(&workload.owner).iter().map(|pod| pods::judge(look, pod)).collect();
    let counts = count(workload, &judged);
    let id = owners::workload_id(&workload.owner);
    let thing = picture.thing(id);
    facts::put(look, workload, &judged, counts.ready, thing);
    if look.settings.unread.contains(&Kind::Pod) {
        return;
    }
    thing.judged = true;
    thing.well = well(workload, &counts);
    let mut images = Vec::new();
    for (finding, image) in findings(look, workload, &judged, &counts) {
        images.extend(image.map(|image| (image, finding.clone())));
        thing.find(finding);
    }
    for finding in asides(look, workload, &judged) {
        thing.find(finding);
    }
    for (image, finding) in images {
        picture.thing(ThingId::image(&image)).find(finding);
    }
}

fn count(workload: &Workload<'_>, judged: &[Judged<'_>]) -> Counts {
    let mut counts = Counts::default();
    for one in judged {
        match one.verdict {
            Verdict::Ready if is_new(workload, one.pod) => counts.ready += 1,
            Verdict::Ready => {
                counts.ready += 1;
                counts.ready_old += 1;
            }
            Verdict::Starting => counts.starting += 1,
            Verdict::Stale => counts.stale += 1,
            Verdict::Finished => counts.finished += 1,
            Verdict::Ending => counts.ending += 1,
            Verdict::Leftover | Verdict::Stuck(_) | Verdict::Troubled(_) => {}
        }
    }
    counts
}

fn well(workload: &Workload<'_>, counts: &Counts) -> String {
    let ready = counts.ready;
    match (workload.wanted, workload.owner.kind.as_str()) {
        (0, "DaemonSet") => "No node is meant by it.".to_owned(),
        (0, _) => "It is switched off: no pods are wanted.".to_owned(),
        (wanted, _) if ready < wanted && counts.finished > 0 && ready == 0 => {
            "Its pods came to a good end.".to_owned()
        }
        (1, _) if ready >= 1 => "Its pod is ready.".to_owned(),
        (wanted, _) if ready >= wanted => format!("{ready} of {wanted} pods are ready."),
        (1, _) if counts.ending > 0 && counts.starting == 0 => {
            "Its pod is ending, and another will follow.".to_owned()
        }
        (1, _) => "It is starting.".to_owned(),
        (wanted, _) => format!("It is starting: {ready} of {wanted} pods are ready."),
    }
}

type Found = Vec<(Finding, Option<Box<str>>)>;

/// What its pods together mean.
fn findings(look: &Look<'_>, workload: &Workload<'_>, judged: &[Judged<'_>], counts: &Counts) -> Found {
    if workload.wanted == 0 && workload.replaces {
        return switched_off(workload);
    }
    let troubled: Vec<(&Pod, &Trouble)> = judged
        .iter()
        .filter_map(|one| match &one.verdict {
            Verdict::Troubled(trouble) => Some((one.pod, &**trouble)),
            _ => None,
        })
        .collect();
    if let Some((pod, trouble)) = typical(workload, &troubled) {
        let finding = troubled_finding(look, workload, pod, trouble, counts, &troubled);
        return vec![(finding, trouble.image.clone())];
    }
    if counts.stale > 0 {
        return vec![(stale(workload, judged, counts), None)];
    }
    // The pod of a StatefulSet, or of the strategy Recreate, has to end before the next is made.
    let on_the_way = counts.starting + counts.finished + counts.ending;
    if counts.ready < workload.wanted && on_the_way == 0 {
        return no_pods(look, workload, counts).map(|finding| (finding, None)).into_iter().collect();
    }
    deadline(workload, counts).map(|finding| (finding, None)).into_iter().collect()
}

fn switched_off(workload: &Workload<'_>) -> Found {
    if workload.owner.kind == "DaemonSet" {
        return Vec::new();
    }
    let owner = &workload.owner;
    let finding = Finding::new(
        "workload-switched-off",
        Severity::Note,
        owner.clone(),
        "It is switched off: no pods are wanted.",
    )
    .remedy(format!(
        "To switch it on: kubectl -n {} scale {} {} --replicas=1",
        owner.namespace,
        owner.kind.to_lowercase(),
        owner.name
    ))
    .field("spec.replicas");
    vec![(finding, None)]
}

/// The trouble that most pods of the newest version have; of equals that of the first pod.
fn typical<'a>(
    workload: &Workload<'_>,
    troubled: &[(&'a Pod, &'a Trouble)],
) -> Option<(&'a Pod, &'a Trouble)> {
    let rank = |(pod, trouble): &(&Pod, &Trouble)| {
        let same = troubled.iter().filter(|(_, other)| other.fault.code == trouble.fault.code).count();
        (is_new(workload, pod), same)
    };
    let best = troubled.iter().map(rank).max()?;
    troubled.iter().find(|one| rank(one) == best).copied()
}

/// How bad it can be: a pod that nobody owns and that failed is a task that failed, and after a week history.
fn worst_of_finished(look: &Look<'_>, workload: &Workload<'_>, pod: &Pod) -> Severity {
    if &*pod.status.phase != "Failed" || workload.owner.kind != "Pod" {
        return Severity::Critical;
    }
    let old = look.ago(pod.metadata.created_ms).is_some_and(|age| age > 7 * DAY_MS);
    if old { Severity::Note } else { Severity::Warning }
}

fn troubled_finding(
    look: &Look<'_>,
    workload: &Workload<'_>,
    pod: &Pod,
    trouble: &Trouble,
    counts: &Counts,
    troubled: &[(&Pod, &Trouble)],
) -> Finding {
    let fault = &trouble.fault;
    let clause = fault.clause();
    let count = i64::try_from(troubled.len()).unwrap_or(i64::MAX);
    let wanted = workload.wanted.max(count);
    let rolling = counts.ready > 0 && is_new(workload, pod) && counts.ready_old > 0;
    let (code, severity, sentence) = if rolling {
        (
            "rollout-stuck",
            Severity::Warning,
            format!("The new version does not start ({clause}); the old one still serves."),
        )
    } else if counts.ready > 0 {
        (fault.code, Severity::Warning, partly(workload, pod, &clause, count, wanted))
    } else if wanted > 1 && workload.owner.kind != "Pod" {
        (fault.code, Severity::Critical, format!("None of {wanted} pods runs: {clause}."))
    } else {
        (fault.code, Severity::Critical, fault.sentence.clone())
    };
    let severity = severity.min(worst_of_finished(look, workload, pod));
    let mut finding = Finding::new(code, severity, pod_ref(pod), sentence)
        .evidence(&container_faults::without_queries(&single_line(&trouble.evidence)))
        .field(trouble.field.clone());
    finding.remedy.clone_from(&fault.remedy);
    finding.logs_of =
        trouble.logs_of.as_ref().map(|container| (pod.metadata.name.to_string(), container.to_string()));
    finding
}

fn partly(workload: &Workload<'_>, pod: &Pod, clause: &str, count: i64, wanted: i64) -> String {
    let name = &*pod.metadata.name;
    match (workload.owner.kind.as_str(), count) {
        ("DaemonSet", 1) if !pod.spec.node_name.is_empty() => {
            format!("It does not run on the node {}: {clause}.", quoted(&pod.spec.node_name))
        }
        ("DaemonSet", count) => format!("It does not run on {count} of {wanted} nodes: {clause}."),
        ("StatefulSet", 1) if has_successor(workload, name) => {
            format!(
                "The pod {} does not run, so that those after it are not started or renewed: {clause}.",
                quoted(name)
            )
        }
        (_, 1) => format!("1 of {wanted} pods does not run: {clause}."),
        (_, count) => format!("{count} of {wanted} pods do not run: {clause}."),
    }
}

/// Whether a pod of a `StatefulSet` is not its last one.
fn has_successor(workload: &Workload<'_>, pod: &str) -> bool {
    let ordinal = pod.rsplit('-').next().and_then(|text| text.parse::<i64>().ok());
    ordinal.is_some_and(|ordinal| ordinal.saturating_add(1) < workload.wanted)
}

fn pod_ref(pod: &Pod) -> ObjectRef {
    ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name)
}

fn stale(workload: &Workload<'_>, judged: &[Judged<'_>], counts: &Counts) -> Finding {
    let mut nodes: Vec<&str> = judged
        .iter()
        .filter(|one| matches!(one.verdict, Verdict::Stale))
        .map(|one| &*one.pod.spec.node_name)
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    let names = nodes.iter().take(3).map(|node| quoted(node)).collect::<Vec<_>>().join(", ");
    let plural = if nodes.len() == 1 { "node" } else { "nodes" };
    let owner = workload.owner.clone();
    let wanted = workload.wanted.max(counts.stale);
    if counts.ready == 0 {
        let sentence = format!("Whether it runs is not known: nobody hears of the {plural} {names}.");
        return Finding::new("workload-node-silent", Severity::Unknown, owner, sentence)
            .field("spec.nodeName");
    }
    let severity = if workload.owner.kind == "DaemonSet" { Severity::Note } else { Severity::Warning };
    let sentence = format!(
        "Whether {} of {wanted} pods run is not known: nobody hears of the {plural} {names}.",
        counts.stale
    );
    Finding::new("workload-node-silent", severity, owner, sentence).field("spec.nodeName")
}

/// That pods are missing and none is on its way.
fn no_pods(look: &Look<'_>, workload: &Workload<'_>, counts: &Counts) -> Option<Finding> {
    let severity = if counts.ready > 0 { Severity::Warning } else { Severity::Critical };
    let owner = &workload.owner;
    if let Some(failure) =
        Condition::find(workload.conditions, "ReplicaFailure").filter(|condition| condition.is_true())
    {
        return Some(not_made(workload, severity, &failure.message, "status.conditions[ReplicaFailure]"));
    }
    let meta = workload.meta?;
    let since = look.settings.now_ms.saturating_sub(HOUR_MS);
    let event = look.events.newest((&owner.kind, &owner.namespace, &owner.name), &["FailedCreate"], since);
    if let Some(event) = event {
        return Some(not_made(workload, severity, &event.message, "spec.template"));
    }
    let young = look.ago(meta.created_ms).is_none_or(|age| age < FIRST_POD_MS);
    let moved = Condition::find(workload.conditions, "Progressing")
        .and_then(|condition| look.ago(condition.since_ms));
    if young || counts.ready > 0 || moved.is_some_and(|age| age < FIRST_POD_MS) {
        return None;
    }
    let sentence = "It has no pods, though some are wanted, and nothing says why.";
    Some(
        Finding::new("workload-no-pods", severity, owner.clone(), sentence)
            .remedy("Look at its events (kubectl describe), and at whether kube-controller-manager runs.")
            .field("status.replicas"),
    )
}

fn not_made(workload: &Workload<'_>, severity: Severity, message: &str, field: &str) -> Finding {
    let small = message.to_lowercase();
    let (why, remedy) = if small.contains("exceeded quota") {
        ("the quota of its namespace is used up", "Raise the ResourceQuota, or lower what its pods ask for.")
    } else if small.contains("violates podsecurity") {
        (
            "the security rules of its namespace forbid them (Pod Security)",
            "Set securityContext as the message asks, or loosen the label pod-security.kubernetes.io/enforce of the namespace.",
        )
    } else if small.contains("serviceaccount") && small.contains("not found") {
        ("their service account does not exist", "Make the service account, or correct serviceAccountName.")
    } else if small.contains("admission webhook") || small.contains("failed calling webhook") {
        (
            "an admission webhook refuses them or does not answer",
            "Look at the pods of that webhook, or at what it objects to.",
        )
    } else {
        ("", "")
    };
    let said = cut(&single_line(message), 200);
    let why = if why.is_empty() { said.trim_end_matches('.').to_owned() } else { why.to_owned() };
    let finding = Finding::new(
        "workload-pods-refused",
        severity,
        workload.owner.clone(),
        format!("Its pods cannot be made: {why}."),
    );
    let finding = finding.evidence(message).field(field);
    if remedy.is_empty() { finding } else { finding.remedy(remedy) }
}

/// That a roll-out makes no progress, though no pod says why.
fn deadline(workload: &Workload<'_>, counts: &Counts) -> Option<Finding> {
    let progress = Condition::find(workload.conditions, "Progressing")?;
    if !progress.is_false()
        || &*progress.reason != "ProgressDeadlineExceeded"
        || counts.ready >= workload.wanted && counts.ready_old == 0
    {
        return None;
    }
    let severity = if counts.ready > 0 { Severity::Warning } else { Severity::Critical };
    let sentence = if counts.ready > 0 {
        "The new version makes no progress, and its pods do not say why; the old one still serves."
    } else {
        "It makes no progress, and its pods do not say why."
    };
    Some(
        Finding::new("rollout-no-progress", severity, workload.owner.clone(), sentence)
            .evidence(&progress.message)
            .field("status.conditions[Progressing]"),
    )
}

/// What is worth knowing beside whether it runs.
fn asides(look: &Look<'_>, workload: &Workload<'_>, judged: &[Judged<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(stuck(judged));
    found.extend(evicted(look, workload, judged));
    found.extend(
        judged
            .iter()
            .filter(|one| matches!(one.verdict, Verdict::Ready))
            .find_map(|one| killed_for_memory(look, one.pod)),
    );
    found
}

fn stuck(judged: &[Judged<'_>]) -> Option<Finding> {
    let (pod, trouble) = judged.iter().find_map(|one| match &one.verdict {
        Verdict::Stuck(trouble) => Some((one.pod, trouble)),
        _ => None,
    })?;
    let mut finding =
        Finding::new(trouble.fault.code, Severity::Warning, pod_ref(pod), trouble.fault.sentence.clone())
            .field(trouble.field.clone());
    finding.remedy.clone_from(&trouble.fault.remedy);
    Some(finding)
}

fn evicted(look: &Look<'_>, workload: &Workload<'_>, judged: &[Judged<'_>]) -> Option<Finding> {
    let ended = |pod: &Pod| {
        let conditions = pod.status.conditions.iter().filter_map(|condition| condition.since_ms).max();
        look.ago(conditions.or(pod.status.started_ms).or(pod.metadata.created_ms))
    };
    let leftovers = judged
        .iter()
        .filter(|one| matches!(one.verdict, Verdict::Leftover) && &*one.pod.status.reason == "Evicted");
    let recent: Vec<(i64, &Pod)> = leftovers
        .filter_map(|one| Some((ended(one.pod)?, one.pod)))
        .filter(|(age, _)| *age < DAY_MS)
        .collect();
    let (age, last) = recent.iter().min_by_key(|(age, pod)| (*age, pod.metadata.name.clone()))?;
    let severity = if *age < HOUR_MS { Severity::Warning } else { Severity::Note };
    let why = cut(&single_line(&last.status.message), 160);
    let why = why.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned();
    let why = if why.is_empty() { String::new() } else { format!(": {}", lower(&why)) };
    let when = exit::span(*age).map_or_else(|| "just now".to_owned(), |span| format!("{span} ago"));
    let sentence = match recent.len() {
        1 => format!("One of its pods was evicted {when}{why}."),
        count => format!("{count} of its pods were evicted, the last {when}{why}."),
    };
    Some(
        Finding::new("pod-evicted", severity, workload.owner.clone(), sentence)
            .evidence(&last.status.message)
            .remedy("Free what the node lacks, and let pods ask for what they use (resources.requests).")
            .field("status.reason"),
    )
}

fn lower(text: &str) -> String {
    text.strip_prefix("The ").map_or_else(|| text.to_owned(), |rest| format!("the {rest}"))
}

fn killed_for_memory(look: &Look<'_>, pod: &Pod) -> Option<Finding> {
    let subjects = pods::subjects(look, pod);
    let killed = subjects.iter().filter_map(super::container::Subject::was_killed_for_memory);
    let (ago, fault) = killed.min_by_key(|(ago, _)| *ago).filter(|(ago, _)| *ago < DAY_MS)?;
    let severity = if ago < HOUR_MS { Severity::Warning } else { Severity::Note };
    let when = exit::span(ago).map_or_else(|| "just now".to_owned(), |span| format!("{span} ago"));
    let sentence = format!("It runs again, but {when} {}.", fault.clause());
    let mut finding = Finding::new("out-of-memory-recently", severity, pod_ref(pod), sentence)
        .field("status.containerStatuses");
    finding.remedy = fault.remedy;
    Some(finding)
}

/// Adds the nodes that matter: where all its pods run on one, or where one is bad.
fn need_nodes(look: &Look<'_>, judged: &[Judged<'_>], thing: &mut Thing) {
    let alive = judged.iter().filter(|one| !matches!(one.verdict, Verdict::Finished | Verdict::Leftover));
    let mut nodes: Vec<&str> =
        alive.map(|one| &*one.pod.spec.node_name).filter(|node| !node.is_empty()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let alone = nodes.len() == 1;
    for node in nodes {
        let known = look.objects.nodes.get("", node).is_some();
        if known && (alone || look.nodes.is_bad(node)) {
            thing.needs.insert(ThingId::host(node));
        }
    }
}
