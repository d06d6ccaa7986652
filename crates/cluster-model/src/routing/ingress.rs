//! Ingress objects: hosts and paths that a controller leads to Services.

use super::certificate::Shown;
use super::draft::{Asked, Draft, Exposure, Served, Way, broken};
use super::hosts::{self, Address, address};
use super::paths;
use super::world::Controller;
use crate::objects::{Ingress, IngressBackend, IngressClass, PortName};
use crate::{Kind, ObjectRef, Severity, ThingId, ThingKind};
use std::collections::BTreeSet;
use std::sync::Arc;

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

/// Which class serves an Ingress, and how that is known.
struct ClassOf<'a> {
    name: String,
    class: Option<&'a IngressClass>,
    controller: Option<&'static Controller>,
}

/// One Ingress while it is read.
struct Reading<'a> {
    ingress: &'a Ingress,
    object: ObjectRef,
    whole: ThingId,
    entry: Option<ThingId>,
    entry_points: Vec<String>,
    controller: &'static str,
    exposure: Exposure,
    redirects: bool,
}

impl<'a> Draft<'a, '_> {
    /// Reads all of them.
    pub(super) fn ingresses(&mut self) {
        let objects = self.world.objects;
        for ingress in objects.ingresses.iter() {
            self.ingress(ingress);
        }
    }

    fn ingress(&mut self, ingress: &'a Ingress) {
        let (namespace, name) = (&*ingress.metadata.namespace, &*ingress.metadata.name);
        let object = ObjectRef::new("Ingress", namespace, name);
        let whole = ThingId::route("Ingress", namespace, name, None);
        let mut reading = Reading {
            ingress,
            object,
            whole,
            entry: None,
            entry_points: entry_points(ingress),
            controller: "",
            exposure: Exposure::default(),
            redirects: false,
        };
        let class = self.ingress_class(&reading);
        reading.exposure = exposure(ingress, &class.name);
        reading.controller = class.controller.map_or("", |controller| controller.name);
        reading.entry = self.class_entry(&class);
        self.ingress_middlewares(&mut reading);
        self.ingress_login(&reading);
        self.ingress_tls(&reading);
        let several = ingress.spec.rules.len() > 1;
        for at in 0..ingress.spec.rules.len() {
            let route = if several { part(&reading, at) } else { reading.whole.clone() };
            self.ingress_rule(&reading, at, &route);
            self.finish(&reading, &route);
        }
        if let Some(backend) = &ingress.spec.default_backend {
            self.default_backend(&reading, backend);
        }
        let whole = reading.whole.clone();
        self.finish(&reading, &whole);
    }

    /// What every route of an Ingress has.
    fn finish(&mut self, reading: &Reading<'_>, route: &ThingId) {
        let thing = self.picture.thing(route.clone());
        thing.objects.insert(reading.object.clone());
        thing.judged = true;
        thing.needs.extend(reading.entry.clone());
        if *route != reading.whole {
            thing.needs.insert(reading.whole.clone());
        }
    }

    /// The class, with what is wrong with it.
    fn ingress_class(&mut self, reading: &Reading<'a>) -> ClassOf<'a> {
        let world = self.world;
        let named = match &*reading.ingress.spec.ingress_class_name {
            "" => reading.ingress.metadata.annotation(CLASS_ANNOTATION).unwrap_or_default(),
            name => name,
        };
        let class = if named.is_empty() {
            world
                .objects
                .ingress_classes
                .iter()
                .find(|class| class.metadata.annotation(DEFAULT_CLASS) == Some("true"))
        } else {
            world.objects.ingress_classes.get("", named)
        };
        let class = class.map(Arc::as_ref);
        let controller = class.and_then(|class| Controller::of_class(&class.spec.controller));
        let name = class.map_or(named, |class| &class.metadata.name).to_owned();
        let served = ClassOf { name, class, controller };
        if world.read(Kind::IngressClass) {
            self.judge_class(reading, named, &served);
        }
        served
    }

    fn judge_class(&mut self, reading: &Reading<'_>, named: &str, served: &ClassOf<'_>) {
        let world = self.world;
        // An address says that somebody serves it, whatever else is known.
        let is_served = !reading.ingress.status.load_balancer.ingress.is_empty();
        let field = "spec.ingressClassName";
        let finding = match served.class {
            None if named.is_empty() => {
                let traefik = Controller::of_class("traefik.io/ingress-controller");
                let severity = if is_served || traefik.and_then(|known| world.runs(known)) == Some(true) {
                    Severity::Note
                } else {
                    Severity::Warning
                };
                let sentence = "The Ingress names no class, and no class is the default: most controllers leave it alone.";
                broken("ingress-no-class", severity, &reading.object, sentence.to_owned()).field(field)
            }
            None if reading.ingress.spec.ingress_class_name.is_empty() => return,
            None => {
                let severity = if is_served { Severity::Note } else { Severity::Critical };
                let there: Vec<&str> =
                    world.objects.ingress_classes.iter().map(|c| &*c.metadata.name).collect();
                let sentence = format!("The ingress class “{named}” that this Ingress names does not exist.");
                let finding =
                    broken("ingress-class-missing", severity, &reading.object, sentence).field(field);
                match there.as_slice() {
                    [] => finding.remedy("There is no ingress class at all: is a controller installed?"),
                    some => finding.remedy(format!("There is {}.", super::certificate::some(some))),
                }
            }
            Some(class) => {
                let idle = served.controller.and_then(|known| world.runs(known)) == Some(false);
                if is_served || !idle {
                    return;
                }
                let sentence = format!(
                    "Nobody serves the ingress class “{}”: no pod of {} runs.",
                    class.metadata.name,
                    served.controller.map_or("its controller", |known| known.name)
                );
                broken("ingress-class-unserved", Severity::Critical, &reading.object, sentence).field(field)
            }
        };
        self.find(&reading.whole, finding);
    }

    /// The class as an entry point, with the Services through which its controller is reached.
    fn class_entry(&mut self, class: &ClassOf<'_>) -> Option<ThingId> {
        let found = class.class?;
        let id = ThingId::new(ThingKind::EntryPoint, format!("ingressclass/{}", class.name));
        let services = class.controller.map(|known| self.world.services_of(known.name)).unwrap_or_default();
        let backends: Vec<_> = services.iter().map(|service| self.entrance(service)).collect();
        let thing = self.picture.thing(id.clone());
        class.name.clone_into(&mut thing.title);
        thing.objects.insert(ObjectRef::new("IngressClass", "", &class.name));
        thing.fact("controller", &*found.spec.controller).needs.extend(backends);
        thing.judged = true;
        Some(id)
    }

    /// Middlewares of Traefik, as the annotation names them: `media-auth@kubernetescrd,…`.
    fn ingress_middlewares(&mut self, reading: &mut Reading<'a>) {
        let annotation = "traefik.ingress.kubernetes.io/router.middlewares";
        let Some(listed) = reading.ingress.metadata.annotation(annotation) else { return };
        let field = format!("metadata.annotations[{annotation}]");
        for entry in listed.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let Some(joined) = entry.strip_suffix("@kubernetescrd") else { continue };
            let done = match self.world.joined_middleware(joined) {
                Some((namespace, name)) => self.pass(&reading.whole, namespace, name),
                None => {
                    self.joined_missing(reading, joined, &field);
                    continue;
                }
            };
            reading.redirects |= done.redirects;
            reading.exposure = reading.exposure.and(done.exposure);
        }
    }

    fn joined_missing(&mut self, reading: &Reading<'_>, joined: &str, field: &str) {
        if !self.world.reads_middlewares() {
            return;
        }
        let sentence = format!(
            "The middleware “{joined}@kubernetescrd” that this Ingress names does not exist, so Traefik does not serve it at all."
        );
        let finding =
            broken("route-middleware-missing", Severity::Critical, &reading.object, sentence).field(field);
        let finding = match self.world.near_joined_middleware(joined) {
            Some(near) => finding.remedy(format!("There is “{near}@kubernetescrd”: was that one meant?")),
            None => finding.remedy("It is written as NAMESPACE-NAME@kubernetescrd.".to_owned()),
        };
        let whole = reading.whole.clone();
        self.find(&whole, finding);
    }

    /// Who is asked whether somebody may pass, as an annotation of ingress-nginx names it.
    fn ingress_login(&mut self, reading: &Reading<'_>) {
        let annotation = "nginx.ingress.kubernetes.io/auth-url";
        let Some(address) = reading.ingress.metadata.annotation(annotation) else { return };
        let Some((name, namespace, port)) = super::middleware::inside(address, "") else { return };
        if namespace.is_empty() {
            return;
        }
        let asked = Asked {
            object: &reading.object,
            field: format!("metadata.annotations[{annotation}]"),
            port_field: format!("metadata.annotations[{annotation}]"),
            namespace: &namespace,
            name: &name,
            port: port.map(PortName::Number),
            only: true,
            asker: "route",
        };
        self.serve(&reading.whole, &asked);
    }

    /// The certificates.
    fn ingress_tls(&mut self, reading: &Reading<'_>) {
        let ingress = reading.ingress;
        for (at, tls) in ingress.spec.tls.iter().enumerate() {
            let hosts: Vec<&str> = if tls.hosts.is_empty() {
                ingress.spec.rules.iter().map(|rule| &*rule.host).collect()
            } else {
                tls.hosts.iter().map(AsRef::as_ref).collect()
            };
            // Only hosts that some rule serves are shown to a browser.
            let hosts: Vec<&str> =
                hosts.into_iter().filter(|host| matches!(address(host), Address::Host(_))).collect();
            let shown = Shown {
                object: &reading.object,
                field: format!("spec.tls[{at}].secretName"),
                namespace: &ingress.metadata.namespace,
                secret: &tls.secret_name,
                hosts: &hosts,
            };
            self.certificate(&reading.whole, &shown);
        }
    }

    fn ingress_rule(&mut self, reading: &Reading<'a>, at: usize, route: &ThingId) {
        let Some(rule) = reading.ingress.spec.rules.get(at) else { return };
        let paths = &rule.http.paths;
        for (number, path) in paths.iter().enumerate() {
            let field = format!("spec.rules[{at}].http.paths[{number}].backend");
            // The controller of AWS redirects so.
            if path.backend.service.as_ref().is_some_and(|service| &*service.port.name == "use-annotation") {
                continue;
            }
            let serves = self.ingress_backend(reading, route, &path.backend, &field);
            let top = (paths::top(&path.path), &*path.path_type == "Exact");
            self.ingress_way(reading, at, route, &rule.host, top, serves);
            // Two expressions with the same beginning need not take the same requests.
            if let Some(way) = self.ways.last_mut().filter(|_| paths::is_expression(&path.path)) {
                way.entrances.clear();
            }
        }
        if paths.is_empty()
            && let Some(backend) = &reading.ingress.spec.default_backend
        {
            let serves = self.ingress_backend(reading, route, backend, "spec.defaultBackend");
            self.ingress_way(reading, at, route, &rule.host, ("/".to_owned(), false), serves);
        }
        self.judge_host(route, &reading.object, &rule.host, &format!("spec.rules[{at}].host"));
    }

    /// Says of a host that cannot be one.
    pub(super) fn judge_host(&mut self, route: &ThingId, object: &ObjectRef, host: &str, field: &str) {
        let Address::Broken(written) = address(host) else { return };
        let fault = hosts::fault(host.trim().trim_start_matches("*.")).unwrap_or("it is not a name");
        let sentence = format!("“{written}” cannot be a host name: {fault}. Nobody can open it.");
        self.find(route, broken("route-host-invalid", Severity::Critical, object, sentence).field(field));
    }

    fn ingress_backend(
        &mut self,
        reading: &Reading<'_>,
        route: &ThingId,
        backend: &IngressBackend,
        field: &str,
    ) -> BTreeSet<Served> {
        let Some(service) = &backend.service else { return BTreeSet::new() };
        let port = match (service.port.number, &*service.port.name) {
            (0, "") => None,
            // The AWS controller has such names; they are no Services.
            (0, "use-annotation") => return BTreeSet::new(),
            (0, name) => Some(PortName::Name(name.into())),
            (number, _) => Some(PortName::Number(number)),
        };
        let asked = Asked {
            object: &reading.object,
            field: format!("{field}.service.name"),
            port_field: format!("{field}.service.port"),
            namespace: &reading.ingress.metadata.namespace,
            name: &service.name,
            port,
            only: true,
            asker: "route",
        };
        BTreeSet::from([self.serve(route, &asked)])
    }

    /// What takes all that no rule takes. Tailscale's operator uses it for a host of its own.
    fn default_backend(&mut self, reading: &Reading<'a>, backend: &IngressBackend) {
        if !reading.ingress.spec.rules.is_empty() {
            return;
        }
        let whole = reading.whole.clone();
        let serves = self.ingress_backend(reading, &whole, backend, "spec.defaultBackend");
        self.ingress_way(reading, 0, &whole, "", ("/".to_owned(), false), serves);
    }

    fn ingress_way(
        &mut self,
        reading: &Reading<'a>,
        order: usize,
        route: &ThingId,
        host: &str,
        (path, exact): (String, bool),
        serves: BTreeSet<Served>,
    ) {
        let ingress = reading.ingress;
        let tailscale = reading.controller == "the Tailscale operator";
        let written = named_host(ingress, host, tailscale);
        let https = is_https(reading, &written, tailscale);
        let plain = !reading.entry_points.is_empty()
            && reading.entry_points.iter().all(|entry| !super::entry::is_tls_name(entry));
        let redirect = sends_to(ingress).or_else(|| (reading.redirects && plain).then(String::new));
        self.ways.push(Way {
            order,
            entrances: reading.entry.iter().map(|entry| entry.name.clone()).collect(),
            exact,
            machine: hosts::for_programs(&written).or_else(|| solver(ingress)),
            path,
            serves: if redirect.is_some() { BTreeSet::new() } else { serves },
            sure: https == Some(true) && redirect.is_none(),
            https: if redirect.is_some() || reading.redirects { Some(true) } else { https },
            redirect,
            exposure: reading.exposure,
            ..Way::bare(route.clone(), reading.object.clone(), &ingress.metadata, address(&written))
        });
    }
}

