//! What labels say to Traefik: routers, redirects, entry points.
//!
//! Source: <https://doc.traefik.io/traefik/routing/providers/docker/>, v2.11 and v3. Keys are compared without regard to
//! case, as Traefik does.

use crate::api::Labels;
use std::collections::{BTreeMap, BTreeSet};

/// How many routers of one container are looked at.
const ROUTERS_MAX: usize = 50;

/// What one container's labels say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// `traefik.enable`.
    pub(crate) enabled: Option<bool>,
    /// Routers of HTTP by name.
    pub(crate) http: BTreeMap<String, Router>,
    /// Routers of TCP by name.
    pub(crate) tcp: BTreeMap<String, Router>,
    /// Routers of UDP by name.
    pub(crate) udp: BTreeMap<String, Router>,
    /// Middlewares that are defined here, and whether each redirects to HTTPS or elsewhere.
    pub(crate) middlewares: BTreeMap<String, Middleware>,
    /// Services that are defined here, with the port of each where one is named.
    pub(crate) ports: BTreeMap<String, u16>,
}

/// One router.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Router {
    /// Its rule; empty where none is given.
    pub(crate) rule: String,
    /// The grammar of its rule, where one is named.
    pub(crate) syntax: String,
    /// On which entry points; empty: on the default ones.
    pub(crate) entry_points: Vec<String>,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// What requests go through.
    pub(crate) middlewares: Vec<String>,
    /// To which service; empty: the only one of the container.
    pub(crate) service: String,
}

/// What a middleware does, as far as it matters here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Middleware {
    /// It sends whoever asks somewhere else.
    pub(crate) redirects: bool,
    /// It lets only private networks through.
    pub(crate) internal: bool,
}

impl Said {
    /// Reads the labels.
    pub(crate) fn read(labels: &Labels) -> Self {
        let mut said = Self::default();
        for (key, value) in labels.iter() {
            let small = key.to_ascii_lowercase();
            let Some(rest) = small.strip_prefix("traefik.") else { continue };
            let parts: Vec<&str> = rest.split('.').collect();
            match parts.as_slice() {
                ["enable"] => said.enabled = truth(value),
                ["http", "routers", name, field @ ..] => router(&mut said.http, name, field, value),
                ["tcp", "routers", name, field @ ..] => router(&mut said.tcp, name, field, value),
                ["udp", "routers", name, field @ ..] => router(&mut said.udp, name, field, value),
                ["http" | "tcp", "middlewares", name, kind, field @ ..] => {
                    let middleware = said.middlewares.entry((*name).to_owned()).or_default();
                    middleware.take_in(kind, field, value);
                }
                ["http" | "tcp" | "udp", "services", name, "loadbalancer", field @ ..] => {
                    let port = value.trim().parse().ok().filter(|_| matches!(field, ["server", "port"]));
                    said.ports.entry((*name).to_owned()).or_default();
                    if let Some(port) = port {
                        said.ports.insert((*name).to_owned(), port);
                    }
                }
                _ => {}
            }
        }
        // A router without a rule has the default rule, which only Traefik knows.
        said.http.retain(|_, router| !router.rule.is_empty());
        said.tcp.retain(|_, router| !router.rule.is_empty());
        said
    }

    /// Whether any router is defined.
    pub(crate) fn routes(&self) -> bool {
        !(self.http.is_empty() && self.tcp.is_empty() && self.udp.is_empty())
    }
}

fn router(routers: &mut BTreeMap<String, Router>, name: &str, field: &[&str], value: &str) {
    if !routers.contains_key(name) && routers.len() >= ROUTERS_MAX {
        return;
    }
    let router = routers.entry(name.to_owned()).or_default();
    match field {
        ["rule"] => value.trim().clone_into(&mut router.rule),
        ["rulesyntax"] => value.trim().clone_into(&mut router.syntax),
        ["entrypoints"] => router.entry_points = list(value),
        ["middlewares"] => router.middlewares = list(value),
        ["service"] => value.trim().clone_into(&mut router.service),
        ["tls"] => router.tls |= truth(value).unwrap_or(true),
        ["tls", ..] => router.tls = true,
        _ => {}
    }
}

impl Middleware {
    fn take_in(&mut self, kind: &str, field: &[&str], value: &str) {
        match kind {
            "redirectscheme" | "redirectregex" => self.redirects = true,
            "ipallowlist" | "ipwhitelist" if matches!(field, ["sourcerange"]) => {
                let ranges = list(value);
                let private =
                    |range: &String| traefik_rules::Network::parse(range).is_some_and(|n| n.is_internal());
                self.internal = !ranges.is_empty() && ranges.iter().all(private);
            }
            _ => {}
        }
    }
}

/// A list as labels hold it: parts between commas.
fn list(value: &str) -> Vec<String> {
    let parts = value.split(',').map(|part| part.trim().trim_matches(['[', ']', '"', '\'', ' ']).to_owned());
    parts.filter(|part| !part.is_empty()).take(30).collect()
}

