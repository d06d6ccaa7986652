//! The chain of truth behind an address: every link from what a person types to the disk that it reads, in that order, and
//! where it is broken. Pure.

mod line;
mod members;

use cluster_model::{Finding, Picture, Severity, Thing, ThingId, ThingKind};
use hob_base::{Health, Level};
pub(crate) use line::{digits, line, text, whole};
use std::collections::BTreeSet;

/// The most links of one stage that are shown; the worst come first.
const LINKS_MAX: usize = 6;

/// The most further faults of one link.
const ALSO_MAX: usize = 4;

/// What is heard of a thing: all its sources together.
pub(crate) type Heard<'a> = &'a dyn Fn(&ThingId) -> Option<Health>;

/// The stations on the way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    /// What a person opens.
    Address,
    /// Whether its name leads anywhere.
    Name,
    /// Gateway, ingress class, entry point.
    Entry,
    /// The certificate that is shown there.
    Certificate,
    /// The rule.
    Route,
    /// What stands between.
    Middleware,
    /// The Service and its endpoints.
    Service,
    /// What runs behind it.
    Pods,
    /// What that runs.
    Image,
    /// With what the image is had.
    Credential,
    /// Where it runs.
    Node,
    /// What it keeps its data on.
    Volume,
}

impl Stage {
    /// What people call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Address => "Address",
            Self::Name => "DNS",
            Self::Entry => "Entry point",
            Self::Certificate => "Certificate",
            Self::Route => "Route",
            Self::Middleware => "Middleware",
            Self::Service => "Service",
            Self::Pods => "Pods",
            Self::Image => "Image",
            Self::Credential => "Image credential",
            Self::Node => "Node",
            Self::Volume => "Volume",
        }
    }

    /// Where a thing stands; `None` for what is no part of a chain.
    pub(crate) const fn of(kind: ThingKind) -> Option<Self> {
        Some(match kind {
            ThingKind::Service | ThingKind::Port => Self::Address,
            ThingKind::EntryPoint => Self::Entry,
            ThingKind::Certificate => Self::Certificate,
            ThingKind::Route => Self::Route,
            ThingKind::Middleware => Self::Middleware,
            ThingKind::Backend => Self::Service,
            ThingKind::Workload | ThingKind::Job => Self::Pods,
            ThingKind::Image => Self::Image,
            ThingKind::Credential => Self::Credential,
            ThingKind::Host => Self::Node,
            ThingKind::Volume => Self::Volume,
            ThingKind::Deployment | ThingKind::Database | ThingKind::Backup => return None,
        })
    }

    /// Whether what such a thing needs is no part of the chain itself: it stands beside it, and is shown with it when it is
    /// not well (the Traefik behind an entry point, the login behind a middleware).
    const fn stands_for_what_it_needs(self) -> bool {
        matches!(self, Self::Entry | Self::Middleware | Self::Certificate)
    }
}

/// What is wrong with a link.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fault {
    /// In one sentence.
    pub(crate) sentence: String,
    /// The object: “Ingress media/jellyfin”. May be empty.
    pub(crate) object: String,
    /// The field. May be empty.
    pub(crate) field: String,
    /// What it rests on. May be empty.
    pub(crate) evidence: String,
    /// The next step.
    pub(crate) remedy: Option<String>,
}

impl From<&Finding> for Fault {
    fn from(finding: &Finding) -> Self {
        let named = !finding.object.name.is_empty();
        Self {
            sentence: finding.sentence.clone(),
            object: if named { finding.object.to_string() } else { String::new() },
            field: finding.field.clone(),
            evidence: finding.evidence.clone(),
            remedy: finding.remedy.clone(),
        }
    }
}

/// One thing on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The thing; `None` for what is no thing of the cluster.
    pub(crate) id: Option<ThingId>,
    /// What people call it.
    pub(crate) name: String,
    /// How it is, where anybody knows.
    pub(crate) level: Option<Level>,
    /// What is known of it, in one line. May be empty.
    pub(crate) line: String,
    /// Whether the page is about it.
    pub(crate) here: bool,
    /// Whether the cluster has it at all.
    pub(crate) known: bool,
    /// What is wrong with it.
    pub(crate) fault: Option<Fault>,
    /// What else is wrong with it.
    pub(crate) also: Vec<Fault>,
    /// Whether that is only what a probe of the address saw: the cause lies elsewhere, if anything else is broken.
    pub(crate) symptom: bool,
}

/// One station with its links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which station.
    pub(crate) stage: Stage,
    /// What stands there: several where several serve.
    pub(crate) links: Vec<Link>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Break {
    /// Of which station, by number.
    pub(crate) step: usize,
    /// Which of its links, by number.
    pub(crate) link: usize,
    /// How bad it is.
    pub(crate) level: Level,
}

/// The chain on which a thing stands; empty for what stands on none.
pub(crate) fn chain(picture: &Picture, id: &ThingId, heard: Heard<'_>) -> Vec<Step> {
    if Stage::of(id.kind).is_none() || !picture.things.contains_key(id) {
        return Vec::new();
    }
    let members = members::of(picture, id);
    let mut steps: Vec<Step> = Vec::new();
    for (stage, ids) in members {
        let mut links: Vec<Link> = ids.iter().map(|one| link(picture, one, one == id, heard)).collect();
        links.sort_by_key(|link| (std::cmp::Reverse(link.level), !link.here, link.name.clone()));
        let more = links.len().saturating_sub(LINKS_MAX);
        links.truncate(LINKS_MAX);
        let name = (stage == Stage::Address && more == 0).then(|| name_link(picture, &links)).flatten();
        steps.push(Step { stage, links, more });
        steps.extend(name.map(|link| Step { stage: Stage::Name, links: vec![link], more: 0 }));
    }
    steps
}