fn part(reading: &Reading<'_>, at: usize) -> ThingId {
    let meta = &reading.ingress.metadata;
    ThingId::route("Ingress", &meta.namespace, &meta.name, Some(at.saturating_add(1)))
}

/// The host that all requests are sent to, as annotations of ingress-nginx say it.
fn sends_to(ingress: &Ingress) -> Option<String> {
    ["permanent-redirect", "temporal-redirect", "rewrite-target"].iter().find_map(|name| {
        let to = ingress.metadata.annotation(&format!("nginx.ingress.kubernetes.io/{name}"))?;
        super::middleware::literal_host(to)
    })
}

/// The entry points of Traefik that an annotation names.
fn entry_points(ingress: &Ingress) -> Vec<String> {
    let listed =
        ingress.metadata.annotation("traefik.ingress.kubernetes.io/router.entrypoints").unwrap_or_default();
    listed.split(',').map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
}

/// The host as people write it: of a rule without one the address of the load balancer.
fn named_host(ingress: &Ingress, host: &str, tailscale: bool) -> String {
    let addresses = &ingress.status.load_balancer.ingress;
    let address = addresses.iter().find_map(|address| match (&*address.hostname, &*address.ip) {
        ("", "") => None,
        ("", ip) => Some(ip),
        (name, _) => Some(name),
    });
    if tailscale {
        let wanted = ingress.spec.tls.iter().flat_map(|tls| &tls.hosts).next().map_or(host, |name| name);
        return address.unwrap_or(wanted).to_owned();
    }
    if host.is_empty() { address.unwrap_or_default().to_owned() } else { host.to_owned() }
}

