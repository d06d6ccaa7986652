//! Why no node takes a pod: what the scheduler says, in a sentence.
//!
//! Source: messages of kube-scheduler (`FitError`), as `PodScheduled=False` and the event `FailedScheduling` have them:
//! `0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint {key: value}. preemption: …`.

use container_faults::{Fault, Severity, cut, quoted, single_line};

/// One reason of the scheduler and for how many nodes it holds.
struct Reason {
    nodes: u32,
    words: String,
    code: &'static str,
    remedy: &'static str,
}

/// Text; code; words, with the text in braces of a taint put in place of `{}`; next step.
const TABLE: &[(&str, &str, &str, &str)] = &[
    (
        "insufficient cpu",
        "unschedulable-cpu",
        "too little processor is free",
        "Lower resources.requests.cpu of this or of other pods, or add a node.",
    ),
    (
        "insufficient memory",
        "unschedulable-memory",
        "too little memory is free",
        "Lower resources.requests.memory of this or of other pods, or add a node.",
    ),
    (
        "insufficient ephemeral-storage",
        "unschedulable-disk",
        "too little disk is free",
        "Free space on the nodes, or lower resources.requests.ephemeral-storage.",
    ),
    (
        "insufficient",
        "unschedulable-resource",
        "too little of what it asks for is free ({})",
        "Check that the device or resource exists on a node (device plugin), and what else uses it.",
    ),
    (
        "too many pods",
        "unschedulable-pods",
        "as many pods run as are allowed",
        "Raise maxPods of the kubelet (110 by default), or add a node.",
    ),
    (
        "were unschedulable",
        "unschedulable-cordoned",
        "new pods are kept away (cordoned)",
        "Allow pods again: kubectl uncordon NODE.",
    ),
    (
        "untolerated taint",
        "unschedulable-taint",
        "a taint keeps pods away ({})",
        "Remove the taint (kubectl taint nodes NODE KEY-), or give the pod a toleration for it.",
    ),
    (
        "had taint",
        "unschedulable-taint",
        "a taint keeps pods away ({})",
        "Remove the taint (kubectl taint nodes NODE KEY-), or give the pod a toleration for it.",
    ),
    (
        "volume node affinity conflict",
        "unschedulable-volume-node",
        "its volume lies on another node",
        "A volume of one node (local-path, hostPath) binds its pod to that node: bring that node back, or move the data.",
    ),
    (
        "didn't find available persistent volumes",
        "unschedulable-volume",
        "there is no volume for its claim",
        "Make a volume, or a storage class that makes volumes by itself.",
    ),
    (
        "exceed max volume count",
        "unschedulable-volume-count",
        "no more volumes can be attached",
        "Add a node, or use fewer volumes.",
    ),
    (
        "node affinity/selector",
        "unschedulable-selector",
        "its node selector or affinity asks for another node",
        "Compare nodeSelector and affinity with the labels of the nodes (kubectl get nodes --show-labels).",
    ),
    (
        "node selector",
        "unschedulable-selector",
        "its node selector asks for another node",
        "Compare nodeSelector with the labels of the nodes (kubectl get nodes --show-labels).",
    ),
    (
        "node affinity",
        "unschedulable-selector",
        "its affinity asks for another node",
        "Compare affinity with the labels of the nodes (kubectl get nodes --show-labels).",
    ),
    (
        "anti-affinity",
        "unschedulable-anti-affinity",
        "a pod that it must not run beside runs there",
        "Add a node, or make the anti-affinity a preference (preferredDuringScheduling…).",
    ),
    (
        "pod affinity",
        "unschedulable-affinity",
        "the pod that it must run beside does not run there",
        "Look at the pod that its affinity names.",
    ),
    (
        "topology spread",
        "unschedulable-spread",
        "its pods must be spread evenly",
        "Add a node, or set whenUnsatisfiable to ScheduleAnyway.",
    ),
    (
        "free ports",
        "unschedulable-port",
        "the port of the node that it wants is taken",
        "Two pods with the same hostPort cannot share a node: find the other one.",
    ),
];

