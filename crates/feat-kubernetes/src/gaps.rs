//! What is not read of a cluster, what that costs, and what would grant it.

use crate::mirror::{Reading, Snapshot};
use cluster_model::Kind;
use hob_base::wording::tidy;
use std::collections::BTreeMap;

/// Why something is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// The account may not.
    Forbidden,
    /// The server does not give it.
    Failing,
    /// `hob.toml` says so.
    Unwanted,
}

/// Something that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    /// What is not read: `secrets`, `pods/log`.
    pub(crate) what: String,
    /// Why.
    pub(crate) why: Why,
    /// That and what it costs, in one sentence.
    pub(crate) sentence: String,
    /// What the server said. May be empty.
    pub(crate) evidence: String,
    /// The lines for the rules of a `ClusterRole` that grant it; empty where nothing is to be granted.
    pub(crate) grants: String,
}

impl Gap {
    /// Something that is not permitted.
    pub(crate) fn forbidden(group: &str, what: &str, verbs: &[&str], costs: &str, evidence: &str) -> Self {
        Self {
            what: what.to_owned(),
            why: Why::Forbidden,
            sentence: format!("Hob may not read {what}: {costs}."),
            evidence: tidy(evidence, 300),
            grants: rule(group, what, verbs),
        }
    }
}

/// What of the kinds is not read, by kind.
pub(crate) fn of_kinds(snapshot: &Snapshot, secrets_wanted: bool) -> Vec<Gap> {
    let mut worst: BTreeMap<Kind, &Reading> = BTreeMap::new();
    for (unit, reading) in &snapshot.units {
        if matches!(reading, Reading::Forbidden(_) | Reading::Failing(_)) {
            worst.entry(unit.kind).or_insert(reading);
        }
    }
    let mut gaps: Vec<Gap> = worst.into_iter().map(|(kind, reading)| of_kind(kind, reading)).collect();
    gaps.extend(snapshot.unclear.iter().map(|kind| {
        let (what, without) = (kind.resource().plural, kind.resource().without);
        let group = kind.resource().group;
        Gap {
            what: what.to_owned(),
            why: Why::Failing,
            sentence: format!("The API server does not say whether it has {what} of {group}: {without}."),
            evidence: String::new(),
            grants: String::new(),
        }
    }));
    gaps.extend(snapshot.refused.as_ref().map(|refused| Gap {
        what: "objects".to_owned(),
        why: Why::Failing,
        sentence: "Some objects make no sense to Hob and are left out.".to_owned(),
        evidence: tidy(refused, 300),
        grants: String::new(),
    }));
    if !secrets_wanted {
        let without = Kind::Secret.resource().without;
        gaps.push(Gap {
            what: "secrets".to_owned(),
            why: Why::Unwanted,
            sentence: format!("Secrets are not read, as hob.toml says: {without}."),
            evidence: String::new(),
            grants: String::new(),
        });
    }
    gaps
}

fn of_kind(kind: Kind, reading: &Reading) -> Gap {
    let resource = kind.resource();
    match reading {
        Reading::Failing(trouble) => Gap {
            what: resource.plural.to_owned(),
            why: Why::Failing,
            sentence: format!("The API server does not give {}: {}.", resource.plural, resource.without),
            evidence: format!("{} {}", trouble.sentence, trouble.evidence).trim().to_owned(),
            grants: String::new(),
        },
        Reading::Forbidden(said) => {
            Gap::forbidden(resource.group, resource.plural, &["get", "list", "watch"], resource.without, said)
        }
        Reading::Waiting | Reading::Read => Gap::forbidden(resource.group, resource.plural, &[], "", ""),
    }
}

/// One rule of a `ClusterRole`.
fn rule(group: &str, resource: &str, verbs: &[&str]) -> String {
    let verbs: Vec<String> = verbs.iter().map(|verb| format!("\"{verb}\"")).collect();
    format!("- apiGroups: [\"{group}\"]\n  resources: [\"{resource}\"]\n  verbs: [{}]\n", verbs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::Unit;

    #[test]
    fn a_gap_says_what_it_costs_and_what_would_grant_it() {
        let mut snapshot = Snapshot::default();
        for selector in ["a", "b"] {
            let unit = Unit { kind: Kind::Secret, namespace: None, selector: Some(selector) };
            snapshot
                .units
                .insert(unit, Reading::Forbidden("secrets is forbidden: User \"x\" cannot list".to_owned()));
        }
        let gaps = of_kinds(&snapshot, true);
        assert_eq!(gaps.len(), 1, "one gap for a kind: {gaps:?}");
        assert_eq!(
            gaps[0].sentence,
            "Hob may not read secrets: image credentials and the dates of certificates are not checked."
        );
        assert_eq!(
            gaps[0].grants,
            "- apiGroups: [\"\"]\n  resources: [\"secrets\"]\n  verbs: [\"get\", \"list\", \"watch\"]\n"
        );
        assert_eq!(of_kinds(&Snapshot::default(), false)[0].why, Why::Unwanted);
    }
}
