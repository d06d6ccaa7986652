//! Services that are reached without any route: by a load balancer, a port of the nodes, or under a name outside.

use super::draft::{Draft, Exposure, Served, Way};
use super::hosts::{self, Address, address};
use super::looks::{self, Behind};
use super::ports::Opened;
use crate::objects::{Condition, Service, ServicePort};
use crate::{ObjectRef, ThingId};
use app_catalog::Role;
use std::collections::BTreeSet;

/// Ports on which pages usually answer.
const PAGES: [u16; 32] = [
    80, 443, 3000, 3001, 5000, 5001, 5055, 6767, 7878, 8000, 8006, 8008, 8080, 8081, 8082, 8083, 8086, 8088,
    8090, 8096, 8112, 8123, 8181, 8443, 8686, 8787, 8888, 8989, 9000, 9090, 9443, 32400,
];

/// Names of ports on which pages answer.
const NAMES: [&str; 12] = [
    "http",
    "https",
    "web",
    "webui",
    "web-ui",
    "ui",
    "gui",
    "dashboard",
    "admin",
    "http-web",
    "https-web",
    "main",
];

impl<'a> Draft<'a, '_> {
    /// Adds what is reached without a route.
    pub(super) fn services_without_route(&mut self) {
        let routed: BTreeSet<(String, String, String)> = self
            .used
            .iter()
            .map(|served| (served.namespace.clone(), served.name.clone(), served.port.clone()))
            .collect();
        for service in self.world.objects.services.iter() {
            let kind = &*service.spec.kind;
            if !matches!(kind, "LoadBalancer" | "NodePort" | "ExternalName")
                || self.world.is_entrance(service)
            {
                continue;
            }
            let meta = &service.metadata;
            let is_routed = |port: &str| {
                routed.contains(&(meta.namespace.to_string(), meta.name.to_string(), port.to_owned()))
            };
            let ports: Vec<&ServicePort> =
                service.spec.ports.iter().filter(|port| !is_routed(&port.port.to_string())).collect();
            if ports.len() == service.spec.ports.len() && !is_routed("") {
                self.open(service, &ports, true);
            } else {
                self.open(service, &ports, false);
            }
        }
    }

    /// Opens the ports of a Service: the best as a tile, where none is served by a route, the others as ports.
    fn open(&mut self, service: &'a Service, ports: &[&ServicePort], tile: bool) {
        let meta = &service.metadata;
        let object = ObjectRef::new("Service", &meta.namespace, &meta.name);
        let route = ThingId::backend(&meta.namespace, &meta.name);
        let host = self.reached_at(service);
        let behind = looks::behind(
            self.world,
            Some(&Served {
                namespace: meta.namespace.to_string(),
                name: meta.name.to_string(),
                port: String::new(),
            }),
        );
        let page = if tile { page(ports, &behind) } else { None };
        let mut some = false;
        for port in ports {
            let Some(number) = public(service, port) else { continue };
            let served = Served {
                namespace: meta.namespace.to_string(),
                name: meta.name.to_string(),
                port: port.port.to_string(),
            };
            some = true;
            if page.is_some_and(|page| std::ptr::eq(page, *port)) && !host.is_empty() {
                let way = self.tile_way(service, &route, &object, &host, number, port, served);
                self.ways.push(way);
                continue;
            }
            if &*service.spec.kind == "ExternalName" {
                continue;
            }
            let protocol = if port.protocol.eq_ignore_ascii_case("udp") { "udp" } else { "tcp" };
            let opened = Opened { host: &host, port: Some(number), entry: "", protocol };
            self.port(&route, &object, meta, &opened, &BTreeSet::from([served]));
        }
        if some {
            let served = Served {
                namespace: meta.namespace.to_string(),
                name: meta.name.to_string(),
                port: String::new(),
            };
            self.used.insert(served);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is one part of the way")]
    fn tile_way(
        &self,
        service: &'a Service,
        route: &ThingId,
        object: &ObjectRef,
        host: &str,
        number: u16,
        port: &ServicePort,
        served: Served,
    ) -> Way<'a> {
        let https = port.name.contains("https") || matches!(number, 443 | 8443 | 9443 | 8006);
        let name = address(host);
        let exposure = super::exposure::of_meta(&service.metadata);
        let inside = Exposure { internal: hosts::is_private(host), ..exposure };
        Way {
            serves: BTreeSet::from([served]),
            https: Some(https),
            port: Some(number),
            by_port: true,
            exposure: inside,
            ..Way::bare(route.clone(), object.clone(), &service.metadata, name)
        }
    }

    /// The name or address under which a Service is reached; empty where it is not known.
    fn reached_at(&self, service: &Service) -> String {
        if &*service.spec.kind == "ExternalName" {
            return service.spec.external_name.to_string();
        }
        let named =
            service.metadata.annotation("external-dns.alpha.kubernetes.io/hostname").unwrap_or_default();
        let named = named.split(',').next().unwrap_or_default().trim();
        if matches!(address(named), Address::Host(_)) {
            return named.to_owned();
        }
        super::entry::given(service)
            .or_else(|| service.spec.external_ips.first().map(ToString::to_string))
            .or_else(|| Some(service.spec.load_balancer_ip.to_string()).filter(|ip| !ip.is_empty()))
            .or_else(|| self.node_address().filter(|_| &*service.spec.kind == "NodePort"))
            .unwrap_or_default()
    }

    /// The address of a node that is ready, for ports that all of them open.
    fn node_address(&self) -> Option<String> {
        let nodes = self.world.objects.nodes.iter();
        let ready = nodes.filter(|node| {
            Condition::find(&node.status.conditions, "Ready").is_none_or(|condition| !condition.is_false())
        });
        ready
            .flat_map(|node| &node.status.addresses)
            .find(|one| &*one.kind == "InternalIP")
            .map(|one| one.address.to_string())
    }
}

/// The port that people see.
fn public(service: &Service, port: &ServicePort) -> Option<u16> {
    let number = if &*service.spec.kind == "NodePort" { port.node_port } else { port.port };
    (number != 0).then_some(number)
}

/// The port on which pages answer, if any does.
fn page<'p>(ports: &[&'p ServicePort], behind: &Behind<'_>) -> Option<&'p ServicePort> {
    if behind.app.is_some_and(|app| app.role == Role::Machine) {
        return None;
    }
    let rank = |port: &ServicePort| -> Option<usize> {
        if !matches!(&*port.protocol, "" | "TCP") {
            return None;
        }
        let target =
            port.target_port.as_ref().and_then(crate::objects::PortName::number).unwrap_or(port.port);
        if behind.app.is_some_and(|app| app.ports.contains(&target) || app.ports.contains(&port.port)) {
            return Some(0);
        }
        let name = port.name.to_ascii_lowercase();
        if let Some(at) = NAMES.iter().position(|known| *known == name) {
            return Some(at.saturating_add(1));
        }
        if port.app_protocol.to_ascii_lowercase().contains("http")
            || name.contains("http")
            || name.contains("web")
        {
            return Some(20);
        }
        (PAGES.contains(&port.port) || PAGES.contains(&target)).then_some(30)
    };
    let ranked = ports.iter().filter_map(|port| rank(port).map(|rank| (rank, port.port, *port)));
    ranked.min_by_key(|(rank, number, _)| (*rank, *number)).map(|(_, _, port)| port)
}