fn truth(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "t" => Some(true),
        "false" | "0" | "f" => Some(false),
        _ => None,
    }
}

/// What the arguments of Traefik's own container say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// The ports of its entry points within its container, by name.
    pub(crate) entry_points: BTreeMap<String, u16>,
    /// Entry points that send everybody on to another one.
    pub(crate) redirecting: BTreeSet<String>,
    /// Entry points that speak TLS by themselves.
    pub(crate) secure: BTreeSet<String>,
    /// Whether containers without `traefik.enable` are routed; `None` where nothing is said.
    pub(crate) exposed_by_default: Option<bool>,
}

impl Proxy {
    /// Reads `--entrypoints.websecure.address=:443` and the like.
    pub(crate) fn read(arguments: &[String]) -> Self {
        let mut proxy = Self::default();
        for argument in arguments {
            let (key, value) = argument.split_once('=').unwrap_or((argument, "true"));
            let small = key.trim_start_matches('-').to_ascii_lowercase();
            let parts: Vec<&str> = small.split('.').collect();
            match parts.as_slice() {
                ["entrypoints", name, "address"] => {
                    let port =
                        value.split('/').next().and_then(|place| place.rsplit(':').next()?.parse().ok());
                    if let Some(port) = port {
                        proxy.entry_points.insert((*name).to_owned(), port);
                    }
                }
                ["entrypoints", name, "http", "redirections", "entrypoint", "to"] => {
                    proxy.redirecting.insert((*name).to_owned());
                }
                ["entrypoints", name, "http", "tls", ..] if truth(value) != Some(false) => {
                    proxy.secure.insert((*name).to_owned());
                }
                ["providers", "docker", "exposedbydefault"] => proxy.exposed_by_default = truth(value),
                _ => {}
            }
        }
        proxy
    }

    /// Whether an entry point speaks TLS, as far as its name and port tell.
    pub(crate) fn is_secure(&self, entry_point: &str) -> bool {
        let name = entry_point.to_ascii_lowercase();
        let by_port = self.entry_points.get(&name).map(|port| matches!(port, 443 | 8443 | 4443 | 9443));
        let by_name = ["secure", "https", "tls", "443"].iter().any(|word| name.contains(word));
        self.secure.contains(&name) || by_port.unwrap_or(by_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn routers_are_read_in_any_case() {
        let said = Said::read(&labels(&[
            ("traefik.enable", "true"),
            ("traefik.http.routers.Jelly.rule", "Host(`jelly.example.org`)"),
            ("traefik.http.routers.Jelly.entryPoints", "web, websecure"),
            ("traefik.http.routers.Jelly.tls.certresolver", "le"),
            ("traefik.http.routers.jelly-http.rule", "Host(`jelly.example.org`)"),
            ("traefik.http.routers.jelly-http.middlewares", "to-https@docker"),
            ("traefik.http.middlewares.to-https.redirectscheme.scheme", "https"),
            ("traefik.http.middlewares.lan.ipallowlist.sourcerange", "192.168.0.0/16, 100.64.0.0/10"),
            ("traefik.http.middlewares.all.ipallowlist.sourcerange", "0.0.0.0/0"),
            ("traefik.http.services.jelly.loadbalancer.server.port", "8096"),
            ("traefik.http.routers.empty.entrypoints", "web"),
            ("traefik.tcp.routers.mqtt.rule", "HostSNI(`*`)"),
        ]));
        assert_eq!(said.enabled, Some(true));
        assert_eq!(said.http.keys().collect::<Vec<_>>(), ["jelly", "jelly-http"]);
        assert_eq!(said.http["jelly"].entry_points, ["web", "websecure"]);
        assert!(said.http["jelly"].tls && !said.http["jelly-http"].tls);
        assert!(said.middlewares["to-https"].redirects);
        assert!(said.middlewares["lan"].internal && !said.middlewares["all"].internal);
        assert_eq!(said.ports["jelly"], 8096);
        assert_eq!(said.tcp.len(), 1);
        assert_eq!(Said::read(&labels(&[("traefik.enable", "false")])).enabled, Some(false));
    }

    #[test]
    fn entry_points_are_read_from_arguments() {
        let arguments = [
            "--entrypoints.web.address=:80",
            "--entryPoints.web.http.redirections.entryPoint.to=websecure",
            "--entrypoints.websecure.address=:8443/tcp",
            "--entrypoints.lan.address=0.0.0.0:8080",
            "--entrypoints.lan.http.tls=true",
            "--providers.docker.exposedbydefault=false",
        ];
        let proxy = Proxy::read(&arguments.map(str::to_owned));
        assert_eq!(proxy.entry_points["websecure"], 8443);
        assert_eq!(proxy.exposed_by_default, Some(false));
        assert!(proxy.redirecting.contains("web"));
        assert!(proxy.is_secure("websecure") && proxy.is_secure("lan") && !proxy.is_secure("web"));
        let unknown = Proxy::default();
        assert!(unknown.is_secure("https") && unknown.is_secure("websecure") && !unknown.is_secure("web"));
    }
}
