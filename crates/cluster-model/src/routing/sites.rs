//! From ways to sites: which ways of one host belong together, and which hosts are one site by several names.

use super::draft::{Served, Way};
use super::hosts::{self, Address};
use super::paths;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that a person opens: a path of a host, with all ways that belong to it.
#[derive(Debug)]
pub(super) struct Site<'w, 'a> {
    pub(super) host: String,
    /// The port, where other things answer at the same host.
    pub(super) port: Option<u16>,
    pub(super) path: String,
    /// The ways that lead to its pages; empty where all are for programs or redirect.
    pub(super) pages: Vec<&'w Way<'a>>,
    /// The ways below it: API, webhooks, redirects.
    pub(super) folded: Vec<&'w Way<'a>>,
    /// Other names of the same site.
    pub(super) aliases: BTreeSet<String>,
    /// Why it is for programs only.
    pub(super) machine: Option<String>,
}

impl<'w, 'a> Site<'w, 'a> {
    fn new(host: &str, way: &Way<'_>) -> Self {
        Self {
            host: host.to_owned(),
            port: way.port.filter(|_| way.by_port),
            path: way.path.clone(),
            pages: Vec::new(),
            folded: Vec::new(),
            aliases: BTreeSet::new(),
            machine: None,
        }
    }

    /// Its host, with the port where that is needed to tell it from others.
    pub(super) fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// What serves its pages.
    pub(super) fn serves(&self) -> BTreeSet<&'w Served> {
        self.pages.iter().flat_map(|way| &way.serves).collect()
    }

    /// All ways.
    pub(super) fn ways(&self) -> impl Iterator<Item = &'w Way<'a>> {
        self.pages.iter().chain(&self.folded).copied()
    }

    /// Takes in another name of itself.
    fn absorb(&mut self, other: Self) {
        self.aliases.insert(other.host);
        self.aliases.extend(other.aliases);
        self.aliases.remove(&self.host);
        self.folded.extend(other.pages);
        self.folded.extend(other.folded);
    }
}

/// All sites of hosts that are one name or address.
pub(super) fn sites<'w, 'a>(ways: &'w [Way<'a>]) -> Vec<Site<'w, 'a>> {
    let mut by_host: BTreeMap<(&str, Option<u16>), Vec<&'w Way<'a>>> = BTreeMap::new();
    for way in ways {
        if let Address::Host(host) = &way.address {
            by_host.entry((host, way.port.filter(|_| way.by_port))).or_default().push(way);
        }
    }
    let mut found: BTreeMap<String, Vec<Site<'w, 'a>>> = BTreeMap::new();
    for ((host, port), ways) in by_host {
        let name = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        found.insert(name, of_host(host, &ways));
    }
    follow_redirects(&mut found);
    fold_names(found)
}

/// The sites of one host.
fn of_host<'w, 'a>(host: &str, ways: &[&'w Way<'a>]) -> Vec<Site<'w, 'a>> {
    let (redirects, others): (Vec<_>, Vec<_>) = ways.iter().copied().partition(|way| way.redirect.is_some());
    let (machines, pages): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|way| way.machine.is_some() || is_cluster_api(way));
    let mut sites = by_path(host, &pages);
    if sites.is_empty() {
        let mut rest = machines.iter().chain(&redirects).copied();
        if let Some(first) = rest.next() {
            let mut site = Site::new(host, first);
            site.machine.clone_from(&first.machine);
            if is_cluster_api(first) {
                site.machine = Some("It leads to the API of the cluster, which programs ask.".to_owned());
            }
            site.folded.push(first);
            site.folded.extend(rest);
            sites.push(site);
        }
        return sites;
    }
    for way in machines.into_iter().chain(redirects) {
        let at = owner_of(&sites, &way.path).unwrap_or(0);
        if let Some(site) = sites.get_mut(at) {
            site.folded.push(way);
        }
    }
    sites
}

/// Whether the API server of the cluster itself is behind it.
fn is_cluster_api(way: &Way<'_>) -> bool {
    way.serves.iter().any(|served| served.namespace == "default" && served.name == "kubernetes")
}

/// The site below which a path lies: the longest.
fn owner_of(sites: &[Site<'_, '_>], path: &str) -> Option<usize> {
    let below = sites.iter().enumerate().filter(|(_, site)| paths::below(path, &site.path).is_some());
    below.max_by_key(|(_, site)| site.path.len()).map(|(at, _)| at)
}

fn by_path<'w, 'a>(host: &str, ways: &[&'w Way<'a>]) -> Vec<Site<'w, 'a>> {
    let mut grouped: BTreeMap<(usize, &str), Vec<&'w Way<'a>>> = BTreeMap::new();
    for way in ways {
        let depth = way.path.split('/').filter(|segment| !segment.is_empty()).count();
        grouped.entry((depth, &way.path)).or_default().push(way);
    }
    let mut sites: Vec<Site<'w, 'a>> = Vec::new();
    let mut waiting = Vec::new();
    for ((_, path), ways) in grouped {
        // A way that asks for a header or a method never stands for a site, where another does.
        let plain = ways.iter().any(|way| !way.conditional);
        let serves: BTreeSet<&Served> = ways.iter().flat_map(|way| &way.serves).collect();
        if let Some(at) = owner_of(&sites, path) {
            let Some(site) = sites.get_mut(at) else { continue };
            let rest = paths::below(path, &site.path).unwrap_or_default();
            if !plain || paths::is_part(rest) || serves.is_subset(&site.serves()) {
                site.folded.extend(ways);
                continue;
            }
        } else if paths::for_programs(path) {
            waiting.extend(ways);
            continue;
        } else if let Some(site) = sites.iter_mut().find(|site| !serves.is_empty() && site.serves() == serves)
        {
            site.folded.extend(ways);
            continue;
        }
        let Some(first) = ways.first() else { continue };
        let mut site = Site::new(host, first);
        let (pages, folded) = ways.into_iter().partition(|way| !way.conditional || !plain);
        site.pages = pages;
        site.folded = folded;
        sites.push(site);
    }
    attach(host, sites, waiting)
}

