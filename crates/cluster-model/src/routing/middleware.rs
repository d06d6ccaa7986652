//! Middlewares of Traefik: what they do to a way, and what they name.

use super::draft::{Asked, Draft, Exposure, broken};
use super::hosts::only_private;
use crate::objects::{Middleware, PortName};
use crate::{ObjectRef, Severity, ThingId, ThingKind};
use std::collections::BTreeSet;

/// How deep chains of chains are followed.
const DEPTH_MAX: usize = 8;

/// What passing through a middleware does.
#[derive(Debug, Clone, Default)]
pub(super) struct Passing {
    /// Unencrypted requests are sent to the encrypted address.
    pub(super) redirects: bool,
    /// The address that requests are sent to, by an expression.
    pub(super) sends_to: Option<String>,
    pub(super) exposure: Exposure,
    /// Somebody must log in.
    pub(super) login: bool,
}

impl Passing {
    /// Both, one after the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            redirects: self.redirects || other.redirects,
            sends_to: self.sends_to.or(other.sends_to),
            exposure: self.exposure.and(other.exposure),
            login: self.login || other.login,
        }
    }
}

/// The host of an address with placeholders, where the host has none.
pub(super) fn literal_host(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    (!host.is_empty() && !host.contains('$')).then(|| host.to_ascii_lowercase())
}

/// The Service, namespace and port that an address inside of the cluster names.
pub(super) fn inside(address: &str, own: &str) -> Option<(String, String, Option<u16>)> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (host, port) =
        authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, port.parse().ok()));
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        [name] => Some(((*name).to_owned(), own.to_owned(), port)),
        [name, namespace, "svc", ..] => Some(((*name).to_owned(), (*namespace).to_owned(), port)),
        _ => None,
    }
}

impl Draft<'_, '_> {
    /// Sends a route through a middleware that exists.
    pub(super) fn pass(&mut self, on: &ThingId, namespace: &str, name: &str) -> Passing {
        self.pass_at(on, namespace, name, &mut BTreeSet::new())
    }

    fn pass_at(
        &mut self,
        on: &ThingId,
        namespace: &str,
        name: &str,
        seen: &mut BTreeSet<(String, String)>,
    ) -> Passing {
        let Some(middleware) = self.world.middleware(namespace, name) else { return Passing::default() };
        let id = ThingId::new(ThingKind::Middleware, format!("{namespace}/{name}"));
        self.picture.thing(on.clone()).needs.insert(id.clone());
        if seen.len() >= DEPTH_MAX || !seen.insert((namespace.to_owned(), name.to_owned())) {
            return Passing::default();
        }
        let object = ObjectRef::new("Middleware", namespace, name);
        self.describe(&id, &object, middleware);
        let spec = &middleware.spec;
        let mut passing = Passing {
            redirects: &*spec.redirect_scheme == "https",
            sends_to: literal_host(&spec.redirect_regex),
            exposure: Exposure {
                fenced: only_private(spec.source_range.iter().map(AsRef::as_ref)),
                ..Exposure::default()
            },
            login: !spec.forward_auth.is_empty() || !spec.secret.is_empty(),
        };
        for (at, part) in spec.chain.iter().enumerate() {
            let inner = if part.namespace.is_empty() { namespace } else { &part.namespace };
            let field = format!("spec.chain.middlewares[{at}].name");
            if self.middleware_there(&id, &object, inner, &part.name, field) {
                passing = passing.and(self.pass_at(&id, inner, &part.name, seen));
            }
        }
        passing
    }

    fn describe(&mut self, id: &ThingId, object: &ObjectRef, middleware: &Middleware) {
        let kinds = middleware.spec.kinds.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
        let thing = self.picture.thing(id.clone());
        let known = thing.objects.contains(object);
        object.name.clone_into(&mut thing.title);
        thing.objects.insert(object.clone());
        thing.judged = true;
        thing.fact("does", kinds);
        if known {
            return;
        }
        let namespace = object.namespace.clone();
        // A bare name is looked up from where Traefik runs: it may be a Service there, or a machine.
        let asks = inside(&middleware.spec.forward_auth, "")
            .map(|(name, inner, port)| {
                let inner = if inner.is_empty() { namespace.clone() } else { inner };
                (name, inner, port)
            })
            .filter(|(name, inner, _)| {
                middleware.spec.forward_auth.contains(".svc") || self.world.service(inner, name).is_some()
            });
        if let Some((name, namespace, port)) = asks {
            let field = "spec.forwardAuth.address".to_owned();
            self.serves_middleware(id, object, field, &namespace, &name, port.map(PortName::Number));
        }
        if let Some(service) = &middleware.spec.errors {
            let inner = if service.namespace.is_empty() { namespace } else { service.namespace.to_string() };
            let field = "spec.errors.service.name".to_owned();
            self.serves_middleware(id, object, field, &inner, &service.name, service.port.clone());
        }
    }

    fn serves_middleware(
        &mut self,
        id: &ThingId,
        object: &ObjectRef,
        field: String,
        namespace: &str,
        name: &str,
        port: Option<PortName>,
    ) {
        let port_field = field.clone();
        let asked =
            Asked { object, field, port_field, namespace, name, port, only: true, asker: "middleware" };
        self.serve(id, &asked);
    }

    /// Whether a middleware is there; what names it gets a finding where it is not.
    pub(super) fn middleware_there(
        &mut self,
        on: &ThingId,
        object: &ObjectRef,
        namespace: &str,
        name: &str,
        field: String,
    ) -> bool {
        // `name@file` is defined elsewhere.
        if name.contains('@') || self.world.middleware(namespace, name).is_some() {
            return !name.contains('@');
        }
        if self.world.reads_middlewares() {
            let what = match on.kind {
                ThingKind::Middleware => "chain",
                _ => "route",
            };
            let sentence = format!(
                "The middleware “{name}” that this {what} names does not exist in namespace “{namespace}”, so Traefik does not serve the route at all."
            );
            let finding =
                broken("route-middleware-missing", Severity::Critical, object, sentence).field(field);
            let finding = match self.world.near_middleware(namespace, name) {
                Some(near) => finding.remedy(near.remedy("middleware")),
                None => finding.remedy(format!("See what is there: kubectl get middlewares -n {namespace}")),
            };
            self.find(on, finding);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_in_addresses() {
        let auth = ("authelia".to_owned(), "auth".to_owned(), Some(9091));
        assert_eq!(
            inside("http://authelia.auth.svc.cluster.local:9091/api/verify?rd=https://x", "media"),
            Some(auth)
        );
        assert_eq!(inside("http://oauth", "media"), Some(("oauth".into(), "media".into(), None)));
        assert_eq!(inside("https://auth.example.org/x", "media"), None);
        assert_eq!(literal_host("https://example.org/${1}").as_deref(), Some("example.org"));
        assert_eq!(literal_host("https://${1}.example.org/"), None);
    }
}
