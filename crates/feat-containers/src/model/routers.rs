//! The routers of all containers together: what Traefik makes of them, and what it refuses.

use super::container::Container;
use super::traefik::{Middleware, Proxy, Router, Said};
use hob_base::Health;
use hob_base::wording::{listed, tidy};
use std::collections::{BTreeMap, BTreeSet};
use traefik_rules::{Protocol, Rule, Severity, Syntax, Version, parse};

/// Everything that is said to Traefik on one engine.
#[derive(Debug, Default)]
pub(crate) struct Routing {
    /// Traefik itself, where it runs as a container here.
    pub(crate) proxy: Proxy,
    /// Its version, where the tag of its image tells.
    pub(crate) version: Option<Version>,
    /// The ports under which entry points are published.
    pub(crate) published: BTreeMap<u16, u16>,
    /// All routers by kind and name.
    pub(crate) routes: Vec<Route>,
    /// Containers (by id) with routers that Traefik leaves out because they are not enabled.
    pub(crate) left_out: BTreeSet<String>,
}

/// One router of one container.
#[derive(Debug)]
pub(crate) struct Route {
    /// `http`, `tcp`, `udp`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// The ids of the containers that define it.
    pub(crate) containers: Vec<String>,
    /// What it says.
    pub(crate) router: Router,
    /// Its rule, understood.
    pub(crate) rule: Option<Rule>,
    /// Whether people reach it over TLS.
    pub(crate) secure: bool,
    /// Whether it only sends people to another address.
    pub(crate) redirects: bool,
    /// Whether only private networks get through.
    pub(crate) internal: bool,
    /// How well it is.
    pub(crate) health: Health,
}

