//! What is put down while the routes are read: ways from a host and path to what serves them, and the things on the way.

use super::conflicts::Claim;
use super::hosts::Address;
use super::world::World;
use crate::objects::{Meta, PortName};
use crate::{Finding, Kind, ObjectRef, Picture, Severity, ThingId};
use std::collections::BTreeSet;

/// What serves a way: a Service and its port, or something of Traefik's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Served {
    /// The namespace; empty for what is Traefik's own.
    pub(super) namespace: String,
    /// The name: `jellyfin`, `api@internal`.
    pub(super) name: String,
    /// The port by number, where the Service has it; else as it is written.
    pub(super) port: String,
}

/// From where it is reached, as far as anything says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Exposure {
    /// Something says: from inside.
    pub(super) internal: bool,
    /// Something says: from everywhere.
    pub(super) external: bool,
    /// Others than those inside are turned away, whatever else is said.
    pub(super) fenced: bool,
}

impl Exposure {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            internal: self.internal || other.internal,
            external: self.external || other.external,
            fenced: self.fenced || other.fenced,
        }
    }

    /// Takes what a name says: `envoy-internal`, `external-nginx`.
    pub(super) fn by_name(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let has = |words: &[&str]| name.split(['-', '_', '.', '/', '@']).any(|part| words.contains(&part));
        Self {
            internal: has(&["internal", "private", "lan", "intranet", "tailscale", "tailnet", "vpn", "int"]),
            external: has(&["external", "public", "internet", "ext", "cloudflare", "wan"]),
            fenced: false,
        }
    }
}

/// A way from a host and path to what serves it.
#[derive(Debug)]
pub(super) struct Way<'a> {
    /// The route.
    pub(super) route: ThingId,
    /// The object that says so.
    pub(super) object: ObjectRef,
    pub(super) meta: &'a Meta,
    /// Its place among the hosts of that object; the first is what people call it by.
    pub(super) order: usize,
    pub(super) address: Address,
    /// Where it is listened for, for comparing it with others; empty: it is compared otherwise.
    pub(super) entrances: Vec<String>,
    /// Only this path, not those below.
    pub(super) exact: bool,
    /// The path that a person opens.
    pub(super) path: String,
    /// What serves it; empty where nothing does, or where it only redirects.
    pub(super) serves: BTreeSet<Served>,
    /// It only sends people elsewhere: to this host, or to another scheme of the same where empty.
    pub(super) redirect: Option<String>,
    /// Whether it is encrypted; none: nothing says so.
    pub(super) https: Option<bool>,
    /// Whether that is certain.
    pub(super) sure: bool,
    /// The port, where it is not that of the scheme.
    pub(super) port: Option<u16>,
    /// Whether other ports of that host lead to other things, as with the addresses of load balancers and nodes.
    pub(super) by_port: bool,
    pub(super) exposure: Exposure,
    /// Why nobody opens it with a browser.
    pub(super) machine: Option<String>,
    /// Whether more is asked than host and path (a header, a method): it never stands for the site.
    pub(super) conditional: bool,
}

/// What a route asks of a Service.
pub(super) struct Asked<'q> {
    pub(super) object: &'q ObjectRef,
    /// The field that names the Service.
    pub(super) field: String,
    /// The field that names the port.
    pub(super) port_field: String,
    pub(super) namespace: &'q str,
    pub(super) name: &'q str,
    pub(super) port: Option<PortName>,
    /// Whether nothing else serves the route.
    pub(super) only: bool,
    /// What names it: “route”, “middleware”.
    pub(super) asker: &'static str,
}

/// What is put down while the routes are read.
pub(super) struct Draft<'a, 'p> {
    pub(super) world: &'p World<'a>,
    pub(super) picture: &'p mut Picture,
    pub(super) ways: Vec<Way<'a>>,
    /// The rules of Traefik.
    pub(super) claims: Vec<Claim>,
    /// The Services that routes name, with the ports that are used.
    pub(super) used: BTreeSet<Served>,
}

/// “Ingress media/jellyfin” as the object itself, for a finding.
pub(super) fn broken(
    code: &'static str,
    severity: Severity,
    object: &ObjectRef,
    sentence: String,
) -> Finding {
    Finding::new(code, severity, object.clone(), sentence)
}

