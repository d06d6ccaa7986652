//! What is asked of the objects again and again, looked up once.

use super::arguments::Arguments;
use super::near::{Near, near};
use crate::faults::owners::Owners;
use crate::objects::{Container, EndpointSlice, Middleware, Pod, Secret, Service, TraefikService};
use crate::{Kind, Objects, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A program that serves routes.
#[derive(Debug)]
pub(super) struct Controller {
    /// What people call it.
    pub(super) name: &'static str,
    /// What ingress classes call it, up to a slash or in full.
    classes: &'static [&'static str],
    /// The last parts of its images.
    images: &'static [&'static str],
}

/// The programs that serve routes, as far as they can be told by their images.
const CONTROLLERS: [Controller; 15] = [
    controller("Traefik", &["traefik.io/ingress-controller"], &["traefik", "mirrored-library-traefik"]),
    controller(
        "ingress-nginx",
        &["k8s.io/ingress-nginx", "k8s.io/internal-ingress-nginx", "k8s.io/external-ingress-nginx"],
        &[
            "ingress-nginx/controller",
            "nginx-ingress-controller",
            "ingress-nginx-controller",
            "controller-chroot",
        ],
    ),
    controller(
        "the NGINX controller",
        &["nginx.org/ingress-controller"],
        &["nginx/nginx-ingress", "nginx-ic/nginx-plus-ingress"],
    ),
    controller("HAProxy", &["haproxy.org/ingress-controller"], &["haproxytech/kubernetes-ingress"]),
    controller("HAProxy Ingress", &["haproxy-ingress.github.io/controller"], &["haproxy-ingress"]),
    controller("the Tailscale operator", &["tailscale.com/ts-ingress"], &["k8s-operator"]),
    controller("Contour", &["projectcontour.io/"], &["contour"]),
    controller(
        "Kong",
        &["ingress-controllers.konghq.com/kong"],
        &["kong", "kubernetes-ingress-controller", "kong-gateway"],
    ),
    controller("Cilium", &["cilium.io/ingress-controller"], &["cilium", "operator-generic", "cilium-envoy"]),
    controller("Istio", &["istio.io/ingress-controller"], &["pilot", "proxyv2"]),
    controller("Envoy Gateway", &[], &["envoyproxy/gateway", "envoyproxy/envoy"]),
    controller("NGINX Gateway Fabric", &[], &["nginx-gateway-fabric", "nginx-gateway-fabric/nginx"]),
    controller("Caddy", &["caddy.io/ingress-controller"], &["caddy/ingress"]),
    controller("APISIX", &["apisix.apache.org/apisix-ingress"], &["apisix-ingress-controller"]),
    controller(
        "the Cloudflare tunnel controller",
        &["strrl.dev/cloudflare-tunnel-ingress-controller"],
        &["cloudflare-tunnel-ingress-controller"],
    ),
];

const fn controller(
    name: &'static str,
    classes: &'static [&'static str],
    images: &'static [&'static str],
) -> Controller {
    Controller { name, classes, images }
}

impl Controller {
    /// The one that serves the ingress classes of this controller's name.
    pub(super) fn of_class(controller: &str) -> Option<&'static Self> {
        CONTROLLERS.iter().find(|known| {
            known.classes.iter().any(|class| {
                let rest = controller.strip_prefix(class);
                rest.is_some_and(|rest| rest.is_empty() || class.ends_with('/') || rest.starts_with('/'))
            })
        })
    }

    fn of_image(image: &str) -> Option<&'static Self> {
        let name = repository(image);
        CONTROLLERS.iter().find(|known| {
            known.images.iter().any(|image| {
                name.strip_suffix(image).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
            })
        })
    }
}

/// The image without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// The major version that a tag says: 3 of `traefik:v3.1.2`.
fn major(image: &str) -> Option<u8> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    let digits: String = tag.trim_start_matches('v').chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The program that serves routes in a pod. Proxies of a mesh stand beside applications in the same pod: those are
/// no entrance.
fn serving(pod: &Pod) -> Option<(&'static Controller, &Container)> {
    let containers = &pod.spec.containers;
    let (container, known) =
        containers.iter().find_map(|container| Some((container, Controller::of_image(&container.image)?)))?;
    let beside = matches!(known.name, "Istio" | "Envoy Gateway");
    let all = containers.iter().all(|container| Controller::of_image(&container.image).is_some());
    (!beside || all).then_some((known, container))
}