/// Everything on a chain that is not well: the first that is broken from the left comes first. What a probe of the address
/// saw counts only where nothing behind it explains it.
pub(crate) fn breaks(steps: &[Step]) -> Vec<Break> {
    let mut symptoms = Vec::new();
    let mut causes = Vec::new();
    for (step, station) in steps.iter().enumerate() {
        for (link, one) in station.links.iter().enumerate() {
            let Some(level) = one.level.filter(|level| is_bad(*level)) else { continue };
            let found = Break { step, link, level };
            if one.symptom { symptoms.push(found) } else { causes.push(found) }
        }
    }
    let worst = |breaks: &[Break]| breaks.iter().map(|found| found.level).max();
    // Something that may break soon does not explain what is broken now.
    let explained = worst(&causes) >= worst(&symptoms);
    let mut all = if explained { causes } else { symptoms.into_iter().chain(causes).collect() };
    let most = worst(&all);
    if let Some(first) = all.iter().position(|found| Some(found.level) == most) {
        all[..=first].rotate_right(1);
    }
    all
}

/// The links of a level that needs attention.
pub(crate) const fn is_bad(level: Level) -> bool {
    matches!(level, Level::Warning | Level::Critical)
}

/// The level of a finding.
pub(crate) const fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Note => Level::Ok,
        Severity::Unknown => Level::Unknown,
        Severity::Warning => Level::Warning,
        Severity::Critical => Level::Critical,
    }
}

/// How a thing is called where its kind is said beside it.
pub(crate) fn name_of(id: &ThingId, thing: Option<&Thing>) -> String {
    let by_object = matches!(id.kind, ThingKind::Route | ThingKind::Workload | ThingKind::Middleware);
    let object = thing.and_then(|thing| thing.objects.first()).filter(|_| by_object);
    if let Some(object) = object {
        return object.to_string();
    }
    let by_title = matches!(id.kind, ThingKind::Service | ThingKind::EntryPoint);
    match thing.map(|thing| thing.title.as_str()) {
        Some(title) if !title.is_empty() && by_title => title.to_owned(),
        _ => id.name.clone(),
    }
}

fn link(picture: &Picture, id: &ThingId, here: bool, heard: Heard<'_>) -> Link {
    let thing = picture.things.get(id);
    let worst = thing.and_then(Thing::worst);
    let own = worst.map(|finding| level_of(finding.severity));
    let said = heard(id);
    let judged = thing.filter(|thing| thing.judged).map(|_| own.unwrap_or(Level::Ok));
    let level = said.as_ref().map(|health| health.level).max(judged);
    let by_finding = worst.filter(|finding| Some(level_of(finding.severity)) == level);
    let fault = match (level.is_some_and(is_bad), by_finding, &said) {
        (true, Some(finding), _) => Some(Fault::from(finding)),
        (true, None, Some(health)) => Some(Fault {
            sentence: health.reason.clone(),
            evidence: health.evidence.clone(),
            remedy: health.remedy.clone(),
            ..Fault::default()
        }),
        _ => None,
    };
    Link {
        id: Some(id.clone()),
        name: name_of(id, thing),
        level,
        line: thing.map_or_else(|| "Not seen in the cluster.".to_owned(), |thing| line(id, thing)),
        here,
        known: thing.is_some(),
        symptom: id.kind == ThingKind::Service && by_finding.is_none(),
        also: also(thing, by_finding),
        fault,
    }
}

/// What else needs attention, besides what is told first.
fn also(thing: Option<&Thing>, told: Option<&Finding>) -> Vec<Fault> {
    let findings = thing.into_iter().flat_map(|thing| &thing.findings);
    let others =
        findings.filter(|one| is_bad(level_of(one.severity)) && told.is_some_and(|told| *one != told));
    others.take(ALSO_MAX).map(Fault::from).collect()
}

/// Whether the name of the one address leads anywhere, as its probe found.
fn name_link(picture: &Picture, links: &[Link]) -> Option<Link> {
    let [address] = links else { return None };
    let id = address.id.as_ref().filter(|id| id.kind == ThingKind::Service)?;
    let host = text(picture.things.get(id)?, "host")?;
    if host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let lost = address.fault.as_ref().filter(|fault| address.symptom && is_about_a_name(&fault.sentence));
    let level = match (address.level, lost) {
        (_, Some(_)) => address.level,
        (Some(Level::Ok), None) => Some(Level::Ok),
        // A probe that got further than the name proves the name.
        (Some(level), None) if is_bad(level) && address.symptom => Some(Level::Ok),
        _ => None,
    };
    let words = match (lost, level) {
        (Some(_), _) => "It leads nowhere.",
        (None, Some(_)) => "It leads to an address.",
        (None, None) => "No probe has looked yet.",
    };
    Some(Link {
        id: None,
        name: host.to_owned(),
        level,
        line: words.to_owned(),
        here: false,
        known: true,
        fault: lost.cloned(),
        also: Vec::new(),
        symptom: false,
    })
}

/// Whether a probe ended before it had an address (the sentences of `http-probe`).
fn is_about_a_name(sentence: &str) -> bool {
    sentence.starts_with("The name ")
        && ["could not be found", "could not be looked up", "has no address"]
            .iter()
            .any(|words| sentence.contains(words))
}

/// The things of a chain that are resources, for pages that follow them.
pub(crate) fn ids(steps: &[Step]) -> BTreeSet<&ThingId> {
    steps.iter().flat_map(|step| &step.links).filter_map(|link| link.id.as_ref()).collect()
}

#[cfg(test)]
mod tests;