impl Routing {
    /// Puts together what the labels of all containers say.
    pub(crate) fn of(containers: &[&Container]) -> Self {
        let traefik: Vec<&&Container> =
            containers.iter().filter(|c| c.app().is_some_and(|app| app.id == "traefik")).collect();
        let main = traefik.iter().find(|c| c.is_running()).or_else(|| traefik.first());
        let proxy = main.map(|c| Proxy::read(&c.traefik_arguments)).unwrap_or_default();
        let published = main.map(|c| c.ports.iter().map(|port| (port.private, port.public)).collect());
        let mut routing = Self {
            proxy,
            version: main.and_then(|c| version_of(&c.image)),
            published: published.unwrap_or_default(),
            ..Self::default()
        };
        let said: Vec<(&Container, Said)> = containers.iter().map(|c| (*c, Said::read(&c.labels))).collect();
        let middlewares = middlewares(&said);
        let mut routers: BTreeMap<(&'static str, String), Vec<(&Container, &Said, &Router)>> =
            BTreeMap::new();
        for (container, said) in &said {
            let enabled = said.enabled.or(routing.proxy.exposed_by_default).unwrap_or(true);
            if !enabled {
                // Who wrote `false` means it.
                if said.enabled.is_none() && said.routes() {
                    routing.left_out.insert(container.id.clone());
                }
                continue;
            }
            let kinds = [("http", &said.http), ("tcp", &said.tcp), ("udp", &said.udp)];
            for (kind, all) in kinds {
                for (name, router) in all {
                    routers.entry((kind, name.clone())).or_default().push((container, said, router));
                }
            }
        }
        for ((kind, name), owners) in routers {
            routing.routes.extend(routing.route(kind, name, &owners, &middlewares));
        }
        routing
    }

    fn route(
        &self,
        kind: &'static str,
        name: String,
        owners: &[(&Container, &Said, &Router)],
        middlewares: &BTreeMap<String, Middleware>,
    ) -> Option<Route> {
        let (_, _, router) = *owners.first()?;
        let protocol = match kind {
            "http" => Some(Protocol::Http),
            "tcp" => Some(Protocol::Tcp),
            _ => None,
        };
        let syntax = match (Syntax::named(&router.syntax), self.version) {
            (Syntax::Auto, Some(version)) => version.into(),
            (named, _) => named,
        };
        let rule = protocol.map(|protocol| parse(&router.rule, syntax, protocol));
        let through = || router.middlewares.iter().filter_map(|name| middlewares.get(plain(name)));
        let all_redirect = |names: &[String]| {
            !names.is_empty()
                && names.iter().all(|name| self.proxy.redirecting.contains(&name.to_lowercase()))
        };
        let by_entry_point = router.entry_points.iter().any(|name| self.proxy.is_secure(name));
        Some(Route {
            kind,
            secure: router.tls || by_entry_point,
            redirects: through().any(|middleware| middleware.redirects) || all_redirect(&router.entry_points),
            internal: through().any(|middleware| middleware.internal),
            health: self.judge(&name, owners, rule.as_ref(), middlewares),
            containers: owners.iter().map(|(container, ..)| container.id.clone()).collect(),
            router: router.clone(),
            rule,
            name,
        })
    }

    fn judge(
        &self,
        name: &str,
        owners: &[(&Container, &Said, &Router)],
        rule: Option<&Rule>,
        middlewares: &BTreeMap<String, Middleware>,
    ) -> Health {
        let running: Vec<_> = owners.iter().filter(|(container, ..)| container.is_running()).collect();
        let Some((container, said, router)) = running.first() else {
            return Health::ok("Its container does not run, so Traefik does not know it at present.");
        };
        if running.iter().any(|(_, _, other)| other != router) {
            let names: Vec<String> =
                running.iter().map(|(c, ..)| format!("“{}”", tidy(&c.name, 60))).collect();
            return Health::critical(format!(
                "The containers {} define the router “{name}” differently, so Traefik uses none of them.",
                listed(&names)
            ))
            .with_remedy("Give each router a name of its own: traefik.http.routers.NAME.");
        }
        if let Some(health) = rule.and_then(|rule| self.judge_rule(rule)) {
            return health;
        }
        let missing = router.middlewares.iter().find(|wanted| {
            let ours = !wanted.contains('@') || wanted.ends_with("@docker");
            ours && !middlewares.contains_key(plain(wanted))
        });
        if let Some(missing) = missing {
            let missing = tidy(plain(missing), 60);
            return Health::critical(format!(
                "The middleware “{missing}” that the router “{name}” names is not defined by the labels of any container that runs, so Traefik drops the router."
            ))
            .with_remedy(format!(
                "Define it (traefik.http.middlewares.{missing}.…), or say where it is defined, such as {missing}@file."
            ));
        }
        let has_port = said.ports.values().any(|port| *port > 0) || router.service.contains('@');
        let unknown = container.exposed.is_empty() && container.ports.is_empty();
        if !has_port && unknown && !container.is_on_host_network() && container.shares_network_of().is_none()
        {
            return Health::warning(format!(
                "Traefik is not told the port of the container “{}”, and its image names none.",
                tidy(&container.name, 60)
            ))
            .with_remedy(format!(
                "Add the label traefik.http.services.{name}.loadbalancer.server.port=PORT."
            ));
        }
        Health::ok("Its rule is right.")
    }

    /// What Traefik refuses, in the version that runs here; in both where that is not known.
    fn judge_rule(&self, rule: &Rule) -> Option<Health> {
        let versions = self.version.map_or(vec![Version::V3, Version::V2], |version| vec![version]);
        let verdicts: Vec<_> = versions.iter().map(|version| rule.valid_in(*version)).collect();
        if verdicts.iter().any(|verdict| verdict.worst().is_none_or(|worst| worst.severity == Severity::Note))
        {
            return None;
        }
        let verdict = verdicts.first()?;
        let worst = verdict.worst()?;
        let health = match worst.severity {
            Severity::Refused => Health::critical(worst.sentence.clone()),
            _ => Health::warning(worst.sentence.clone()),
        };
        let health = health.with_evidence(tidy(rule.text(), 300));
        Some(match (&verdict.rewritten, &worst.instead) {
            (Some(right), _) => health.with_remedy(format!("Write: {}", tidy(right, 300))),
            (None, Some(right)) => health.with_remedy(format!("Write there: {}", tidy(right, 200))),
            (None, None) => {
                health.with_remedy("Correct the rule in the container's labels and make it anew.")
            }
        })
    }
}

/// The middlewares that running containers define. Traefik sees no others.
fn middlewares(said: &[(&Container, Said)]) -> BTreeMap<String, Middleware> {
    let running = said.iter().filter(|(container, _)| container.is_running());
    running.flat_map(|(_, said)| said.middlewares.iter().map(|(name, what)| (name.clone(), *what))).collect()
}

/// `auth@docker` without its provider, in lower case.
fn plain(name: &str) -> &str {
    name.split('@').next().unwrap_or_default()
}

/// The grammar that a tag such as `v3.1` or `2.11` stands for.
fn version_of(image: &str) -> Option<Version> {
    let tag = app_catalog::ImageName::parse(image)?.tag?;
    let major = tag.trim_start_matches('v').split(['.', '-']).next()?.to_owned();
    match major.as_str() {
        "2" => Some(Version::V2),
        "3" | "latest" => Some(Version::V3),
        _ => None,
    }
}
