//! Entry points of Traefik, and the Services through which entry points are reached.

use super::draft::{Draft, Served, broken};
use crate::objects::{PortName, Service};
use crate::{ObjectRef, Severity, ThingId, ThingKind};

/// Entry points that the chart of Traefik makes, which need not be in any Service.
const OWN: [&str; 4] = ["web", "websecure", "traefik", "metrics"];

/// Whether an entry point's name says that it is encrypted: `websecure`, `https`, `secure-internal`, `443`.
pub(super) fn is_tls_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("secure") && !name.contains("insecure")
        || name.contains("https")
        || name.contains("tls")
        || name.contains("443")
}

/// What is known of one entry point of Traefik.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: ThingId,
    /// The port that people see.
    pub(super) port: Option<u16>,
    /// Whether it is encrypted; none: nothing says so.
    pub(super) tls: Option<bool>,
    /// Whether that is certain.
    pub(super) sure: bool,
    /// Whether all is sent to another one.
    pub(super) redirects: bool,
    /// The address at which it is reached; empty where that is not known.
    pub(super) address: String,
}

/// The address that a load balancer gave a Service.
pub(super) fn given(service: &Service) -> Option<String> {
    service.status.load_balancer.ingress.iter().find_map(|address| {
        let name = if address.ip.is_empty() { &address.hostname } else { &address.ip };
        (!name.is_empty()).then(|| name.to_string())
    })
}

impl Draft<'_, '_> {
    /// A Service in front of a program that serves routes.
    pub(super) fn entrance(&mut self, service: &Service) -> ThingId {
        let (namespace, name) = (service.metadata.namespace.to_string(), service.metadata.name.to_string());
        let id = ThingId::backend(&namespace, &name);
        self.used.insert(Served { namespace, name, port: String::new() });
        id
    }

    /// An entry point of Traefik.
    pub(super) fn traefik_entry(&mut self, name: &str) -> Entry {
        let id = ThingId::new(ThingKind::EntryPoint, format!("traefik/{name}"));
        let told = self.world.traefik.entry_points.get(&name.to_ascii_lowercase());
        let mut port = None;
        let mut backends = Vec::new();
        for service in self.world.services_of("Traefik") {
            let found = service.spec.ports.iter().find(|port| {
                let target = port.target_port.as_ref();
                port.name.eq_ignore_ascii_case(name)
                    || matches!(target, Some(PortName::Name(target)) if target.eq_ignore_ascii_case(name))
                    || told.is_some_and(|told| {
                        told.port.is_some() && target.and_then(PortName::number) == told.port
                    })
            });
            if let Some(found) = found {
                port = port.or(Some(found.port));
                backends.push((self.entrance(service), service));
            }
        }
        let entry = Entry {
            id: id.clone(),
            port: port.or_else(|| {
                told.and_then(|told| told.port).filter(|_| backends.is_empty() && !OWN.contains(&name))
            }),
            tls: if told.is_some_and(|told| told.tls) || is_tls_name(name) {
                Some(true)
            } else {
                Some(false)
            },
            sure: told.is_some_and(|told| told.tls),
            redirects: told.is_some_and(|told| told.redirects),
            address: backends.iter().find_map(|(_, service)| given(service)).unwrap_or_default(),
        };
        let thing = self.picture.thing(id);
        name.clone_into(&mut thing.title);
        for (backend, service) in backends {
            thing.needs.insert(backend);
            thing.objects.insert(ObjectRef::new(
                "Service",
                &service.metadata.namespace,
                &service.metadata.name,
            ));
        }
        thing.fact("controller", "Traefik").judged = true;
        if let Some(port) = entry.port {
            thing.fact("port", i64::from(port));
        }
        entry
    }

    /// Says of an entry point that Traefik was not told of: it serves no route there.
    pub(super) fn judge_entry(
        &mut self,
        route: &ThingId,
        object: &ObjectRef,
        name: &str,
        at: usize,
        only: bool,
    ) {
        let told = &self.world.traefik.entry_points;
        if told.is_empty() || told.contains_key(&name.to_ascii_lowercase()) || OWN.contains(&name) {
            return;
        }
        let severity = if only { Severity::Critical } else { Severity::Warning };
        let there: Vec<&str> = told.keys().map(String::as_str).collect();
        let sentence =
            format!("Traefik has no entry point “{name}”: it has {}.", super::certificate::some(&there));
        let finding = broken("route-entry-point-missing", severity, object, sentence);
        self.find(route, finding.field(format!("spec.entryPoints[{at}]")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_by_name() {
        for name in ["websecure", "https", "websecure-int", "ws443", "WebSecure"] {
            assert!(is_tls_name(name), "{name}");
        }
        for name in ["web", "http", "mqtt", "insecure", "traefik"] {
            assert!(!is_tls_name(name), "{name}");
        }
    }
}