impl<'a> Draft<'a, '_> {
    /// Follows a route to a Service: says what is missing, and what serves it.
    pub(super) fn serve(&mut self, route: &ThingId, asked: &Asked<'_>) -> Served {
        let (namespace, name) = (asked.namespace, asked.name);
        let written = asked.port.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut served = Served { namespace: namespace.to_owned(), name: name.to_owned(), port: written };
        let severity = if asked.only { Severity::Critical } else { Severity::Warning };
        let Some(service) = self.world.service(namespace, name) else {
            if self.world.read(Kind::Service) {
                let finding = self.service_missing(severity, asked);
                self.picture.thing(route.clone()).find(finding);
            }
            return served;
        };
        match find_port(&service.spec.ports, asked.port.as_ref()) {
            Ok(port) => served.port = port.map(|port| port.to_string()).unwrap_or_default(),
            // Traefik and others take any port of a Service that only stands for a name.
            Err(()) if &*service.spec.kind == "ExternalName" => {}
            Err(()) => {
                let finding = port_missing(severity, asked, &service.spec.ports);
                self.picture.thing(route.clone()).find(finding);
            }
        }
        self.picture.thing(route.clone()).needs.insert(ThingId::backend(namespace, name));
        self.used.insert(served.clone());
        served
    }

    fn service_missing(&self, severity: Severity, asked: &Asked<'_>) -> Finding {
        let (namespace, name) = (asked.namespace, asked.name);
        let sentence = if name.is_empty() {
            format!("This {} names no Service.", asked.asker)
        } else {
            let asker = asked.asker;
            format!("The Service “{name}” that this {asker} names does not exist in namespace “{namespace}”.")
        };
        let finding =
            broken("route-service-missing", severity, asked.object, sentence).field(asked.field.as_str());
        match self.world.near_service(namespace, name) {
            Some(near) => finding.remedy(near.remedy("Service")),
            None => finding.remedy(format!("See what is there: kubectl get services -n {namespace}")),
        }
    }

    /// Adds a finding to a route.
    pub(super) fn find(&mut self, route: &ThingId, finding: Finding) {
        self.picture.thing(route.clone()).find(finding);
    }
}

/// The number of the port that is asked for; the only one where none is.
fn find_port(ports: &[crate::objects::ServicePort], asked: Option<&PortName>) -> Result<Option<u16>, ()> {
    match asked {
        None => match ports {
            [one] => Ok(Some(one.port)),
            _ => Ok(None),
        },
        Some(asked) => {
            let number = asked.number();
            let found = ports.iter().find(|port| match (asked, number) {
                (PortName::Name(name), None) => port.name == *name,
                (_, number) => Some(port.port) == number,
            });
            found.map(|port| Some(port.port)).ok_or(())
        }
    }
}

fn port_missing(severity: Severity, asked: &Asked<'_>, ports: &[crate::objects::ServicePort]) -> Finding {
    let wanted = asked.port.as_ref().map(ToString::to_string).unwrap_or_default();
    let there: Vec<String> = ports
        .iter()
        .take(8)
        .map(|port| match &*port.name {
            "" => port.port.to_string(),
            name => format!("{} ({name})", port.port),
        })
        .collect();
    let has =
        if there.is_empty() { "it has none".to_owned() } else { format!("it has {}", there.join(", ")) };
    let named = match asked.port {
        Some(PortName::Name(_)) => format!("named “{wanted}”"),
        _ => wanted.clone(),
    };
    let sentence = format!("The Service “{}” has no port {named}: {has}.", asked.name);
    let finding =
        broken("route-port-missing", severity, asked.object, sentence).field(asked.port_field.as_str());
    // The port of the pods is the usual mistake: routes name the port of the Service.
    let target = ports
        .iter()
        .find(|port| port.target_port.as_ref().is_some_and(|target| target.to_string() == wanted));
    match target {
        Some(port) => finding.remedy(format!(
            "{wanted} is the port of the pods. Routes name the port of the Service: {}.",
            port.port
        )),
        None => finding,
    }
}
