//! The Gateway API: gateways with their listeners, and the routes that attach to them.

use super::certificate::{Shown, some};
use super::draft::{Asked, Draft, Exposure, Served, Way, broken};
use super::hosts::{self, Address, address, covers};
use super::near::near;
use super::paths;
use crate::objects::{
    BackendRef, Condition, Gateway, Listener, Meta, ParentRef, PortName, RouteRule, RouteSpec, RouteStatus,
};
use crate::{Kind, ObjectRef, Severity, ThingId, ThingKind};
use std::collections::BTreeSet;

/// The most combinations of host and match that one rule is taken apart into.
const WAYS_MAX: usize = 256;

/// One route while it is read.
struct Reading<'a> {
    kind: Kind,
    object: ObjectRef,
    meta: &'a Meta,
    spec: &'a RouteSpec,
    status: &'a RouteStatus,
    whole: ThingId,
    /// The listeners it attaches to, with their gateway.
    listeners: Vec<(&'a Gateway, &'a Listener)>,
    exposure: Exposure,
    /// Whether a gateway could not be looked at.
    blind: bool,
}

/// What a parent reference leads to.
enum Parent<'a> {
    Listeners(&'a Gateway, Vec<&'a Listener>),
    Gone,
    Unknown,
}

impl<'a> Draft<'a, '_> {
    /// Reads gateways and routes.
    pub(super) fn gateway_api(&mut self) {
        let objects = self.world.objects;
        for gateway in objects.gateways.iter() {
            self.gateway(gateway);
        }
        for route in objects.http_routes.iter() {
            self.gateway_route(Kind::HTTPRoute, &route.metadata, &route.spec, &route.status);
        }
        for route in objects.grpc_routes.iter() {
            self.gateway_route(Kind::GRPCRoute, &route.metadata, &route.spec, &route.status);
        }
        for route in objects.tls_routes.iter() {
            self.gateway_route(Kind::TLSRoute, &route.metadata, &route.spec, &route.status);
        }
    }

    fn gateway(&mut self, gateway: &'a Gateway) {
        let meta = &gateway.metadata;
        let object = ObjectRef::new("Gateway", &meta.namespace, &meta.name);
        let id = gateway_id(meta);
        let services: Vec<ThingId> =
            self.gateway_services(meta).iter().map(|service| self.entrance(service)).collect();
        let address = gateway.status.addresses.iter().map(|address| &*address.value).collect::<Vec<_>>();
        let thing = self.picture.thing(id.clone());
        meta.name.as_ref().clone_into(&mut thing.title);
        thing.objects.insert(object.clone());
        thing.needs.extend(services);
        thing.fact("class", &*gateway.spec.gateway_class_name).judged = true;
        if !address.is_empty() {
            thing.fact("address", some(&address));
        }
        for (kind, code) in [("Accepted", "gateway-not-accepted"), ("Programmed", "gateway-not-programmed")] {
            let Some(condition) = Condition::find(&gateway.status.conditions, kind).filter(|c| c.is_false())
            else {
                continue;
            };
            let what = if kind == "Accepted" { "does not accept" } else { "has not set up" };
            let sentence = format!(
                "The controller of class “{}” {what} this Gateway ({}), so nothing behind it is reached.",
                gateway.spec.gateway_class_name, condition.reason
            );
            let finding = broken(code, Severity::Critical, &object, sentence).evidence(&condition.message);
            self.find(&id, finding.field("status.conditions"));
            break;
        }
        for at in 0..gateway.spec.listeners.len() {
            self.listener(gateway, &object, at);
        }
    }

    /// The Services through which a gateway is reached.
    fn gateway_services(&self, meta: &Meta) -> Vec<&'a crate::objects::Service> {
        let services = self.world.objects.services.iter().map(AsRef::as_ref);
        let of = |labels: &crate::objects::Labels, label: &str| {
            labels.get(label).is_some_and(|name| *name == meta.name)
        };
        services
            .filter(|service| {
                let labels = &service.metadata.labels;
                of(labels, "gateway.networking.k8s.io/gateway-name")
                    && service.metadata.namespace == meta.namespace
                    || of(labels, "gateway.envoyproxy.io/owning-gateway-name")
                        && labels.get("gateway.envoyproxy.io/owning-gateway-namespace")
                            == Some(&meta.namespace)
                    || of(labels, "io.cilium.gateway/owning-gateway")
                        && service.metadata.namespace == meta.namespace
            })
            .collect()
    }

    fn listener(&mut self, gateway: &'a Gateway, object: &ObjectRef, at: usize) {
        let Some(listener) = gateway.spec.listeners.get(at) else { return };
        let id = listener_id(&gateway.metadata, listener);
        let thing = self.picture.thing(id.clone());
        thing.title = format!("{} {}", gateway.metadata.name, listener.name);
        thing.objects.insert(object.clone());
        thing.needs.insert(gateway_id(&gateway.metadata));
        thing.fact("port", i64::from(listener.port)).fact("protocol", &*listener.protocol).judged = true;
        if !listener.hostname.is_empty() {
            thing.fact("host", &*listener.hostname);
        }
        let before = self.picture.thing(id.clone()).findings.len();
        for (number, reference) in listener.tls.iter().flat_map(|tls| &tls.certificate_refs).enumerate() {
            if !matches!(&*reference.kind, "" | "Secret") || !reference.group.is_empty() {
                continue;
            }
            let namespace = own_or(&reference.namespace, &gateway.metadata.namespace);
            let hosts: Vec<&str> = match address(&listener.hostname) {
                Address::Host(_) => vec![&*listener.hostname],
                _ => Vec::new(),
            };
            let shown = Shown {
                object,
                field: format!("spec.listeners[{at}].tls.certificateRefs[{number}].name"),
                namespace,
                secret: &reference.name,
                hosts: &hosts,
            };
            self.certificate(&id, &shown);
            let asked = Granted {
                kind: "Gateway",
                namespace: &object.namespace,
                to: "Secret",
                at: namespace,
                name: &reference.name,
            };
            self.grant(&id, object, &asked, format!("spec.listeners[{at}].tls.certificateRefs[{number}]"));
        }
        if self.picture.thing(id.clone()).findings.len() == before {
            self.listener_status(&id, gateway, object, &listener.name);
        }
    }

    /// What the controller says of a listener, where nothing was found that explains it.
    fn listener_status(&mut self, id: &ThingId, gateway: &Gateway, object: &ObjectRef, name: &str) {
        let Some(status) = gateway.status.listeners.iter().find(|status| &*status.name == name) else {
            return;
        };
        let bad = ["Conflicted", "ResolvedRefs", "Accepted", "Programmed"].iter().find_map(|kind| {
            let condition = Condition::find(&status.conditions, kind)?;
            let bad = if *kind == "Conflicted" { condition.is_true() } else { condition.is_false() };
            bad.then_some(condition)
        });
        let Some(condition) = bad else { return };
        let sentence = format!("The listener “{name}” of this Gateway does not work ({}).", condition.reason);
        let finding = broken("listener-not-ready", Severity::Critical, object, sentence);
        self.find(id, finding.evidence(&condition.message).field("status.listeners"));
    }

    fn gateway_route(&mut self, kind: Kind, meta: &'a Meta, spec: &'a RouteSpec, status: &'a RouteStatus) {
        let word = kind.resource().kind;
        let mut reading = Reading {
            kind,
            object: ObjectRef::new(word, &meta.namespace, &meta.name),
            meta,
            spec,
            status,
            whole: ThingId::route(word, &meta.namespace, &meta.name, None),
            listeners: Vec::new(),
            exposure: super::exposure::of_meta(meta),
            blind: false,
        };
        let before = self.picture.thing(reading.whole.clone()).findings.len();
        self.parents(&mut reading);
        for (at, host) in spec.hostnames.iter().enumerate() {
            let whole = reading.whole.clone();
            self.judge_host(&whole, &reading.object, host, &format!("spec.hostnames[{at}]"));
        }
        let several = spec.rules.len() > 1;
        let mut explained = self.picture.thing(reading.whole.clone()).findings.len() > before;
        for (at, rule) in spec.rules.iter().enumerate() {
            let id = if several {
                ThingId::route(word, &meta.namespace, &meta.name, Some(at.saturating_add(1)))
            } else {
                reading.whole.clone()
            };
            self.gateway_rule(&reading, rule, at, &id);
            explained |= !self.picture.thing(id.clone()).findings.is_empty();
            self.finish_rule(&reading, &id);
        }
        let whole = reading.whole.clone();
        self.finish_rule(&reading, &whole);
        if !explained {
            self.route_status(&reading);
        }
    }

    fn finish_rule(&mut self, reading: &Reading<'_>, id: &ThingId) {
        let thing = self.picture.thing(id.clone());
        thing.objects.insert(reading.object.clone());
        thing.judged = true;
        if *id == reading.whole {
            thing.needs.extend(
                reading.listeners.iter().map(|(gateway, listener)| listener_id(&gateway.metadata, listener)),
            );
        } else {
            thing.needs.insert(reading.whole.clone());
        }
    }

    /// Follows the parents, with what is wrong with them.
    fn parents(&mut self, reading: &mut Reading<'a>) {
        let mut attached = 0_usize;
        let mut findings = Vec::new();
        for (at, parent) in reading.spec.parent_refs.iter().enumerate() {
            if !matches!(&*parent.kind, "" | "Gateway") {
                reading.blind = true;
                continue;
            }
            reading.exposure = reading
                .exposure
                .and(Exposure::by_name(&parent.name))
                .and(Exposure::by_name(&parent.section_name));
            match self.parent(reading, parent, at, &mut findings) {
                Parent::Listeners(gateway, listeners) => {
                    attached = attached.saturating_add(1);
                    reading.listeners.extend(listeners.into_iter().map(|listener| (gateway, listener)));
                }
                Parent::Gone => {}
                Parent::Unknown => reading.blind = true,
            }
        }
        for mut finding in findings {
            if attached > 0 || reading.blind {
                finding.severity = Severity::Warning;
            }
            self.find(&reading.whole, finding);
        }
        if reading.spec.parent_refs.is_empty() {
            let sentence = "This route names no Gateway, so nobody serves it.".to_owned();
            let finding = broken("route-no-parent", Severity::Critical, &reading.object, sentence);
            self.find(&reading.whole, finding.field("spec.parentRefs"));
        }
    }

    fn parent(
        &mut self,
        reading: &Reading<'a>,
        parent: &ParentRef,
        at: usize,
        findings: &mut Vec<crate::Finding>,
    ) -> Parent<'a> {
        let objects = self.world.objects;
        let namespace = own_or(&parent.namespace, &reading.meta.namespace);
        let Some(gateway) = objects.gateways.get(namespace, &parent.name).map(AsRef::as_ref) else {
            if !self.world.read(Kind::Gateway) {
                return Parent::Unknown;
            }
            let sentence = format!(
                "The Gateway “{}” that this route names does not exist in namespace “{namespace}”.",
                parent.name
            );
            let finding = broken("route-gateway-missing", Severity::Critical, &reading.object, sentence)
                .field(format!("spec.parentRefs[{at}].name"));
            let there = objects.gateways.iter().map(|g| (&*g.metadata.namespace, &*g.metadata.name));
            findings.push(match near(namespace, &parent.name, there) {
                Some(near) => finding.remedy(near.remedy("Gateway")),
                None => finding,
            });
            return Parent::Gone;
        };
        let named: Vec<&Listener> = gateway
            .spec
            .listeners
            .iter()
            .filter(|listener| parent.section_name.is_empty() || listener.name == parent.section_name)
            .filter(|listener| parent.port.is_none_or(|port| port == listener.port))
            .collect();
        if named.is_empty() {
            findings.push(listener_missing(reading, parent, gateway, at));
            return Parent::Gone;
        }
        let fitting: Vec<&Listener> =
            named.iter().copied().filter(|listener| self.fits(reading, gateway, listener)).collect();
        if fitting.is_empty() {
            findings.push(self.not_taken(reading, gateway, &named, at));
            return Parent::Gone;
        }
        Parent::Listeners(gateway, fitting)
    }

    fn fits(&self, reading: &Reading<'_>, gateway: &Gateway, listener: &Listener) -> bool {
        let hosts = &reading.spec.hostnames;
        let named = listener.hostname.is_empty()
            || hosts.is_empty()
            || hosts.iter().any(|host| overlap(&listener.hostname, host));
        named && self.admits(reading, gateway, listener) && speaks(reading.kind, &listener.protocol)
    }

    /// Whether a listener takes routes of that namespace.
    fn admits(&self, reading: &Reading<'_>, gateway: &Gateway, listener: &Listener) -> bool {
        let allowed = &listener.allowed_routes.namespaces;
        match &*allowed.from {
            "All" => true,
            "Selector" => {
                let selector = &allowed.selector;
                let namespace = self.world.objects.namespaces.get("", &reading.meta.namespace);
                namespace.is_none_or(|namespace| {
                    let labels = &namespace.metadata.labels;
                    selector.match_labels.iter().all(|(name, value)| {
                        labels.get(name) == Some(value)
                            || &**name == "kubernetes.io/metadata.name" && *value == reading.meta.namespace
                    })
                })
            }
            _ => gateway.metadata.namespace == reading.meta.namespace,
        }
    }

    fn not_taken(
        &self,
        reading: &Reading<'_>,
        gateway: &Gateway,
        named: &[&Listener],
        at: usize,
    ) -> crate::Finding {
        let barred = !named.iter().any(|listener| self.admits(reading, gateway, listener));
        let names: Vec<&str> = named.iter().map(|listener| &*listener.name).collect();
        let (code, sentence, remedy) = if barred {
            let sentence = format!(
                "The Gateway “{}” takes no routes from namespace “{}”.",
                gateway.metadata.name, reading.meta.namespace
            );
            let remedy = format!(
                "Its field spec.listeners[].allowedRoutes.namespaces (of {}) says from where.",
                some(&names)
            );
            ("route-namespace-barred", sentence, remedy)
        } else {
            let takes: Vec<&str> =
                named.iter().map(|listener| &*listener.hostname).filter(|h| !h.is_empty()).collect();
            let hosts: Vec<&str> = reading.spec.hostnames.iter().map(AsRef::as_ref).collect();
            let sentence = if takes.is_empty() {
                format!(
                    "No listener of the Gateway “{}” takes a {}.",
                    gateway.metadata.name, reading.object.kind
                )
            } else {
                format!(
                    "The Gateway “{}” takes {}, not {}: nobody serves this route there.",
                    gateway.metadata.name,
                    some(&takes),
                    some(&hosts)
                )
            };
            ("route-listener-host", sentence, "The host names of route and listener must overlap.".to_owned())
        };
        broken(code, Severity::Critical, &reading.object, sentence)
            .field(format!("spec.parentRefs[{at}]"))
            .remedy(remedy)
    }

    /// What the controllers say of a route, where nothing was found that explains it.
    fn route_status(&mut self, reading: &Reading<'_>) {
        let refuses = |parent: &&crate::objects::RouteParentStatus| {
            ["Accepted", "ResolvedRefs"]
                .iter()
                .any(|kind| Condition::find(&parent.conditions, kind).is_some_and(Condition::is_false))
        };
        // What is said of a parent that the route no longer names is left over.
        let named = |parent: &&crate::objects::RouteParentStatus| {
            reading.spec.parent_refs.iter().any(|named| named.name == parent.parent_ref.name)
        };
        let told: Vec<_> = reading.status.parents.iter().filter(named).collect();
        let all = told.iter().all(refuses);
        for parent in told {
            let bad = ["Accepted", "ResolvedRefs"].iter().find_map(|kind| {
                Condition::find(&parent.conditions, kind).filter(|condition| condition.is_false())
            });
            let Some(condition) = bad else { continue };
            let sentence = if &*condition.kind == "Accepted" {
                format!(
                    "The Gateway “{}” does not accept this route ({}).",
                    parent.parent_ref.name, condition.reason
                )
            } else {
                format!("Something that this route names could not be found ({}).", condition.reason)
            };
            let code =
                if &*condition.kind == "Accepted" { "route-not-accepted" } else { "route-refs-unresolved" };
            let severity = if all { Severity::Critical } else { Severity::Warning };
            let finding = broken(code, severity, &reading.object, sentence);
            let whole = reading.whole.clone();
            self.find(&whole, finding.evidence(&condition.message).field("status.parents"));
        }
    }

    fn gateway_rule(&mut self, reading: &Reading<'a>, rule: &RouteRule, at: usize, id: &ThingId) {
        let mut serves = BTreeSet::new();
        let weighted: Vec<_> = rule.backend_refs.iter().enumerate().collect();
        let only = weighted.len() < 2;
        for (number, backend) in weighted {
            serves.extend(self.backend_ref(
                reading,
                id,
                backend,
                &format!("spec.rules[{at}].backendRefs[{number}]"),
                only,
            ));
        }
        let redirect = rule.filters.iter().find_map(|filter| filter.request_redirect.as_ref());
        let redirect =
            redirect.filter(|_| rule.backend_refs.is_empty()).map(|to| to.hostname.to_ascii_lowercase());
        self.extensions(reading, rule, at, id);
        if reading.kind == Kind::TLSRoute {
            self.tls_ports(reading, id, &serves);
            return;
        }
        // A route of a mesh attaches to Services: nothing comes in from outside.
        if reading.spec.parent_refs.iter().any(|parent| &*parent.kind == "Service")
            && reading.listeners.is_empty()
        {
            return;
        }
        let mut hosts = self.route_hosts(reading);
        if redirect.is_none() && !serves.is_empty() {
            hosts.iter_mut().for_each(|(host, listeners)| at_address(host, listeners));
        }
        let everything = [Default::default()];
        let matches = if rule.matches.is_empty() { &everything[..] } else { &rule.matches };
        let mut left = WAYS_MAX;
        for (order, (host, listeners)) in hosts.iter().enumerate() {
            for one in matches {
                left = left.saturating_sub(1);
                if left == 0 {
                    return;
                }
                let path = one.path.as_ref().map_or_else(|| "/".to_owned(), |path| paths::top(&path.value));
                let conditional = !one.headers.is_empty()
                    || !one.query_params.is_empty()
                    || !matches!(&*one.method, "" | "GET");
                let mut way = self.gateway_way(reading, id, host, listeners);
                way.order = order;
                way.path = path;
                way.exact = one.path.as_ref().is_some_and(|path| &*path.kind == "Exact");
                // One for a method and one for the rest, or two expressions, are no rivals.
                if !one.method.is_empty()
                    || one.path.as_ref().is_some_and(|path| &*path.kind == "RegularExpression")
                {
                    way.entrances.clear();
                }
                way.conditional = conditional;
                way.serves = serves.clone();
                way.redirect.clone_from(&redirect);
                self.ways.push(way);
            }
        }
    }

    /// The filters that are objects of their own: middlewares of Traefik.
    fn extensions(&mut self, reading: &Reading<'a>, rule: &RouteRule, at: usize, id: &ThingId) {
        for (number, filter) in rule.filters.iter().enumerate() {
            let Some(reference) =
                filter.extension_ref.as_ref().filter(|reference| &*reference.kind == "Middleware")
            else {
                continue;
            };
            let field = format!("spec.rules[{at}].filters[{number}].extensionRef.name");
            if self.middleware_there(id, &reading.object, &reading.meta.namespace, &reference.name, field) {
                self.pass(id, &reading.meta.namespace, &reference.name);
            }
        }
    }

    /// Each host with the listeners that take it. A route without host names has those of its listeners.
    fn route_hosts(&self, reading: &Reading<'a>) -> Vec<(String, Vec<(&'a Gateway, &'a Listener)>)> {
        if reading.spec.hostnames.is_empty() {
            let mut hosts: Vec<(String, Vec<_>)> = Vec::new();
            for (gateway, listener) in &reading.listeners {
                match hosts.iter_mut().find(|(host, _)| **host == *listener.hostname) {
                    Some((_, listeners)) => listeners.push((*gateway, *listener)),
                    None => hosts.push((listener.hostname.to_string(), vec![(*gateway, *listener)])),
                }
            }
            return hosts;
        }
        let of = |host: &str| {
            let fitting = |(_, listener): &&(&'a Gateway, &'a Listener)| {
                listener.hostname.is_empty() || overlap(&listener.hostname, host)
            };
            reading.listeners.iter().filter(fitting).copied().collect()
        };
        reading.spec.hostnames.iter().map(|host| (host.to_string(), of(host))).collect()
    }

    fn gateway_way(
        &self,
        reading: &Reading<'a>,
        id: &ThingId,
        host: &str,
        listeners: &[(&'a Gateway, &'a Listener)],
    ) -> Way<'a> {
        let secure =
            listeners.iter().find(|(_, listener)| &*listener.protocol == "HTTPS" || listener.tls.is_some());
        let plain = listeners.iter().find(|(_, listener)| &*listener.protocol == "HTTP");
        let https = match (secure, plain) {
            (Some(_), _) => Some(true),
            (None, Some((_, listener))) if super::entry::is_tls_name(&listener.name) => Some(true),
            (None, Some(_)) => Some(false),
            // A gateway that cannot be looked at is probably encrypted, as nearly all are.
            (None, None) => reading.blind.then_some(true),
        };
        let port = secure.or(plain).and_then(|(gateway, listener)| public_port(gateway, listener));
        let mut exposure = listeners.iter().fold(reading.exposure, |exposure, (gateway, listener)| {
            exposure.and(Exposure::by_name(&gateway.metadata.name)).and(Exposure::by_name(&listener.name))
        });
        for (gateway, _) in listeners {
            exposure = exposure.and(Exposure::by_name(&gateway.spec.gateway_class_name));
        }
        let machine = match reading.kind {
            Kind::GRPCRoute => Some("It is a route of gRPC: programs call it.".to_owned()),
            _ => hosts::for_programs(host),
        };
        Way {
            entrances: listeners
                .iter()
                .map(|(gateway, listener)| listener_id(&gateway.metadata, listener).name)
                .collect(),
            https,
            sure: secure.is_some(),
            port,
            exposure,
            machine,
            ..Way::bare(id.clone(), reading.object.clone(), reading.meta, address(host))
        }
    }

    fn backend_ref(
        &mut self,
        reading: &Reading<'_>,
        id: &ThingId,
        backend: &BackendRef,
        field: &str,
        only: bool,
    ) -> Option<Served> {
        // Controllers take further kinds; TraefikService is the one whose parts are known.
        if &*backend.kind == "TraefikService" && backend.name.ends_with("@internal") {
            return Some(Served {
                namespace: String::new(),
                name: backend.name.to_string(),
                port: String::new(),
            });
        }
        if !matches!(&*backend.kind, "" | "Service") || !backend.group.is_empty() || backend.weight == Some(0)
        {
            return None;
        }
        let namespace = own_or(&backend.namespace, &reading.meta.namespace);
        let asked = Asked {
            object: &reading.object,
            field: format!("{field}.name"),
            port_field: format!("{field}.port"),
            namespace,
            name: &backend.name,
            port: backend.port.map(PortName::Number),
            only,
            asker: "route",
        };
        let served = self.serve(id, &asked);
        let kind = reading.kind.resource().kind;
        let granted = Granted {
            kind,
            namespace: &reading.meta.namespace,
            to: "Service",
            at: namespace,
            name: &backend.name,
        };
        self.grant(id, &reading.object, &granted, field.to_owned());
        Some(served)
    }

    /// Says where a reference into another namespace is not granted there.
    fn grant(&mut self, on: &ThingId, object: &ObjectRef, asked: &Granted<'_>, field: String) {
        if asked.namespace == asked.at || !self.world.read(Kind::ReferenceGrant) {
            return;
        }
        let granted = self.world.objects.reference_grants.in_namespace(asked.at).any(|grant| {
            let from = grant
                .spec
                .from
                .iter()
                .any(|from| &*from.kind == asked.kind && &*from.namespace == asked.namespace);
            let to = grant
                .spec
                .to
                .iter()
                .any(|to| &*to.kind == asked.to && (to.name.is_empty() || &*to.name == asked.name));
            from && to
        });
        if granted {
            return;
        }
        let sentence = format!(
            "Nothing in namespace “{}” grants a {} of namespace “{}” the use of the {} “{}”, so the Gateway refuses it.",
            asked.at, asked.kind, asked.namespace, asked.to, asked.name
        );
        let finding = broken("reference-not-granted", Severity::Critical, object, sentence).field(field);
        self.find(on, finding.remedy(format!("A ReferenceGrant in namespace “{}” allows it.", asked.at)));
    }

    /// A route of TLS is passed on as it is: a port, not a page.
    fn tls_ports(&mut self, reading: &Reading<'a>, id: &ThingId, serves: &BTreeSet<Served>) {
        for (host, listeners) in self.route_hosts(reading) {
            let port = listeners
                .first()
                .map_or(443, |(gateway, listener)| public_port(gateway, listener).unwrap_or(listener.port));
            self.port(
                id,
                &reading.object,
                reading.meta,
                &super::ports::Opened { host: &host, port: Some(port), entry: "", protocol: "tls" },
                serves,
            );
        }
    }
}