/// What the scheduler's text means. `pod` is named where the text speaks of a claim.
pub(super) fn classify(message: &str) -> Fault {
    let text = single_line(message);
    if let Some(fault) = claim(&text) {
        return fault;
    }
    // What would happen if other pods made room is not why it waits.
    let text = text.split(" preemption: ").next().unwrap_or_default();
    let Some((head, rest)) = text.split_once("nodes are available: ") else { return unknown(message) };
    let all: u32 = head.trim().rsplit('/').next().and_then(|count| count.trim().parse().ok()).unwrap_or(0);
    let mut reasons: Vec<Reason> = split(rest).iter().map(|part| reason(part)).collect();
    reasons.sort_by(|a, b| b.nodes.cmp(&a.nodes).then_with(|| a.words.cmp(&b.words)));
    let Some(first) = reasons.first() else { return unknown(message) };
    // Control planes keep pods away everywhere, and a pod that is for some nodes only (each of a DaemonSet is for one) is
    // not for the others; what else is in the way is what can be changed.
    let is_open = |reason: &&Reason| !reason.words.contains("control-plane");
    let is_for_it = |reason: &&Reason| is_open(reason) && reason.code != "unschedulable-selector";
    let main = reasons.iter().find(is_for_it).or_else(|| reasons.iter().find(is_open)).unwrap_or(first);
    let (code, remedy) = (main.code, main.remedy);
    let words: Vec<String> = reasons.iter().map(|reason| said(reason, all)).collect();
    let subject = if all == 1 { "The only node" } else { "No node" };
    let verb = if all == 1 { "does not take" } else { "takes" };
    Fault {
        code,
        severity: Severity::Critical,
        sentence: format!("{subject} {verb} the pod: {}.", words.join("; ")),
        remedy: (!remedy.is_empty()).then(|| remedy.to_owned()),
    }
}

/// “on 2 of 3 nodes too little memory is free”.
fn said(reason: &Reason, all: u32) -> String {
    match (reason.nodes, all) {
        (_, ..=1) | (0, _) => reason.words.clone(),
        (nodes, all) if nodes >= all => format!("on all {all} nodes {}", reason.words),
        (1, all) => format!("on one of {all} nodes {}", reason.words),
        (nodes, all) => format!("on {nodes} of {all} nodes {}", reason.words),
    }
}

