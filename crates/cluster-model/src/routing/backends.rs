//! Services with their endpoints: whether anything answers behind them, and why not.

use super::draft::{Draft, broken};
use super::world::World;
use crate::objects::{Pod, Service};
use crate::{Finding, Kind, ObjectRef, Severity, Thing, ThingId};
use std::collections::{BTreeMap, BTreeSet};

/// The most pods that are named in a sentence.
const NAMED_MAX: usize = 3;

/// How long pods may take to become ready before that is a fault, in milliseconds.
const STARTING_MS: i64 = 120_000;

/// What the endpoints of a Service say.
#[derive(Debug, Default)]
struct Endpoints {
    ready: BTreeSet<String>,
    waiting: BTreeSet<String>,
    /// The names of ports that have a number.
    ports: BTreeSet<String>,
}

impl Draft<'_, '_> {
    /// Makes the things of all Services that routes lead to.
    pub(super) fn backends(&mut self) {
        let mut by_service: BTreeMap<(String, String), BTreeSet<u16>> = BTreeMap::new();
        for served in &self.used {
            let ports = by_service.entry((served.namespace.clone(), served.name.clone())).or_default();
            ports.extend(served.port.parse::<u16>());
        }
        for ((namespace, name), ports) in by_service {
            if let Some(service) = self.world.service(&namespace, &name) {
                let thing = self.picture.thing(ThingId::backend(&namespace, &name));
                backend(self.world, thing, service, &ports);
            }
        }
    }
}

fn backend(world: &World<'_>, thing: &mut Thing, service: &Service, ports: &BTreeSet<u16>) {
    let meta = &service.metadata;
    let object = ObjectRef::new("Service", &meta.namespace, &meta.name);
    meta.name.as_ref().clone_into(&mut thing.title);
    thing.objects.insert(object.clone());
    let kind = if service.spec.kind.is_empty() { "ClusterIP" } else { &service.spec.kind };
    thing.fact("type", kind).fact("namespace", &*meta.namespace);
    let listed: Vec<String> = service.spec.ports.iter().take(10).map(|port| port.port.to_string()).collect();
    if !listed.is_empty() {
        thing.fact("ports", listed.join(", "));
    }
    if kind == "ExternalName" {
        external(world, thing, service, &object);
        return;
    }
    thing.needs.extend(world.owners.workloads_behind(&meta.namespace, &service.spec.selector));
    if !is_young(world, meta.created_ms) {
        pending(thing, service, &object);
    }
    if !world.read(Kind::EndpointSlice) {
        return;
    }
    thing.judged = true;
    let endpoints = endpoints(world, service);
    let total = endpoints.ready.len().saturating_add(endpoints.waiting.len());
    thing.fact("addresses", as_number(total)).fact("addresses_ready", as_number(endpoints.ready.len()));
    if endpoints.ready.is_empty() {
        if let Some(finding) = nothing_ready(world, service, &object, &endpoints) {
            thing.find(finding);
        }
        return;
    }
    thing.well = format!("{} of {total} addresses behind it are ready.", endpoints.ready.len());
    for port in ports {
        if let Some(finding) = port_unknown(service, *port, &object, &endpoints) {
            thing.find(finding);
        }
    }
}

/// Whether something was only just made.
fn is_young(world: &World<'_>, created_ms: Option<i64>) -> bool {
    created_ms.is_some_and(|made| (0..STARTING_MS).contains(&world.settings.now_ms.saturating_sub(made)))
}

fn as_number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn external(world: &World<'_>, thing: &mut Thing, service: &Service, object: &ObjectRef) {
    let to = &*service.spec.external_name;
    thing.fact("external_name", to).judged = true;
    if to.is_empty() {
        let sentence = "The Service stands for a name outside of the cluster, but names none.".to_owned();
        thing.find(
            broken("backend-external-empty", Severity::Critical, object, sentence).field("spec.externalName"),
        );
        return;
    }
    let sentence = format!(
        "It stands for “{to}” outside of the cluster; only a probe tells whether anything answers there."
    );
    let finding = broken("backend-external", Severity::Note, object, sentence).field("spec.externalName");
    let traefik = !world.services_of("Traefik").is_empty() || world.traefik_major.is_some();
    thing.find(if traefik {
        finding
            .remedy("Traefik follows such Services only with allowExternalNameServices=true of its provider.")
    } else {
        finding
    });
}

