//! Entry points of Traefik, and the Services through which entry points are reached.

use super::draft::{Draft, Served};
use crate::objects::{Service, ServicePort};
use crate::{ObjectRef, ThingId, ThingKind};

/// Whether an entry point's name says that it is encrypted: `websecure`, `https`, `secure-internal`, `443`.
pub(super) fn is_tls_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("secure") && !name.contains("insecure")
        || name.contains("https")
        || name.contains("tls")
        || name.contains("443")
}

/// Whether a port of a Service is that of an entry point, by its name.
fn is_port_of(port: &ServicePort, entry_point: &str) -> bool {
    port.name.eq_ignore_ascii_case(entry_point)
}

impl Draft<'_, '_> {
    /// A Service in front of a program that serves routes.
    pub(super) fn entrance(&mut self, service: &Service) -> ThingId {
        let (namespace, name) = (service.metadata.namespace.to_string(), service.metadata.name.to_string());
        let id = ThingId::backend(&namespace, &name);
        self.used.insert(Served { namespace, name, port: String::new() });
        id
    }

    /// An entry point of Traefik, and its port where the Service in front of Traefik tells it.
    pub(super) fn traefik_entry(&mut self, name: &str) -> (ThingId, Option<u16>) {
        let id = ThingId::new(ThingKind::EntryPoint, format!("traefik/{name}"));
        let services = self.world.services_of("Traefik");
        let mut port = None;
        let mut backends = Vec::new();
        let mut objects = Vec::new();
        for service in &services {
            let found = service.spec.ports.iter().find(|port| is_port_of(port, name));
            if let Some(found) = found {
                port = port.or(Some(found.port));
                objects.push(ObjectRef::new("Service", &service.metadata.namespace, &service.metadata.name));
                backends.push(self.entrance(service));
            }
        }
        let thing = self.picture.thing(id.clone());
        name.clone_into(&mut thing.title);
        thing.needs.extend(backends);
        thing.objects.extend(objects);
        thing.fact("controller", "Traefik");
        if let Some(port) = port {
            thing.fact("port", i64::from(port));
        }
        thing.judged = true;
        (id, port)
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
