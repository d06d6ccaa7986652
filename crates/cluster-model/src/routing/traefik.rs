//! Routes of Traefik: `IngressRoute`s of HTTP, TCP and UDP, in both groups.

use super::certificate::Shown;
use super::conflicts::Claim;
use super::draft::{Asked, Draft, Exposure, Served, Way, broken};
use super::entry::Entry;
use super::hosts::{self, Address};
use super::middleware::Passing;
use super::paths;
use super::ports::Opened;
use crate::objects::{IngressRouteSpec, Meta, TraefikRoute, TraefikServiceRef};
use crate::{Kind, ObjectRef, Severity, ThingId};
use std::collections::BTreeSet;
use traefik_rules::{
    Condition, HostPattern, PathPattern, ProblemKind, Protocol, Rule, Syntax, Target, Version, parse,
};

/// How deep services of services are followed.
const DEPTH_MAX: usize = 6;
/// The most ways that one rule is taken apart into.
const WAYS_MAX: usize = 256;

/// One object while it is read.
struct Reading<'a> {
    object: ObjectRef,
    meta: &'a Meta,
    spec: &'a IngressRouteSpec,
    whole: ThingId,
    entries: Vec<(String, Entry)>,
}

impl<'a> Draft<'a, '_> {
    /// Reads all of them.
    pub(super) fn traefik(&mut self) {
        let objects = self.world.objects;
        for route in objects.ingress_routes.iter() {
            self.traefik_object("IngressRoute", &route.metadata, &route.spec);
        }
        for route in objects.ingress_routes_tcp.iter() {
            self.traefik_object("IngressRouteTCP", &route.metadata, &route.spec);
        }
        for route in objects.ingress_routes_udp.iter() {
            self.traefik_object("IngressRouteUDP", &route.metadata, &route.spec);
        }
        self.old_traefik();
    }

    /// Those of the group of Traefik 1 and 2, which Traefik 3 does not look at.
    fn old_traefik(&mut self) {
        let objects = self.world.objects;
        for route in objects.old_ingress_routes.iter() {
            let moved = objects.ingress_routes.get(&route.metadata.namespace, &route.metadata.name).is_some();
            self.old_object("IngressRoute", &route.metadata, &route.spec, moved);
        }
        for route in objects.old_ingress_routes_tcp.iter() {
            let moved =
                objects.ingress_routes_tcp.get(&route.metadata.namespace, &route.metadata.name).is_some();
            self.old_object("IngressRouteTCP", &route.metadata, &route.spec, moved);
        }
        for route in objects.old_ingress_routes_udp.iter() {
            let moved =
                objects.ingress_routes_udp.get(&route.metadata.namespace, &route.metadata.name).is_some();
            self.old_object("IngressRouteUDP", &route.metadata, &route.spec, moved);
        }
    }

    fn old_object(&mut self, kind: &'static str, meta: &'a Meta, spec: &'a IngressRouteSpec, moved: bool) {
        // The same object in both groups is one that was moved and left behind.
        if moved {
            return;
        }
        self.traefik_object(kind, meta, spec);
        if self.world.traefik_major == Some(3) {
            let object = ObjectRef::new(kind, &meta.namespace, &meta.name);
            let sentence = format!(
                "Traefik 3 does not look at the group traefik.containo.us any more, so this {kind} is not served."
            );
            let finding =
                broken("route-group-gone", Severity::Critical, &object, sentence).field("apiVersion");
            let id = ThingId::route(kind, &meta.namespace, &meta.name, None);
            self.find(&id, finding.remedy("Change its apiVersion to traefik.io/v1alpha1."));
        }
    }

    fn traefik_object(&mut self, kind: &'static str, meta: &'a Meta, spec: &'a IngressRouteSpec) {
        let object = ObjectRef::new(kind, &meta.namespace, &meta.name);
        let whole = ThingId::route(kind, &meta.namespace, &meta.name, None);
        let mut entries = Vec::new();
        for (at, name) in spec.entry_points.iter().enumerate() {
            entries.push((name.to_string(), self.traefik_entry(name)));
            self.judge_entry(&whole, &object, name, at, spec.entry_points.len() == 1);
        }
        let reading = Reading { object, meta, spec, whole, entries };
        let mut named = BTreeSet::new();
        for (at, route) in spec.routes.iter().enumerate() {
            let id = if spec.routes.len() > 1 {
                ThingId::route(kind, &meta.namespace, &meta.name, Some(at.saturating_add(1)))
            } else {
                reading.whole.clone()
            };
            match kind {
                "IngressRoute" => self.http_route(&reading, route, at, &id, &mut named),
                "IngressRouteTCP" => self.tcp_route(&reading, route, at, &id),
                _ => self.udp_route(&reading, route, at, &id),
            }
            self.finish_traefik(&reading, &id);
        }
        let whole = reading.whole.clone();
        self.finish_traefik(&reading, &whole);
        self.traefik_tls(&reading, &named);
    }

    fn finish_traefik(&mut self, reading: &Reading<'_>, id: &ThingId) {
        let thing = self.picture.thing(id.clone());
        thing.objects.insert(reading.object.clone());
        thing.judged = true;
        thing.needs.extend(reading.entries.iter().map(|(_, entry)| entry.id.clone()));
        if *id != reading.whole {
            thing.needs.insert(reading.whole.clone());
        }
    }

    /// The certificate, or that none is named.
    fn traefik_tls(&mut self, reading: &Reading<'_>, named: &BTreeSet<String>) {
        let hosts: Vec<&str> = named.iter().map(String::as_str).collect();
        match &reading.spec.tls {
            Some(tls) if !tls.secret_name.is_empty() => {
                let shown = Shown {
                    object: &reading.object,
                    field: "spec.tls.secretName".to_owned(),
                    namespace: &reading.meta.namespace,
                    secret: &tls.secret_name,
                    hosts: &hosts,
                };
                self.certificate(&reading.whole, &shown);
            }
            None if reading.object.kind == "IngressRoute" => {
                let bare = reading.entries.iter().find(|(_, entry)| entry.tls == Some(true) && !entry.sure);
                let Some((name, _)) = bare else { return };
                let sentence = format!(
                    "The route is on the entry point “{name}” without TLS: unless that sets it up itself, Traefik does not serve it encrypted, or shows its own default certificate."
                );
                let finding = broken("route-no-tls", Severity::Note, &reading.object, sentence);
                self.find(&reading.whole, finding.field("spec.tls"));
            }
            _ => {}
        }
    }

    /// The grammar that a rule is read in.
    fn syntax(&self, route: &TraefikRoute) -> Syntax {
        let own = Syntax::named(&route.syntax);
        let told = self.world.traefik.syntax;
        match (own, told, self.world.traefik_major) {
            (Syntax::Auto, Syntax::Auto, Some(2)) => Syntax::V2,
            (Syntax::Auto, Syntax::Auto, Some(3)) => Syntax::V3,
            (Syntax::Auto, told, _) => told,
            (own, _, _) => own,
        }
    }

    fn http_route(
        &mut self,
        reading: &Reading<'a>,
        route: &TraefikRoute,
        at: usize,
        id: &ThingId,
        named: &mut BTreeSet<String>,
    ) {
        let syntax = self.syntax(route);
        // Which version is meant is better guessed by what holds; what the running one makes of it is judged after.
        let rule = parse(&route.rule, Syntax::Auto, Protocol::Http);
        self.judge_rule(reading, &rule, syntax, at, id);
        self.picture.thing(id.clone()).fact("rule", rule.text().chars().take(300).collect::<String>());
        let passing = self.middlewares(reading, route, at, id);
        let serves = self.services(reading, route, at, id);
        let plain = reading.spec.tls.is_none()
            && !reading.entries.is_empty()
            && reading.entries.iter().all(|(_, entry)| entry.tls == Some(false));
        let redirect = if passing.redirects && (plain || serves.is_empty()) {
            Some(String::new())
        } else {
            passing.sends_to.clone().filter(|_| serves.is_empty())
        };
        let mut left = WAYS_MAX;
        for (order, target) in rule.targets().iter().enumerate() {
            for path in &target.paths {
                left = left.saturating_sub(1);
                if left == 0 {
                    return;
                }
                let mut way = traefik_way(reading, id, target, path, &passing);
                way.order = order;
                if way.address == Address::Any && redirect.is_none() && !serves.is_empty() {
                    // A route for all hosts is opened at the address of Traefik.
                    let at = reading
                        .entries
                        .iter()
                        .map(|(_, entry)| entry.address.as_str())
                        .find(|at| !at.is_empty());
                    way.address = hosts::address(at.unwrap_or_default());
                }
                way.serves = if redirect.is_some() { BTreeSet::new() } else { serves.clone() };
                way.redirect.clone_from(&redirect);
                if let Address::Host(host) = &way.address {
                    named.insert(host.clone());
                }
                self.ways.push(way);
            }
        }
        self.claim(reading, route, id, rule, serves);
    }

    fn claim(
        &mut self,
        reading: &Reading<'a>,
        route: &TraefikRoute,
        id: &ThingId,
        rule: Rule,
        serves: BTreeSet<Served>,
    ) {
        let class = reading.meta.annotation("kubernetes.io/ingress.class").unwrap_or_default();
        let priority = if route.priority == 0 { rule.default_priority() } else { route.priority };
        self.claims.push(Claim {
            route: id.clone(),
            object: reading.object.clone(),
            priority,
            rule,
            entries: reading.entries.iter().map(|(name, _)| format!("{class}/{name}")).collect(),
            class: class.to_owned(),
            tls: reading.spec.tls.is_some(),
            serves,
        });
    }

    fn judge_rule(&mut self, reading: &Reading<'_>, rule: &Rule, syntax: Syntax, at: usize, id: &ThingId) {
        let field = format!("spec.routes[{at}].match");
        let (version, severity, name) = match syntax {
            Syntax::V2 => (Version::V2, Severity::Critical, "Traefik 2"),
            Syntax::V3 => (Version::V3, Severity::Critical, "Traefik 3"),
            Syntax::Auto if rule.is_accepted() => (Version::V3, Severity::Warning, "Traefik 3"),
            Syntax::Auto => (rule.version(), Severity::Critical, "Traefik"),
        };
        let verdict = rule.valid_in(version);
        if verdict.accepted && self.world.traefik_major == Some(2) {
            self.judge_upgrade(reading, rule, &field, id);
        }
        let Some(problem) = verdict.worst() else { return };
        let finding = if !verdict.accepted {
            let sentence =
                format!("{name} refuses this rule, so the route is not there: {}", problem.sentence);
            broken("route-rule-refused", severity, &reading.object, sentence)
        } else if problem.severity == traefik_rules::Severity::Never {
            let code = if matches!(problem.kind, ProblemKind::Host(_)) {
                "route-host-invalid"
            } else {
                "route-rule-never"
            };
            broken(code, Severity::Critical, &reading.object, problem.sentence.clone())
        } else {
            return;
        };
        let finding = finding.evidence(rule.text()).field(field);
        self.find(
            id,
            match verdict.rewritten {
                Some(text) => finding.remedy(format!("Write it so: {text}")),
                None => finding,
            },
        );
    }

    /// Says of a rule that Traefik 2 takes whether Traefik 3 will.
    fn judge_upgrade(&mut self, reading: &Reading<'_>, rule: &Rule, field: &str, id: &ThingId) {
        let verdict = rule.valid_in(Version::V3);
        let Some(problem) = verdict.worst().filter(|_| !verdict.accepted) else { return };
        let sentence = format!("Traefik 2 takes this rule; Traefik 3 will refuse it: {}", problem.sentence);
        let finding = broken("route-rule-of-traefik-2", Severity::Note, &reading.object, sentence);
        let finding = finding.evidence(rule.text()).field(field);
        self.find(
            id,
            match &verdict.rewritten {
                Some(text) => finding.remedy(format!("Before the upgrade write it so: {text}")),
                None => finding,
            },
        );
    }

    fn middlewares(
        &mut self,
        reading: &Reading<'_>,
        route: &TraefikRoute,
        at: usize,
        id: &ThingId,
    ) -> Passing {
        let own = &*reading.meta.namespace;
        let mut all = Passing::default();
        for (number, reference) in route.middlewares.iter().enumerate() {
            let namespace = if reference.namespace.is_empty() { own } else { &*reference.namespace };
            let field = format!("spec.routes[{at}].middlewares[{number}].name");
            if self.middleware_there(id, &reading.object, namespace, &reference.name, field.clone()) {
                self.crossing(reading, id, namespace, "middleware", &reference.name, &field);
                let passing = self.pass(id, namespace, &reference.name);
                all = all.and(passing);
            }
        }
        all
    }

    /// Says of a reference into another namespace whether Traefik follows it.
    fn crossing(
        &mut self,
        reading: &Reading<'_>,
        id: &ThingId,
        namespace: &str,
        what: &str,
        name: &str,
        field: &str,
    ) {
        let told = &self.world.traefik;
        if namespace == &*reading.meta.namespace || told.cross_namespace {
            return;
        }
        let object = &reading.object;
        let finding = if told.has_provider {
            let sentence = format!(
                "The {what} “{name}” is in namespace “{namespace}”, and Traefik may not follow references into other namespaces: it does not serve the route."
            );
            broken("route-cross-namespace", Severity::Critical, object, sentence)
        } else {
            let sentence = format!(
                "The {what} “{name}” is in namespace “{namespace}”: Traefik serves the route only if it may follow references into other namespaces."
            );
            broken("route-cross-namespace", Severity::Note, object, sentence)
        };
        let remedy = "Set --providers.kubernetescrd.allowCrossNamespace=true, or keep both in one namespace.";
        self.find(id, finding.field(field).remedy(remedy));
    }

    /// Says of a Service outside of the cluster that Traefik may not follow it.
    fn external_name(
        &mut self,
        reading: &Reading<'_>,
        id: &ThingId,
        namespace: &str,
        name: &str,
        field: &str,
    ) {
        let told = &self.world.traefik;
        let outside =
            self.world.service(namespace, name).is_some_and(|service| &*service.spec.kind == "ExternalName");
        if !outside || !told.has_provider || told.external_names {
            return;
        }
        let sentence = format!(
            "The Service “{name}” stands for something outside of the cluster, which Traefik may not follow: it does not serve the route."
        );
        let finding = broken("route-external-name-refused", Severity::Critical, &reading.object, sentence);
        let remedy = "Set --providers.kubernetescrd.allowExternalNameServices=true.";
        self.find(id, finding.field(field).remedy(remedy));
    }

    fn services(
        &mut self,
        reading: &Reading<'_>,
        route: &TraefikRoute,
        at: usize,
        id: &ThingId,
    ) -> BTreeSet<Served> {
        let mut serves = BTreeSet::new();
        let only = route.services.len() < 2;
        for (number, reference) in route.services.iter().enumerate() {
            let field = format!("spec.routes[{at}].services[{number}]");
            let asking = Asking {
                object: reading.object.clone(),
                namespace: reading.meta.namespace.to_string(),
                field,
                only,
            };
            self.traefik_service(reading, id, &asking, reference, &mut serves, DEPTH_MAX);
        }
        serves
    }

    fn traefik_service(
        &mut self,
        reading: &Reading<'_>,
        id: &ThingId,
        asking: &Asking,
        reference: &TraefikServiceRef,
        serves: &mut BTreeSet<Served>,
        depth: usize,
    ) {
        let name = &*reference.name;
        if name == "noop@internal" || depth == 0 {
            return;
        }
        if name.contains('@') {
            serves.insert(Served { namespace: String::new(), name: name.to_owned(), port: String::new() });
            return;
        }
        let namespace =
            if reference.namespace.is_empty() { &asking.namespace } else { &*reference.namespace };
        if &*reference.kind != "TraefikService" {
            let asked = Asked {
                object: &asking.object,
                field: format!("{}.name", asking.field),
                port_field: format!("{}.port", asking.field),
                namespace,
                name,
                port: reference.port.clone(),
                only: asking.only,
                asker: "route",
            };
            serves.insert(self.serve(id, &asked));
            self.external_name(reading, id, namespace, name, &asked.field);
            self.crossing(reading, id, namespace, "Service", name, &asked.field);
            return;
        }
        let Some(found) = self.world.traefik_service(namespace, name) else {
            self.traefik_service_missing(id, asking, namespace, name);
            return;
        };
        let parts = found.spec.parts();
        for (field, part) in &parts {
            let inner = Asking {
                object: ObjectRef::new("TraefikService", namespace, name),
                namespace: namespace.to_owned(),
                field: field.clone(),
                only: parts.len() < 2,
            };
            self.traefik_service(reading, id, &inner, part, serves, depth.saturating_sub(1));
        }
    }

    fn traefik_service_missing(&mut self, id: &ThingId, asking: &Asking, namespace: &str, name: &str) {
        let objects = self.world.objects;
        let old_only = objects.ingress_routes.is_empty() && self.world.read(Kind::OldTraefikService);
        if !self.world.read(Kind::TraefikService) && !old_only {
            return;
        }
        let severity = if asking.only { Severity::Critical } else { Severity::Warning };
        let sentence = format!(
            "The TraefikService “{name}” that this route names does not exist in namespace “{namespace}”."
        );
        let finding = broken("route-service-missing", severity, &asking.object, sentence);
        let finding = finding.field(format!("{}.name", asking.field));
        let there = objects.traefik_services.iter().chain(objects.old_traefik_services.iter());
        let there = there.map(|service| (&*service.metadata.namespace, &*service.metadata.name));
        let near = super::near::near(namespace, name, there).map(|near| near.remedy("TraefikService"));
        let plain = self.world.service(namespace, name).is_some();
        let remedy = if plain {
            Some("There is a Service of that name: leave out the field kind.".to_owned())
        } else {
            near
        };
        self.find(
            id,
            match remedy {
                Some(remedy) => finding.remedy(remedy),
                None => finding,
            },
        );
    }

    fn tcp_route(&mut self, reading: &Reading<'a>, route: &TraefikRoute, at: usize, id: &ThingId) {
        let rule = parse(&route.rule, Syntax::Auto, Protocol::Tcp);
        let syntax = self.syntax(route);
        self.judge_rule(reading, &rule, syntax, at, id);
        let serves = self.services(reading, route, at, id);
        for target in rule.targets() {
            let host = match &target.host {
                HostPattern::Exact(host) => host.clone(),
                HostPattern::Wildcard { suffix, .. } => format!("*.{suffix}"),
                _ => String::new(),
            };
            let passes_on = reading.spec.tls.as_ref().is_some_and(|tls| tls.passthrough);
            self.open_entries(reading, id, &host, if passes_on { "tls" } else { "tcp" }, &serves);
        }
    }

    fn udp_route(&mut self, reading: &Reading<'a>, route: &TraefikRoute, at: usize, id: &ThingId) {
        let serves = self.services(reading, route, at, id);
        self.open_entries(reading, id, "", "udp", &serves);
    }

    fn open_entries(
        &mut self,
        reading: &Reading<'a>,
        id: &ThingId,
        host: &str,
        protocol: &'static str,
        serves: &BTreeSet<Served>,
    ) {
        for (name, entry) in &reading.entries {
            let usual = match &**name {
                "web" => Some(80),
                "websecure" => Some(443),
                _ => None,
            };
            let opened = Opened { host, port: entry.port.or(usual), entry: name, protocol };
            self.port(id, &reading.object, reading.meta, &opened, serves);
        }
        if reading.entries.is_empty() {
            let opened = Opened { host, port: None, entry: "", protocol };
            self.port(id, &reading.object, reading.meta, &opened, serves);
        }
    }
}

