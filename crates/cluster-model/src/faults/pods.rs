//! What one pod is: ready, on its way, finished, or in trouble.

use super::container::{Subject, Trouble};
use super::{Look, mounting};
use crate::objects::{Condition, Container, ContainerStatus, Pod};
use container_faults::{Fault, Severity, cut, exit, quoted, single_line};

/// How long a pod may take to find a node, in milliseconds.
const SCHEDULE_MS: i64 = 15_000;

/// How long volumes may take until an event about them counts, in milliseconds.
const MOUNT_MS: i64 = 30_000;

/// How long a pod may take to be made (images are pulled, volumes attached), in milliseconds.
const CREATE_MS: i64 = 5 * 60_000;

/// How long a container may take to become ready where its probes allow less, in milliseconds.
const READY_MS: i64 = 2 * 60_000;

/// How long after its time a pod may take to end, in milliseconds.
const END_MS: i64 = 5 * 60_000;

/// What a pod is.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It serves.
    Ready,
    /// It is on its way.
    Starting,
    /// It came to a good end.
    Finished,
    /// It was ended by the cluster; whoever owns it makes another.
    Leftover,
    /// It is being ended.
    Ending,
    /// It should have ended.
    Stuck(Box<Trouble>),
    /// Its node is silent: nobody knows.
    Stale,
    /// It does not run as it should.
    Troubled(Box<Trouble>),
}

/// A pod with what it is.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) pod: &'a Pod,
    pub(super) verdict: Verdict,
}

/// Judges one pod.
pub(super) fn judge<'a>(look: &Look<'_>, pod: &'a Pod) -> Judged<'a> {
    Judged { pod, verdict: verdict(look, pod) }
}

fn verdict(look: &Look<'_>, pod: &Pod) -> Verdict {
    if pod.metadata.deleted_ms.is_some() {
        return ending(look, pod);
    }
    match &*pod.status.phase {
        "Succeeded" => return Verdict::Finished,
        "Failed" => return failed(look, pod),
        _ => {}
    }
    if look.nodes.is_silent(&pod.spec.node_name) {
        return Verdict::Stale;
    }
    if let Some(verdict) = scheduling(look, pod) {
        return verdict;
    }
    let subjects = subjects(look, pod);
    if let Some(trouble) = subjects.iter().find_map(Subject::trouble) {
        return Verdict::Troubled(Box::new(trouble));
    }
    if Condition::find(&pod.status.conditions, "Ready").is_some_and(Condition::is_true) {
        return Verdict::Ready;
    }
    if let Some(trouble) = creating(look, pod) {
        return Verdict::Troubled(Box::new(trouble));
    }
    not_ready(look, pod, &subjects).map_or(Verdict::Starting, |trouble| Verdict::Troubled(Box::new(trouble)))
}

/// The containers with their statuses, init containers first.
pub(super) fn subjects<'a>(look: &'a Look<'a>, pod: &'a Pod) -> Vec<Subject<'a>> {
    let of = |statuses: &'a [ContainerStatus], containers: &'a [Container], field: &'static str| {
        statuses.iter().map(move |status| Subject {
            look,
            pod,
            container: containers.iter().find(|container| container.name == status.name),
            status,
            field,
        })
    };
    let init =
        of(&pod.status.init_container_statuses, &pod.spec.init_containers, "status.initContainerStatuses");
    init.chain(of(&pod.status.container_statuses, &pod.spec.containers, "status.containerStatuses")).collect()
}

fn fault(code: &'static str, sentence: String, remedy: &str) -> Fault {
    let remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
    Fault { code, severity: Severity::Critical, sentence, remedy }
}

fn ending(look: &Look<'_>, pod: &Pod) -> Verdict {
    let over = look.ago(pod.metadata.deleted_ms).unwrap_or_default();
    if over < END_MS {
        return Verdict::Ending;
    }
    let node = &*pod.spec.node_name;
    let since = exit::span(over).unwrap_or_default();
    let (why, remedy) = if look.nodes.is_silent(node) {
        (
            format!(", since nobody hears of its node {}", quoted(node)),
            "Bring the node back. If it is gone for good, delete the Node object, or the pod by force: kubectl delete pod --force (only when the machine is really off).",
        )
    } else {
        (String::new(), "Look at its events: a volume that cannot be unmounted or a finalizer holds it.")
    };
    let sentence = format!("The pod {} should have ended {since} ago{why}.", quoted(&pod.metadata.name));
    Verdict::Stuck(Box::new(Trouble::new(
        fault("pod-stuck-terminating", sentence, remedy),
        "",
        "metadata.deletionTimestamp",
    )))
}