/// What a reference into another namespace asks for.
struct Granted<'q> {
    kind: &'q str,
    namespace: &'q str,
    to: &'q str,
    at: &'q str,
    name: &'q str,
}

/// A route for all hosts is opened at the address of its gateway.
fn at_address(host: &mut String, listeners: &[(&Gateway, &Listener)]) {
    if host.is_empty() {
        let address = listeners.iter().find_map(|(gateway, _)| gateway.status.addresses.first());
        *host = address.map(|address| address.value.to_string()).unwrap_or_default();
    }
}

fn own_or<'q>(named: &'q str, own: &'q str) -> &'q str {
    if named.is_empty() { own } else { named }
}

fn gateway_id(meta: &Meta) -> ThingId {
    ThingId::new(ThingKind::EntryPoint, format!("gateway/{}/{}", meta.namespace, meta.name))
}

fn listener_id(gateway: &Meta, listener: &Listener) -> ThingId {
    ThingId::new(
        ThingKind::EntryPoint,
        format!("gateway/{}/{}/{}", gateway.namespace, gateway.name, listener.name),
    )
}

/// Whether two names, each perhaps with a wildcard, have a host in common. A wildcard of a listener stands for several labels.
fn overlap(a: &str, b: &str) -> bool {
    let below = |pattern: &str, host: &str| {
        pattern.strip_prefix('*').is_some_and(|end| host.trim_start_matches('*').ends_with(end))
    };
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    covers(&a, &b) || covers(&b, &a) || below(&a, &b) || below(&b, &a)
}

