//! Object files as people write them, and what must be seen in them.

mod findings;
mod first;
mod healthy;
mod promises;
mod traps;

use crate::{Fact, Finding, Kind, Objects, Picture, Settings, Thing, ThingId, ThingKind};
use serde_json::Value;

/// Reads object files, with `---` between objects, as `kubectl apply` takes them.
pub(super) fn load(files: &[&str]) -> Objects {
    let mut objects = Objects::default();
    for document in files.iter().flat_map(|file| file.split("\n---")) {
        let document = document.trim_start_matches("---");
        if document.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        let value: Value =
            serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{error}\n{document}"));
        let kind = kind_of(&value).unwrap_or_else(|| panic!("an unknown kind:\n{document}"));
        objects.apply(kind, value).unwrap();
    }
    objects
}

fn kind_of(value: &Value) -> Option<Kind> {
    let version = value.get("apiVersion")?.as_str()?;
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let kind = value.get("kind")?.as_str()?;
    Kind::ALL.iter().copied().find(|known| known.resource().group == group && known.resource().kind == kind)
}

/// What is seen in object files, where everything can be read.
pub(super) struct Seen(pub(super) Picture);

pub(super) fn see(files: &[&str]) -> Seen {
    see_with(files, &Settings::default())
}

pub(super) fn see_with(files: &[&str], settings: &Settings) -> Seen {
    let mut picture = Picture::default();
    super::examine(&load(files), settings, &mut picture);
    Seen(picture)
}

impl Seen {
    pub(super) fn thing(&self, id: &ThingId) -> &Thing {
        let all = || self.0.things.keys().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        self.0.things.get(id).unwrap_or_else(|| panic!("no {id}; there is\n{}", all()))
    }

    pub(super) fn tile(&self, name: &str) -> &Thing {
        self.thing(&ThingId::new(ThingKind::Service, name))
    }

    pub(super) fn of_kind(&self, kind: ThingKind) -> Vec<&str> {
        self.0.things.keys().filter(|id| id.kind == kind).map(|id| id.name.as_str()).collect()
    }

    /// The names of the tiles that are shown.
    pub(super) fn shown(&self) -> Vec<&str> {
        let tiles = self.0.things.iter().filter(|(id, _)| id.kind == ThingKind::Service);
        tiles
            .filter(|(_, thing)| !thing.facts.contains_key("hidden"))
            .map(|(id, _)| id.name.as_str())
            .collect()
    }

    /// A fact as text; empty where there is none.
    pub(super) fn text(&self, tile: &str, fact: &str) -> String {
        text_of(self.tile(tile), fact)
    }

    /// The only finding with that code, and what it was found on.
    pub(super) fn finding(&self, code: &str) -> (&ThingId, &Finding) {
        let found: Vec<_> = self.0.findings().filter(|(_, finding)| finding.code == code).collect();
        assert_eq!(found.len(), 1, "{code}: {found:?}; there is {:?}", self.codes());
        found[0]
    }

    /// The codes of what is worse than a note.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        let bad = self.0.findings().filter(|(_, finding)| finding.severity > crate::Severity::Note);
        bad.map(|(_, finding)| finding.code).collect()
    }

    /// The codes of what routing found.
    pub(super) fn notes(&self) -> Vec<&'static str> {
        self.0.findings().map(|(_, finding)| finding.code).collect()
    }
}

pub(super) fn text_of(thing: &Thing, fact: &str) -> String {
    match thing.facts.get(fact) {
        Some(Fact::Text(text)) => text.clone(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

/// A Service with one pod that is ready, and a Deployment above it.
pub(super) fn app(namespace: &str, name: &str, port: u16, image: &str) -> String {
    format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: {port}, targetPort: http}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: app, image: '{image}', ports: [{{name: http, containerPort: {port}}}]}}]}}
status: {{replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: {name}-1
  namespace: {namespace}
  ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: {name}, controller: true}}]
---
apiVersion: v1
kind: Pod
metadata:
  name: {name}-1-x
  namespace: {namespace}
  labels: {{app: {name}}}
  ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: {name}-1, controller: true}}]
spec: {{nodeName: n1, containers: [{{name: app, image: '{image}', ports: [{{name: http, containerPort: {port}}}]}}]}}
status:
  phase: Running
  conditions: [{{type: Ready, status: 'True'}}]
  containerStatuses: [{{name: app, ready: true, started: true, image: '{image}', state: {{running: {{}}}}}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-s, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: http, port: {port}, protocol: TCP}}]
endpoints: [{{addresses: [10.0.0.5], conditions: {{ready: true}}, targetRef: {{kind: Pod, name: {name}-1-x}}}}]
"
    )
}

/// An ingress class with its controller running.
pub(super) const NGINX: &str = "
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: Pod
metadata: {name: ingress-nginx-1, namespace: ingress-nginx, labels: {app: ingress-nginx}}
spec: {containers: [{name: controller, image: 'registry.k8s.io/ingress-nginx/controller:v1.11.3'}]}
status: {phase: Running}
---
apiVersion: v1
kind: Service
metadata: {name: ingress-nginx, namespace: ingress-nginx}
spec: {type: LoadBalancer, selector: {app: ingress-nginx}, ports: [{name: http, port: 80}, {name: https, port: 443}]}
status: {loadBalancer: {ingress: [{ip: 192.168.1.2}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ingress-nginx-s, namespace: ingress-nginx, labels: {kubernetes.io/service-name: ingress-nginx}}
ports: [{name: http, port: 80}, {name: https, port: 443}]
endpoints: [{addresses: [10.0.0.2], conditions: {ready: true}}]
";