/// A load balancer that nobody gave an address.
fn pending(thing: &mut Thing, service: &Service, object: &ObjectRef) {
    if &*service.spec.kind != "LoadBalancer" {
        return;
    }
    let addresses: Vec<&str> = service
        .status
        .load_balancer
        .ingress
        .iter()
        .map(|address| if address.ip.is_empty() { &*address.hostname } else { &*address.ip })
        .filter(|address| !address.is_empty())
        .collect();
    if addresses.is_empty() && service.spec.external_ips.is_empty() {
        let sentence =
            format!("The Service “{}” still waits for an address of a load balancer.", service.metadata.name);
        let finding = broken("backend-address-pending", Severity::Warning, object, sentence);
        thing.find(finding.field("status.loadBalancer").remedy(
            "Is something there that gives addresses (MetalLB, kube-vip, the ServiceLB of k3s), and does it have one left?",
        ));
    } else if !addresses.is_empty() {
        thing.fact("address", super::certificate::some(&addresses));
    }
}

fn endpoints(world: &World<'_>, service: &Service) -> Endpoints {
    let mut found = Endpoints::default();
    for slice in world.slices(&service.metadata.namespace, &service.metadata.name) {
        for endpoint in &slice.endpoints {
            let Some(address) = endpoint.addresses.first() else { continue };
            let name = endpoint.target_ref.as_ref().map_or(address, |target| &target.name).to_string();
            if endpoint.conditions.ready.unwrap_or(true) {
                found.ready.insert(name);
            } else if endpoint.conditions.terminating != Some(true) {
                found.waiting.insert(name);
            }
        }
        if !slice.endpoints.is_empty() {
            found.ports.extend(
                slice.ports.iter().filter(|port| port.port.is_some()).map(|port| port.name.to_string()),
            );
        }
    }
    // With two families of addresses each pod is in two slices.
    found.waiting.retain(|name| !found.ready.contains(name));
    found
}

fn nothing_ready(
    world: &World<'_>,
    service: &Service,
    object: &ObjectRef,
    endpoints: &Endpoints,
) -> Option<Finding> {
    let name = &service.metadata.name;
    if service.spec.selector.is_empty() && endpoints.waiting.is_empty() {
        let sentence = format!(
            "Nothing is behind the Service “{name}”: it selects no pods, and nobody has written addresses for it."
        );
        let finding = broken("backend-no-endpoints", Severity::Critical, object, sentence);
        return Some(
            finding.field("spec.selector").remedy("An EndpointSlice with its name must hold the addresses."),
        );
    }
    if let Some(starting) = starting(world, service, object) {
        return Some(starting);
    }
    let waiting: Vec<&str> = endpoints.waiting.iter().map(String::as_str).collect();
    if !waiting.is_empty() {
        let sentence = match waiting.as_slice() {
            [one] => format!("The only pod behind the Service “{name}” is not ready: {one}."),
            more => format!(
                "None of the {} pods behind the Service “{name}” is ready: {}.",
                more.len(),
                named(more)
            ),
        };
        return Some(broken("backend-none-ready", Severity::Critical, object, sentence));
    }
    if !world.read(Kind::Pod) {
        let sentence = format!("Nothing answers behind the Service “{name}”: it has no addresses.");
        return Some(broken("backend-no-endpoints", Severity::Critical, object, sentence));
    }
    Some(no_addresses(world, service, object))
}

/// While all pods are only just made, it is not yet a fault that none is ready.
fn starting(world: &World<'_>, service: &Service, object: &ObjectRef) -> Option<Finding> {
    let pods = world.owners.pods_behind(&service.metadata.namespace, &service.spec.selector);
    let now = world.settings.now_ms;
    let alive: Vec<_> =
        pods.iter().filter(|pod| !is_over(pod) && pod.metadata.deleted_ms.is_none()).collect();
    // A pod may have to end before the one that follows it is made.
    let is_ending = |pod: &&std::sync::Arc<Pod>| {
        pod.metadata.deleted_ms.is_some_and(|at| now.saturating_sub(at) < STARTING_MS) && !is_over(pod)
    };
    let name = &service.metadata.name;
    let sentence = if alive.is_empty() && pods.iter().any(is_ending) {
        format!("What is behind the Service “{name}” is ending, and nothing has followed it yet.")
    } else if !alive.is_empty() && alive.iter().all(|pod| is_young(world, pod.metadata.created_ms)) {
        format!("What is behind the Service “{name}” is still starting.")
    } else {
        return None;
    };
    Some(broken("backend-starting", Severity::Warning, object, sentence))
}