/// Reasons with which the cluster itself ends a pod; its owner makes another.
const ENDED_BY_CLUSTER: &[&str] = &[
    "Evicted",
    "NodeLost",
    "NodeShutdown",
    "Terminated",
    "Shutdown",
    "NodeAffinity",
    "Preempted",
    "Preempting",
    "UnexpectedAdmissionError",
    "OutOfcpu",
    "OutOfmemory",
    "OutOfpods",
];

fn failed(look: &Look<'_>, pod: &Pod) -> Verdict {
    let controller = pod.metadata.controller().map(|owner| &*owner.kind);
    let replaced = matches!(controller, Some("ReplicaSet" | "StatefulSet" | "DaemonSet"));
    if replaced || ENDED_BY_CLUSTER.contains(&&*pod.status.reason) {
        return Verdict::Leftover;
    }
    let subjects = subjects(look, pod);
    let trouble = subjects.iter().find_map(Subject::trouble).unwrap_or_else(|| {
        let said = cut(&single_line(&pod.status.message), 200);
        let said = if said.is_empty() { pod.status.reason.to_string() } else { said };
        let why = if said.is_empty() { String::new() } else { format!(": {}", said.trim_end_matches('.')) };
        let sentence = format!("The pod {} failed{why}.", quoted(&pod.metadata.name));
        Trouble::new(
            fault("pod-failed", sentence, "Look at its log and events."),
            &pod.status.message,
            "status.reason",
        )
    });
    Verdict::Troubled(Box::new(trouble))
}

fn scheduling(look: &Look<'_>, pod: &Pod) -> Option<Verdict> {
    let condition = Condition::find(&pod.status.conditions, "PodScheduled");
    let has_node = !pod.spec.node_name.is_empty() || super::memory::statuses(pod).next().is_some();
    if has_node && !condition.is_some_and(|condition| condition.is_false() && pod.spec.node_name.is_empty()) {
        return None;
    }
    let since = condition.and_then(|condition| condition.since_ms).or(pod.metadata.created_ms);
    if look.ago(since).is_some_and(|age| age < SCHEDULE_MS) {
        return Some(Verdict::Starting);
    }
    if condition.is_some_and(|condition| &*condition.reason == "SchedulingGated") {
        return Some(Verdict::Starting);
    }
    let of = ("Pod", &*pod.metadata.namespace, &*pod.metadata.name);
    let event = || look.events.newest(of, &["FailedScheduling"], i64::MIN).map(|event| &*event.message);
    let said = condition.filter(|condition| condition.is_false()).map(|condition| &*condition.message);
    let message = match said.filter(|message| !message.is_empty()).or_else(event) {
        Some(message) => message,
        None if condition.is_some()
            || look.ago(pod.metadata.created_ms).is_none_or(|age| age < CREATE_MS) =>
        {
            return Some(Verdict::Starting);
        }
        None => {
            let sentence = format!("No scheduler has looked at the pod {} yet.", quoted(&pod.metadata.name));
            let fault = fault(
                "pod-no-scheduler",
                sentence,
                "Look at whether kube-scheduler runs, and at schedulerName of the pod.",
            );
            return Some(Verdict::Troubled(Box::new(Trouble::new(fault, "", "spec.schedulerName"))));
        }
    };
    let fault = super::scheduling::classify(message);
    Some(Verdict::Troubled(Box::new(Trouble::new(fault, message, "status.conditions[PodScheduled]"))))
}