fn speaks(kind: Kind, protocol: &str) -> bool {
    match kind {
        Kind::TLSRoute => matches!(protocol, "TLS" | "" | "HTTPS"),
        _ => !matches!(protocol, "TCP" | "UDP" | "TLS"),
    }
}

/// The port that people see, where it is not that of the scheme. Listeners of Traefik are told by the ports of its pods.
fn public_port(gateway: &Gateway, listener: &Listener) -> Option<u16> {
    let traefik = gateway.spec.gateway_class_name.contains("traefik");
    match listener.port {
        0 | 80 | 443 => None,
        8000 | 8443 | 8080 if traefik => None,
        port => Some(port),
    }
}

fn listener_missing(
    reading: &Reading<'_>,
    parent: &ParentRef,
    gateway: &Gateway,
    at: usize,
) -> crate::Finding {
    let names: Vec<&str> = gateway.spec.listeners.iter().map(|listener| &*listener.name).collect();
    let wanted = match (&*parent.section_name, parent.port) {
        ("", Some(port)) => format!("listener on port {port}"),
        (name, _) => format!("listener “{name}”"),
    };
    let has = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", some(&names)) };
    let sentence = format!("The Gateway “{}” has no {wanted}: {has}.", gateway.metadata.name);
    let field = if parent.section_name.is_empty() { "port" } else { "sectionName" };
    broken("route-listener-missing", Severity::Critical, &reading.object, sentence)
        .field(format!("spec.parentRefs[{at}].{field}"))
}