fn named(names: &[&str]) -> String {
    let first = names.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED_MAX { format!("{first} …") } else { first }
}

/// Why a selector gives no address at all.
fn no_addresses(world: &World<'_>, service: &Service, object: &ObjectRef) -> Finding {
    let (namespace, name) = (&*service.metadata.namespace, &*service.metadata.name);
    let pods = world.owners.pods_behind(namespace, &service.spec.selector);
    let alive: Vec<&str> = pods.iter().filter(|pod| !is_over(pod)).map(|pod| &*pod.metadata.name).collect();
    if !alive.is_empty() {
        let sentence = match alive.as_slice() {
            [one] => format!("The only pod behind the Service “{name}” has no address yet: {one}."),
            more => format!(
                "None of the {} pods behind the Service “{name}” has an address yet: {}.",
                more.len(),
                named(more)
            ),
        };
        return broken("backend-none-ready", Severity::Critical, object, sentence);
    }
    match scaled(world, service) {
        Some(true) => {
            let sentence = format!("What is behind the Service “{name}” is switched off: it is scaled to 0.");
            broken("backend-switched-off", Severity::Note, object, sentence)
        }
        Some(false) => {
            let sentence = format!("No pod runs behind the Service “{name}”.");
            broken("backend-no-pods", Severity::Critical, object, sentence)
        }
        None => selects_nothing(world, service, object),
    }
}

fn is_over(pod: &Pod) -> bool {
    matches!(&*pod.status.phase, "Succeeded" | "Failed")
}

/// Whether all that would have pods for the Service is scaled to nothing; none: there is nothing of that kind.
fn scaled(world: &World<'_>, service: &Service) -> Option<bool> {
    let namespace = &*service.metadata.namespace;
    let workloads = world.owners.workloads_behind(namespace, &service.spec.selector);
    let objects = world.objects;
    let wanted: Vec<i64> = workloads
        .iter()
        .filter_map(|id| {
            let mut parts = id.name.split('/').skip(1);
            let (kind, name) = (parts.next()?, parts.next()?);
            match kind {
                "deployment" => {
                    objects.deployments.get(namespace, name).map(|found| found.spec.replicas.unwrap_or(1))
                }
                "statefulset" => {
                    objects.stateful_sets.get(namespace, name).map(|found| found.spec.replicas.unwrap_or(1))
                }
                _ => Some(1),
            }
        })
        .collect();
    (!wanted.is_empty()).then(|| wanted.iter().all(|count| *count == 0))
}

fn selects_nothing(world: &World<'_>, service: &Service, object: &ObjectRef) -> Finding {
    let namespace = &*service.metadata.namespace;
    let selector: Vec<String> =
        service.spec.selector.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let sentence = format!(
        "The selector of the Service “{}” ({}) matches no pod, so nothing answers.",
        service.metadata.name,
        selector.join(", ")
    );
    let finding = broken("backend-selector-matches-nothing", Severity::Critical, object, sentence)
        .field("spec.selector");
    let odd = service.spec.selector.iter().find(|(name, _)| {
        let mut rest = service.spec.selector.clone();
        rest.remove(*name);
        !rest.is_empty() && !world.owners.pods_behind(namespace, &rest).is_empty()
    });
    match odd {
        Some((name, value)) => finding
            .remedy(format!("Pods match all of it but “{name}={value}”: is that label written so on them?")),
        None => finding
            .remedy(format!("See the labels of the pods: kubectl get pods -n {namespace} --show-labels")),
    }
}

/// A port of the Service that leads to a port which no pod has.
fn port_unknown(service: &Service, port: u16, object: &ObjectRef, endpoints: &Endpoints) -> Option<Finding> {
    let asked = service.spec.ports.iter().find(|one| one.port == port)?;
    if endpoints.ports.contains(&*asked.name) || (endpoints.ports.is_empty() && asked.target_port.is_none()) {
        return None;
    }
    let target = asked.target_port.as_ref().map_or_else(|| port.to_string(), ToString::to_string);
    let sentence = format!(
        "Port {port} of the Service “{}” leads to a port “{target}” that its pods do not have.",
        service.metadata.name
    );
    let finding = broken("backend-target-port-missing", Severity::Critical, object, sentence);
    Some(
        finding
            .field("spec.ports[].targetPort")
            .remedy("It is the name or number of a port of the container."),
    )
}