/// That a pod has a node, but none of its containers is made.
fn creating(look: &Look<'_>, pod: &Pod) -> Option<Trouble> {
    let waits = |status: &ContainerStatus| {
        status.state.running.is_none()
            && status.state.terminated.is_none()
            && status.state.waiting.as_ref().is_none_or(|waiting| {
                matches!(&*waiting.reason, "" | "ContainerCreating" | "PodInitializing")
            })
    };
    let creating = super::memory::statuses(pod).all(waits);
    let age = look.ago(pod.status.started_ms.or(pod.metadata.created_ms))?;
    if !creating || age < MOUNT_MS {
        return None;
    }
    let of = ("Pod", &*pod.metadata.namespace, &*pod.metadata.name);
    let since = look.settings.now_ms.saturating_sub(2 * CREATE_MS);
    let event = look.events.newest(of, mounting::REASONS, since);
    if let Some(event) = event.filter(|event| age >= READY_MS || !mounting::passes(&event.message)) {
        let fault = mounting::classify(&pod.metadata.name, &event.reason, &event.message);
        return Some(Trouble::new(fault, &event.message, "spec.volumes"));
    }
    (age >= CREATE_MS).then(|| {
        let span = exit::span(age).unwrap_or_default();
        let sentence = format!(
            "The containers of the pod {} have not been made for {span}, and no event says why.",
            quoted(&pod.metadata.name)
        );
        Trouble::new(
            fault(
                "pod-stuck-creating",
                sentence,
                "Look at its events (kubectl describe pod) and at the kubelet’s log on its node.",
            ),
            "",
            "status.containerStatuses",
        )
    })
}

/// How long an init container may run, in milliseconds.
const INIT_MS: i64 = 10 * 60_000;

/// That a pod waits for an init container that does not come to its end.
fn initialising(look: &Look<'_>, subjects: &[Subject<'_>]) -> Option<Trouble> {
    let is_sidecar = |subject: &Subject<'_>| {
        subject.container.is_some_and(|container| &*container.restart_policy == "Always")
    };
    let mut init = subjects.iter().filter(|subject| subject.is_init() && !is_sidecar(subject));
    let subject = init.find(|subject| {
        let running = subject.status.state.running.as_ref();
        running.is_some_and(|running| look.ago(running.started_ms).is_some_and(|age| age >= INIT_MS))
    })?;
    let since = subject.status.state.running.as_ref().and_then(|running| look.ago(running.started_ms));
    let span = since.and_then(exit::span).unwrap_or_default();
    let name = &subject.status.name;
    let sentence =
        format!("The pod waits for its init container {}, which has been running for {span}.", quoted(name));
    let fault = fault(
        "init-does-not-end",
        sentence,
        "Look at its log lines: init containers often wait for a database or another service.",
    );
    Some(Trouble::new(fault, "", subject.field).logs_of(name))
}

/// That its containers run, but it is not ready after the time that a start may take.
fn not_ready(look: &Look<'_>, pod: &Pod, subjects: &[Subject<'_>]) -> Option<Trouble> {
    let late = |subject: &&Subject<'_>| {
        let Some(running) = &subject.status.state.running else { return false };
        let since = running.started_ms.or(pod.status.started_ms).or(pod.metadata.created_ms);
        let allowed = READY_MS.max(subject.start_allowed_ms());
        // What was ready before has no start to wait for; its condition tells since when it is not.
        let lost =
            Condition::find(&pod.status.conditions, "Ready").and_then(|ready| look.ago(ready.since_ms));
        !subject.status.ready
            && look.ago(since).is_some_and(|age| age >= allowed)
            && lost.is_none_or(|lost| lost >= 30_000)
    };
    if let Some(trouble) = initialising(look, subjects) {
        return Some(trouble);
    }
    let waits_for_init = subjects
        .iter()
        .any(|subject| subject.is_init() && subject.status.state.running.is_some() && !subject.status.ready);
    let mut slow =
        subjects.iter().filter(|subject| !(is_done(subject.status) || waits_for_init && subject.is_init()));
    if let Some(subject) = slow.find(late) {
        return Some(subject.not_ready());
    }
    let all_ready = !pod.status.container_statuses.is_empty()
        && pod.status.container_statuses.iter().all(|status| status.ready);
    let ready = Condition::find(&pod.status.conditions, "Ready")?;
    let late = look.ago(ready.since_ms).is_some_and(|age| age >= CREATE_MS);
    (all_ready && late && &*ready.reason == "ReadinessGatesNotReady").then(|| {
        let sentence = format!(
            "The pod {} runs, but somebody outside has not declared it ready (readiness gate).",
            quoted(&pod.metadata.name)
        );
        Trouble::new(
            fault(
                "pod-readiness-gate",
                sentence,
                "Look at the controller that sets the gate, such as a load balancer.",
            ),
            &ready.message,
            "spec.readinessGates",
        )
    })
}

/// An init container that came to its good end is never ready.
fn is_done(status: &ContainerStatus) -> bool {
    status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0)
}