fn is_https(reading: &Reading<'_>, host: &str, tailscale: bool) -> Option<bool> {
    let ingress = reading.ingress;
    let listed = ingress
        .spec
        .tls
        .iter()
        .any(|tls| tls.hosts.is_empty() || tls.hosts.iter().any(|pattern| hosts::covers(pattern, host)));
    let by_annotation =
        ingress.metadata.annotation("traefik.ingress.kubernetes.io/router.tls") == Some("true");
    if tailscale || listed || by_annotation || reading.controller.contains("Cloudflare") {
        return Some(true);
    }
    if reading.entry_points.is_empty() {
        return None;
    }
    reading.entry_points.iter().any(|entry| super::entry::is_tls_name(entry)).then_some(true)
}

/// cert-manager answers a challenge through an Ingress of its own, for a minute.
fn solver(ingress: &Ingress) -> Option<String> {
    let label = ingress.metadata.label("acme.cert-manager.io/http01-solver") == Some("true");
    label.then(|| "cert-manager answers a challenge here, for a certificate.".to_owned())
}

fn exposure(ingress: &Ingress, class: &str) -> Exposure {
    let mut exposure = Exposure::by_name(class).and(super::exposure::of_meta(&ingress.metadata));
    let allowed = [
        "nginx.ingress.kubernetes.io/whitelist-source-range",
        "nginx.ingress.kubernetes.io/allowlist-source-range",
    ]
    .iter()
    .find_map(|key| ingress.metadata.annotation(key));
    if allowed.is_some_and(|list| hosts::only_private(list.split(','))) {
        exposure.fenced = true;
    }
    if ingress.metadata.annotation("tailscale.com/funnel") == Some("true") {
        exposure = Exposure { internal: false, external: true, fenced: false };
    }
    exposure
}