/// Who names a service, and where.
struct Asking {
    object: ObjectRef,
    namespace: String,
    field: String,
    only: bool,
}

fn traefik_way<'a>(
    reading: &Reading<'a>,
    id: &ThingId,
    target: &Target,
    path: &PathPattern,
    passing: &Passing,
) -> Way<'a> {
    let address = match &target.host {
        HostPattern::Exact(host) => Address::Host(host.clone()),
        HostPattern::Wildcard { suffix, .. } => Address::Wildcard(format!("*.{suffix}")),
        HostPattern::Regexp(pattern) => Address::Expression(hosts::cut(pattern.text())),
        HostPattern::Any => Address::Any,
        HostPattern::Invalid(text) => Address::Broken(hosts::cut(text)),
    };
    let (path, exact) = match path {
        PathPattern::All => ("/".to_owned(), false),
        PathPattern::Exact(path) => (paths::top(path), true),
        PathPattern::Prefix(path) => (paths::top(path), false),
        PathPattern::Regexp(pattern) => (paths::top(pattern.text()), false),
    };
    let secure = reading.entries.iter().find(|(_, entry)| entry.tls == Some(true));
    let first = secure.or(reading.entries.first()).map(|(_, entry)| entry);
    let tls = reading.spec.tls.is_some();
    let redirected = reading.entries.iter().any(|(_, entry)| entry.redirects);
    let https = match first {
        _ if tls || redirected => Some(true),
        None => None,
        Some(entry) => entry.tls,
    };
    let names =
        reading.entries.iter().fold(Exposure::default(), |all, (name, _)| all.and(Exposure::by_name(name)));
    let mut exposure = names.and(passing.exposure).and(super::exposure::of_meta(reading.meta));
    exposure = exposure
        .and(Exposure::by_name(reading.meta.annotation("kubernetes.io/ingress.class").unwrap_or_default()));
    exposure.fenced |= target.is_internal();
    let port = first.and_then(|entry| entry.port);
    Way {
        path,
        exact,
        https,
        sure: tls || first.is_some_and(|entry| entry.sure),
        port: port.filter(|port| !matches!(port, 80 | 443)),
        exposure,
        machine: machine(target),
        conditional: !target.is_open || !target.conditions.iter().all(is_harmless),
        ..Way::bare(id.clone(), reading.object.clone(), reading.meta, address)
    }
}

/// What says from where somebody comes does not make another page of it.
fn is_harmless(condition: &Condition) -> bool {
    matches!(condition, Condition::ClientIp(_) | Condition::Not(_) | Condition::Unknown(_))
}

/// Why no browser opens it.
fn machine(target: &Target) -> Option<String> {
    if let HostPattern::Exact(host) = &target.host
        && let Some(why) = hosts::for_programs(host)
    {
        return Some(why);
    }
    if target.is_open {
        return None;
    }
    let grpc = target.conditions.iter().any(|condition| match condition {
        Condition::Is(matcher) => matcher.text(Protocol::Http).contains("application/grpc"),
        _ => false,
    });
    grpc.then(|| "Only programs that speak gRPC are led here.".to_owned())
}
