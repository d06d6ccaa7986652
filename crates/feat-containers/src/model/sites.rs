//! From routers to what a person opens: one site for each host (and each path of it that is something else).

use super::routers::{Route, Routing};
use std::collections::{BTreeMap, BTreeSet};
use traefik_rules::HostPattern;

/// Beginnings of paths that belong to the site beside them: programs ask there, people do not.
const MACHINE_PATHS: [&str; 16] = [
    "/api",
    "/webhook",
    "/webhooks",
    "/ws",
    "/websocket",
    "/socket.io",
    "/.well-known",
    "/graphql",
    "/metrics",
    "/health",
    "/healthz",
    "/notifications/hub",
    "/identity",
    "/oauth2",
    "/outpost.goauthentik.io",
    "/_matrix",
];

/// Something that a person opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Site {
    /// Its host.
    pub(crate) host: String,
    /// Its path, beginning with a slash.
    pub(crate) path: String,
    /// Other hosts that lead to the same.
    pub(crate) aliases: BTreeSet<String>,
    /// Whether people reach it over TLS.
    pub(crate) secure: bool,
    /// The port in its address, where it is not the usual one.
    pub(crate) port: Option<u16>,
    /// Whether only private networks get through.
    pub(crate) internal: bool,
    /// Its routers: kind and name.
    pub(crate) routers: BTreeSet<String>,
    /// The ids of its containers.
    pub(crate) containers: BTreeSet<String>,
}

impl Site {
    /// Its address.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}{port}{}", self.host, self.path)
    }

    /// Its name among resources: host and path, the path left out where it is `/`.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.host, if self.path == "/" { "" } else { &self.path })
    }
}

/// Everything that a person opens through Traefik, by host and path.
pub(crate) fn sites(routing: &Routing) -> Vec<Site> {
    let mut found: BTreeMap<(String, String), Vec<(&Route, Vec<String>)>> = BTreeMap::new();
    for route in routing.routes.iter().filter(|route| route.kind == "http") {
        for (path, hosts) in links(route) {
            if let Some(host) = main_host(&hosts) {
                found.entry((host, path)).or_default().push((route, hosts));
            }
        }
    }
    let mut sites: Vec<Site> = Vec::new();
    let mut folded: Vec<Site> = Vec::new();
    // A map is sorted: the root of a host comes before its paths.
    for ((host, path), routes) in found {
        let site = site(routing, host, path, &routes);
        let root = sites.iter().any(|other| other.host == site.host && other.path == "/");
        let machine = MACHINE_PATHS.iter().any(|part| is_below(&site.path, part));
        let same = sites.iter().any(|other| {
            other.host == site.host
                && is_below(&site.path, &other.path)
                && other.containers == site.containers
        });
        if (root && machine) || same { folded.push(site) } else { sites.push(site) }
    }
    for part in folded {
        let owner =
            sites.iter_mut().rev().find(|site| site.host == part.host && is_below(&part.path, &site.path));
        if let Some(owner) = owner {
            owner.routers.extend(part.routers);
        }
    }
    sites
}

fn is_below(path: &str, beginning: &str) -> bool {
    let rest = path.strip_prefix(beginning.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The hosts and paths of one router that a person can open, by path.
fn links(route: &Route) -> BTreeMap<String, Vec<String>> {
    let mut by_path: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(rule) = &route.rule else { return by_path };
    for target in rule.targets() {
        if !matches!(target.host, HostPattern::Exact(_)) {
            continue;
        }
        if let Some((host, path)) = target.link() {
            let path = if path.starts_with('/') { path } else { "/" };
            by_path.entry(path.to_owned()).or_default().push(host.to_owned());
        }
    }
    by_path
}

/// The host that stands for several: the first one without `www.`.
fn main_host(hosts: &[String]) -> Option<String> {
    let plain = hosts.iter().find(|host| !host.starts_with("www."));
    plain.or_else(|| hosts.first()).cloned()
}

fn site(routing: &Routing, host: String, path: String, routes: &[(&Route, Vec<String>)]) -> Site {
    let serving: Vec<&Route> =
        routes.iter().map(|(route, _)| *route).filter(|route| !route.redirects).collect();
    let all: Vec<&Route> = routes.iter().map(|(route, _)| *route).collect();
    // One that only redirects says where it is served: over TLS, in nearly every house.
    let redirects_only = serving.is_empty();
    let serving = if redirects_only { all.clone() } else { serving };
    let secure =
        redirects_only || all.iter().any(|route| route.redirects) || serving.iter().any(|route| route.secure);
    let port =
        serving.iter().filter(|route| route.secure == secure).find_map(|route| port(routing, route, secure));
    Site {
        aliases: routes
            .iter()
            .flat_map(|(_, hosts)| hosts.iter().filter(|other| **other != host).cloned())
            .collect(),
        secure,
        port,
        internal: !serving.is_empty()
            && serving.iter().all(|route| {
                let by_rule = route
                    .rule
                    .as_ref()
                    .is_some_and(|rule| rule.targets().iter().all(traefik_rules::Target::is_internal));
                route.internal || by_rule
            }),
        routers: all.iter().map(|route| format!("{}/{}", route.kind, route.name)).collect(),
        containers: all.iter().flat_map(|route| route.containers.iter().cloned()).collect(),
        host,
        path,
    }
}

/// The port under which the entry point of a router is published, where it has to be named in an address.
fn port(routing: &Routing, route: &Route, secure: bool) -> Option<u16> {
    let usual = if secure { 443 } else { 80 };
    let of = |name: &String| {
        let name = name.to_lowercase();
        let private =
            routing.proxy.entry_points.get(&name).filter(|_| routing.proxy.is_secure(&name) == secure)?;
        routing.published.get(private).copied()
    };
    let ports: Vec<u16> = route.router.entry_points.iter().filter_map(of).collect();
    (!ports.contains(&usual)).then(|| ports.first().copied()).flatten()
}