/// Splits at commas that do not stand within braces, and leaves the full stop.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for character in text.trim_end_matches(['.', ' ']).chars() {
        match character {
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
        .iter()
        .map(|part| part.trim().trim_end_matches('.').to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

fn reason(part: &str) -> Reason {
    let (count, rest) = part.split_once(' ').unwrap_or(("", part));
    let (nodes, rest) = count.parse().map_or((0, part), |nodes| (nodes, rest));
    let small = rest.to_lowercase();
    let inside = rest.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(inside, _)| inside);
    match TABLE.iter().find(|(sign, ..)| small.contains(sign)) {
        Some((sign, code, words, remedy)) => {
            let detail = match *sign {
                "insufficient" => rest.split_whitespace().nth(1).unwrap_or(rest),
                _ => inside.map_or(rest, |taint| taint.trim().trim_end_matches(':').trim()),
            };
            Reason { nodes, words: words.replace("{}", &cut(detail, 80)), code, remedy }
        }
        None => Reason { nodes, words: cut(rest, 120), code: "unschedulable", remedy: "" },
    }
}

/// `pod has unbound immediate PersistentVolumeClaims`, `persistentvolumeclaim "x" not found`.
fn claim(text: &str) -> Option<Fault> {
    let small = text.to_lowercase();
    if small.contains("unbound") && small.contains("persistentvolumeclaim") {
        return Some(Fault {
            code: "unschedulable-claim-unbound",
            severity: Severity::Critical,
            sentence: "The pod waits for its volume: a claim that it mounts has none yet.".to_owned(),
            remedy: Some("Look at the claim: kubectl describe pvc says why it has no volume.".to_owned()),
        });
    }
    let (_, rest) = small.split_once("persistentvolumeclaim \"")?;
    let (name, after) = rest.split_once('"')?;
    let is_gone = after.trim_start().starts_with("not found");
    let being_deleted = after.trim_start().starts_with("is being deleted");
    (is_gone || being_deleted).then(|| Fault {
        code: "unschedulable-claim-missing",
        severity: Severity::Critical,
        sentence: format!(
            "The pod waits for its volume: the claim {} {}.",
            quoted(name),
            if is_gone { "does not exist" } else { "is being deleted" }
        ),
        remedy: Some("Make the claim, or correct its name under volumes in the manifest.".to_owned()),
    })
}

fn unknown(message: &str) -> Fault {
    let said = cut(&single_line(message), 240);
    let sentence = if said.is_empty() {
        "No node takes the pod, and the scheduler does not say why.".to_owned()
    } else {
        format!("No node takes the pod: {}.", said.trim_end_matches('.'))
    };
    Fault { code: "unschedulable", severity: Severity::Critical, sentence, remedy: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedulers_texts_become_sentences() {
        for (text, code, sentence) in [
            (
                "0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
                "unschedulable-memory",
                "No node takes the pod: on 2 of 3 nodes a taint keeps pods away (node-role.kubernetes.io/control-plane); on one of 3 nodes too little memory is free.",
            ),
            (
                "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
                "unschedulable-taint",
                "The only node does not take the pod: a taint keeps pods away (node.kubernetes.io/unreachable).",
            ),
            (
                "0/2 nodes are available: 2 Insufficient cpu.",
                "unschedulable-cpu",
                "No node takes the pod: on all 2 nodes too little processor is free.",
            ),
            (
                "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had volume node affinity conflict.",
                "unschedulable-volume-node",
                "No node takes the pod: on 2 of 3 nodes its volume lies on another node; on one of 3 nodes new pods are kept away (cordoned).",
            ),
            (
                "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
                "unschedulable-selector",
                "No node takes the pod: on all 3 nodes its node selector or affinity asks for another node.",
            ),
            (
                "0/1 nodes are available: 1 Too many pods.",
                "unschedulable-pods",
                "The only node does not take the pod: as many pods run as are allowed.",
            ),
            (
                "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
                "unschedulable-port",
                "No node takes the pod: on all 2 nodes the port of the node that it wants is taken.",
            ),
            (
                "0/2 nodes are available: 2 Insufficient gpu.intel.com/i915.",
                "unschedulable-resource",
                "No node takes the pod: on all 2 nodes too little of what it asks for is free (gpu.intel.com/i915).",
            ),
            (
                "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
                "unschedulable-claim-unbound",
                "The pod waits for its volume: a claim that it mounts has none yet.",
            ),
            (
                "persistentvolumeclaim \"data-db-0\" not found",
                "unschedulable-claim-missing",
                "The pod waits for its volume: the claim “data-db-0” does not exist.",
            ),
            ("something new", "unschedulable", "No node takes the pod: something new."),
            ("", "unschedulable", "No node takes the pod, and the scheduler does not say why."),
        ] {
            let fault = classify(text);
            assert_eq!((fault.code, fault.sentence.as_str()), (code, sentence), "{text}");
        }
    }

    #[test]
    fn what_can_be_changed_says_the_next_step() {
        let fault = classify(
            "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector.",
        );
        assert_eq!(fault.code, "unschedulable-memory");
        assert!(fault.remedy.unwrap().starts_with("Lower resources.requests.memory"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(message in "\\PC{0,200}", count in "[0-9]{0,12}") {
            for text in [message.clone(), format!("0/{count} nodes are available: {count} {message}, {message}.")] {
                let fault = classify(&text);
                proptest::prop_assert!(fault.sentence.ends_with('.'));
            }
        }
    }
}