/// What is asked again and again.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) objects: &'a Objects,
    pub(super) settings: &'a Settings,
    pub(super) owners: Owners<'a>,
    /// By namespace and Service.
    slices: BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a EndpointSlice>>>,
    /// By `NAMESPACE-NAME`, as annotations name them.
    joined_middlewares: BTreeMap<String, (&'a str, &'a str)>,
    /// Pods of the programs that serve routes.
    serving_pods: BTreeMap<&'static str, Vec<&'a Pod>>,
    /// The Services in front of those pods.
    serving_services: BTreeMap<&'static str, BTreeSet<(&'a str, &'a str)>>,
    /// The major version of Traefik that runs, where one only is known.
    pub(super) traefik_major: Option<u8>,
    /// What Traefik is told on its command line.
    pub(super) traefik: Arguments,
}

impl<'a> World<'a> {
    pub(super) fn new(objects: &'a Objects, settings: &'a Settings) -> Self {
        let mut world = Self {
            objects,
            settings,
            owners: Owners::of(objects),
            slices: BTreeMap::new(),
            joined_middlewares: BTreeMap::new(),
            serving_pods: BTreeMap::new(),
            serving_services: BTreeMap::new(),
            traefik_major: None,
            traefik: Arguments::default(),
        };
        for slice in objects.endpoint_slices.iter() {
            if let Some(service) = slice.metadata.label("kubernetes.io/service-name") {
                let there = world.slices.entry(&slice.metadata.namespace).or_default();
                there.entry(service).or_default().push(slice);
            }
        }
        for middleware in objects.middlewares.iter().chain(objects.old_middlewares.iter()) {
            let (namespace, name) = (&*middleware.metadata.namespace, &*middleware.metadata.name);
            world.joined_middlewares.insert(format!("{namespace}-{name}"), (namespace, name));
        }
        world.find_controllers();
        world
    }

    fn find_controllers(&mut self) {
        let mut versions = BTreeSet::new();
        for pod in self.objects.pods.iter() {
            let Some((known, container)) = serving(pod) else { continue };
            if known.name == "Traefik" {
                versions.extend(major(&container.image));
                container.args.iter().for_each(|argument| self.traefik.add(argument));
            }
            self.serving_pods.entry(known.name).or_default().push(pod);
        }
        self.traefik_major = (versions.len() == 1).then(|| versions.first().copied()).flatten();
        for service in self.objects.services.iter() {
            let pods = self.owners.pods_behind(&service.metadata.namespace, &service.spec.selector);
            if let Some((known, _)) = pods.first().and_then(|pod| serving(pod)) {
                let key = (&*service.metadata.namespace, &*service.metadata.name);
                self.serving_services.entry(known.name).or_default().insert(key);
            }
        }
    }

    /// Whether a kind has been read completely.
    pub(super) fn read(&self, kind: Kind) -> bool {
        !self.settings.unread.contains(&kind)
    }

    pub(super) fn service(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.objects.services.get(namespace, name).map(Arc::as_ref)
    }