/// Paths of programs belong to the first site of the host, or to one that is for programs only.
fn attach<'w, 'a>(host: &str, mut sites: Vec<Site<'w, 'a>>, waiting: Vec<&'w Way<'a>>) -> Vec<Site<'w, 'a>> {
    let Some(first) = waiting.first() else { return sites };
    match sites.first_mut() {
        Some(site) => site.folded.extend(waiting),
        None => {
            let mut site = Site::new(host, first);
            site.machine =
                Some(format!("Only {} is served at this host, which programs ask for.", first.path));
            site.folded = waiting;
            sites.push(site);
        }
    }
    sites
}

/// A host that only sends people to another host is another name of that one.
fn follow_redirects(found: &mut BTreeMap<String, Vec<Site<'_, '_>>>) {
    let senders: Vec<(String, String)> = found
        .iter()
        .filter_map(|(host, sites)| {
            let [site] = sites.as_slice() else { return None };
            let to = site.folded.iter().find_map(|way| way.redirect.as_ref().filter(|to| !to.is_empty()))?;
            (site.pages.is_empty() && site.machine.is_none() && to != host)
                .then(|| (host.clone(), to.clone()))
        })
        .collect();
    for (host, to) in senders {
        let leads = found.get(&to).is_some_and(|sites| sites.iter().any(|site| !site.pages.is_empty()));
        if !leads {
            continue;
        }
        let sent = found.remove(&host).unwrap_or_default();
        if let Some(site) = found.get_mut(&to).and_then(|sites| sites.first_mut()) {
            sent.into_iter().for_each(|other| site.absorb(other));
        }
    }
}

/// What makes two hosts the same: the same paths, served by the same.
type Shape = Vec<(String, BTreeSet<Served>)>;

/// Folds hosts that are the same site by several names onto the one that people would use.
fn fold_names<'w, 'a>(found: BTreeMap<String, Vec<Site<'w, 'a>>>) -> Vec<Site<'w, 'a>> {
    let mut by_shape: BTreeMap<Shape, Vec<Vec<Site<'w, 'a>>>> = BTreeMap::new();
    let mut done = Vec::new();
    for sites in found.into_values() {
        let shape: Shape = sites
            .iter()
            .map(|site| (site.path.clone(), site.serves().into_iter().cloned().collect()))
            .collect();
        if shape.iter().any(|(_, serves)| serves.is_empty()) {
            done.extend(sites);
        } else {
            by_shape.entry(shape).or_default().push(sites);
        }
    }
    for hosts in by_shape.into_values() {
        for group in related(hosts) {
            done.extend(fold(group));
        }
    }
    done.sort_by(|a, b| (&a.host, &a.path).cmp(&(&b.host, &b.path)));
    done
}

/// Parts hosts of one shape into those that belong together: named by one object, with and without `www.`, or by the
/// same first label.
fn related<'w, 'a>(hosts: Vec<Vec<Site<'w, 'a>>>) -> Vec<Vec<Vec<Site<'w, 'a>>>> {
    let mut groups: Vec<(BTreeSet<String>, Vec<Vec<Site<'w, 'a>>>)> = Vec::new();
    for sites in hosts {
        let mut marks: BTreeSet<String> = BTreeSet::new();
        for site in &sites {
            marks.extend(site.pages.iter().map(|way| way.object.to_string()));
            marks.insert(format!("host {}", hosts::bare(&site.host)));
            marks.extend(hosts::label(&site.host).map(|label| format!("label {label}")));
        }
        let (same, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(before, _)| !before.is_disjoint(&marks));
        let mut joined = vec![sites];
        for (before, members) in same {
            marks.extend(before);
            joined.extend(members);
        }
        groups = others;
        groups.push((marks, joined));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// One host of several for the same: the one without `www.`, reached from everywhere, encrypted, named first.
fn fold<'w, 'a>(mut hosts: Vec<Vec<Site<'w, 'a>>>) -> Vec<Site<'w, 'a>> {
    hosts.sort_by_key(|sites| {
        let first = sites.first();
        let page = first.and_then(|site| site.pages.first());
        let host = first.map(|site| site.host.clone()).unwrap_or_default();
        (
            hosts::bare(&host) != host,
            hosts::is_private(&host),
            page.is_none_or(|way| !way.exposure.external),
            page.is_none_or(|way| way.https != Some(true)),
            page.map(|way| (way.object.clone(), way.order)),
            host,
        )
    });
    let mut all = hosts.into_iter();
    let mut kept = all.next().unwrap_or_default();
    for sites in all {
        for (site, other) in kept.iter_mut().zip(sites) {
            site.absorb(other);
        }
    }
    kept
}