    pub(super) fn secret(&self, namespace: &str, name: &str) -> Option<&'a Secret> {
        self.objects.secrets.get(namespace, name).map(Arc::as_ref)
    }

    pub(super) fn middleware(&self, namespace: &str, name: &str) -> Option<&'a Middleware> {
        let tables = [&self.objects.middlewares, &self.objects.old_middlewares];
        tables.into_iter().find_map(|table| table.get(namespace, name)).map(Arc::as_ref)
    }

    pub(super) fn traefik_service(&self, namespace: &str, name: &str) -> Option<&'a TraefikService> {
        let tables = [&self.objects.traefik_services, &self.objects.old_traefik_services];
        tables.into_iter().find_map(|table| table.get(namespace, name)).map(Arc::as_ref)
    }

    /// The middleware that an annotation names as `NAMESPACE-NAME`.
    pub(super) fn joined_middleware(&self, joined: &str) -> Option<(&'a str, &'a str)> {
        self.joined_middlewares.get(joined).copied()
    }

    pub(super) fn slices(&self, namespace: &str, service: &str) -> &[&'a EndpointSlice] {
        self.slices.get(namespace).and_then(|there| there.get(service)).map_or(&[], Vec::as_slice)
    }

    /// Whether pods of that program run; none where pods cannot be read.
    pub(super) fn runs(&self, controller: &Controller) -> Option<bool> {
        self.read(Kind::Pod).then(|| self.serving_pods.contains_key(controller.name))
    }

    /// The Services in front of a program that serves routes, which are reached from outside first.
    pub(super) fn services_of(&self, controller: &str) -> Vec<&'a Service> {
        let keys = self.serving_services.get(controller).into_iter().flatten();
        let mut services: Vec<_> =
            keys.filter_map(|(namespace, name)| self.service(namespace, name)).collect();
        services.retain(|service| matches!(&*service.spec.kind, "LoadBalancer" | "NodePort"));
        services
    }

    /// Whether a Service stands in front of a program that serves routes.
    pub(super) fn is_entrance(&self, service: &Service) -> bool {
        let key = (&*service.metadata.namespace, &*service.metadata.name);
        self.serving_services.values().any(|services| services.contains(&key))
            || service.metadata.labels.keys().any(|label| {
                matches!(
                    &**label,
                    "gateway.networking.k8s.io/gateway-name"
                        | "gateway.envoyproxy.io/owning-gateway-name"
                        | "io.cilium.gateway/owning-gateway"
                        | "cilium.io/ingress"
                )
            })
            || ["app.kubernetes.io/name", "app"].iter().any(|label| {
                // For where pods cannot be read.
                matches!(
                    service.metadata.label(label),
                    Some(
                        "traefik"
                            | "ingress-nginx"
                            | "nginx-ingress"
                            | "haproxy-ingress"
                            | "kubernetes-ingress"
                    )
                )
            })
    }

    /// Whether all middlewares are known that a route could name.
    pub(super) fn reads_middlewares(&self) -> bool {
        let old_only = self.objects.ingress_routes.is_empty() && self.read(Kind::OldMiddleware);
        self.read(Kind::Middleware) || old_only
    }

    /// The Service that was probably meant.
    pub(super) fn near_service(&self, namespace: &str, name: &str) -> Option<Near<'a>> {
        let there = self.objects.services.iter();
        near(namespace, name, there.map(|s| (&*s.metadata.namespace, &*s.metadata.name)))
    }

    /// The middleware that was probably meant.
    pub(super) fn near_middleware(&self, namespace: &str, name: &str) -> Option<Near<'a>> {
        let there = self.objects.middlewares.iter().chain(self.objects.old_middlewares.iter());
        near(namespace, name, there.map(|m| (&*m.metadata.namespace, &*m.metadata.name)))
    }

    /// The middleware, as annotations name it, that was probably meant.
    pub(super) fn near_joined_middleware(&self, joined: &str) -> Option<&str> {
        let there = self.joined_middlewares.keys().map(|name| ("", name.as_str()));
        match near("", joined, there)? {
            Near::Elsewhere(name) | Near::Renamed(name) | Near::Spelled(name) => Some(name),
        }
    }

    /// Whether a Certificate of cert-manager is to make that secret.
    pub(super) fn makes_secret(&self, namespace: &str, secret: &str) -> bool {
        self.objects.certificates.in_namespace(namespace).any(|wanted| &*wanted.spec.secret_name == secret)
    }

    /// The secret that was probably meant.
    pub(super) fn near_secret(&self, namespace: &str, name: &str) -> Option<Near<'a>> {
        let there = self.objects.secrets.iter();
        near(namespace, name, there.map(|s| (&*s.metadata.namespace, &*s.metadata.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_serve_routes() {
        let by_image = |image| Controller::of_image(image).map(|known| known.name);
        assert_eq!(by_image("rancher/mirrored-library-traefik:2.11.10"), Some("Traefik"));
        assert_eq!(by_image("docker.io/traefik:v3.1"), Some("Traefik"));
        assert_eq!(
            by_image("registry.k8s.io/ingress-nginx/controller:v1.11@sha256:aa"),
            Some("ingress-nginx")
        );
        assert_eq!(by_image("traefik/whoami:v1"), None);
        assert_eq!(by_image("localhost:5000/cert-manager-controller"), None);
        let by_class = |class| Controller::of_class(class).map(|known| known.name);
        assert_eq!(by_class("k8s.io/internal-ingress-nginx"), Some("ingress-nginx"));
        assert_eq!(by_class("haproxy.org/ingress-controller/haproxy"), Some("HAProxy"));
        assert_eq!(by_class("example.org/own"), None);
    }

    #[test]
    fn a_proxy_beside_an_application_is_no_entrance() {
        let pod = |images: &[&str]| {
            let mut pod = Pod::default();
            pod.spec.containers = images
                .iter()
                .map(|image| Container { image: (*image).into(), ..Container::default() })
                .collect();
            serving(&pod).map(|(known, _)| known.name)
        };
        assert_eq!(pod(&["docker.io/istio/proxyv2:1.24", "shop:1"]), None);
        assert_eq!(pod(&["docker.io/istio/proxyv2:1.24"]), Some("Istio"));
        assert_eq!(
            pod(&["envoyproxy/envoy:v1.33", "docker.io/envoyproxy/gateway:v1.3"]),
            Some("Envoy Gateway")
        );
        assert_eq!(pod(&["ghcr.io/tailscale/tailscale:v1", "traefik:v3.3"]), Some("Traefik"));
    }

    #[test]
    fn versions_by_tag() {
        assert_eq!(major("traefik:v3.1.2"), Some(3));
        assert_eq!(major("rancher/mirrored-library-traefik:2.11.10@sha256:aa"), Some(2));
        assert_eq!(major("traefik:latest"), None);
        assert_eq!(major("localhost:5000/traefik"), None);
    }
}
