//! What an examination gives: things, what is known of each, what is wrong with it, and what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What kind of thing it is. The words are those of the resources that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThingKind {
    /// What a person opens: a tile. Its name is its host and path.
    Service,
    /// A port of TCP or UDP that is reached from outside: listed, not opened in a browser.
    Port,
    /// One rule of one Ingress, `IngressRoute` or route of the Gateway API.
    Route,
    /// An entry point: a Gateway, an ingress class, an entry point of Traefik.
    EntryPoint,
    /// A middleware of Traefik or a filter that is an object of its own.
    Middleware,
    /// A Service with its endpoints.
    Backend,
    /// A Deployment, `StatefulSet`, `DaemonSet`, Job or a pod that nobody owns, with its pods.
    Workload,
    /// One image as pods use it.
    Image,
    /// A secret with which images are pulled, or with which something else logs in.
    Credential,
    /// A node.
    Host,
    /// A `PersistentVolumeClaim` with its volume.
    Volume,
    /// A Certificate of cert-manager or a secret with a certificate.
    Certificate,
    /// A `CronJob`.
    Job,
    /// An object of a GitOps tool: Application, Kustomization, `HelmRelease` …
    Deployment,
    /// A database that an operator runs.
    Database,
    /// A backup that an operator makes.
    Backup,
}

impl ThingKind {
    /// The word for resources.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Port => "port",
            Self::Route => "route",
            Self::EntryPoint => "entry-point",
            Self::Middleware => "middleware",
            Self::Backend => "backend",
            Self::Workload => "workload",
            Self::Image => "image",
            Self::Credential => "credential",
            Self::Host => "host",
            Self::Volume => "volume",
            Self::Certificate => "certificate",
            Self::Job => "job",
            Self::Deployment => "deployment",
            Self::Database => "database",
            Self::Backup => "backup",
        }
    }
}

/// Names a thing within one cluster. The name is what makes it unique within its kind: `media/jellyfin`,
/// `media/deployment/jellyfin`, `photos.example.org`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThingId {
    /// What kind of thing it is.
    pub kind: ThingKind,
    /// Its name within the cluster.
    pub name: String,
}

impl ThingId {
    /// A thing of this kind and name.
    pub fn new(kind: ThingKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// A tile, by host and path; the path is left out where it is `/`.
    pub fn tile(host: &str, path: &str) -> Self {
        Self::new(ThingKind::Service, format!("{host}{}", if path == "/" { "" } else { path }))
    }

    /// A port of TCP or UDP, by what serves it: `home/mosquitto:1883/tcp`.
    pub fn port(namespace: &str, service: &str, port: u16, protocol: &str) -> Self {
        Self::new(ThingKind::Port, format!("{namespace}/{service}:{port}/{}", protocol.to_lowercase()))
    }

    /// A route: `ingress/media/jellyfin`, with the number of the rule where the object has several (`…/2`).
    pub fn route(object_kind: &str, namespace: &str, name: &str, rule: Option<usize>) -> Self {
        let rule = rule.map(|rule| format!("/{rule}")).unwrap_or_default();
        Self::new(ThingKind::Route, format!("{}/{namespace}/{name}{rule}", object_kind.to_lowercase()))
    }

    /// A Service with its endpoints.
    pub fn backend(namespace: &str, service: &str) -> Self {
        Self::new(ThingKind::Backend, format!("{namespace}/{service}"))
    }

    /// A workload: `media/deployment/jellyfin`. `object_kind` as the API writes it (`Deployment`).
    pub fn workload(namespace: &str, object_kind: &str, name: &str) -> Self {
        Self::new(ThingKind::Workload, format!("{namespace}/{}/{name}", object_kind.to_lowercase()))
    }

    /// An image as it is written in a pod.
    pub fn image(reference: &str) -> Self {
        Self::new(ThingKind::Image, reference)
    }

    /// A secret that is shown to a registry.
    pub fn credential(namespace: &str, secret: &str) -> Self {
        Self::new(ThingKind::Credential, format!("{namespace}/{secret}"))
    }

    /// A node.
    pub fn host(node: &str) -> Self {
        Self::new(ThingKind::Host, node)
    }

    /// A claim with its volume.
    pub fn volume(namespace: &str, claim: &str) -> Self {
        Self::new(ThingKind::Volume, format!("{namespace}/{claim}"))
    }

    /// A certificate, by the secret that holds it.
    pub fn certificate(namespace: &str, secret: &str) -> Self {
        Self::new(ThingKind::Certificate, format!("{namespace}/{secret}"))
    }
}

impl fmt::Display for ThingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the thing is well.
    Note,
    /// Nobody can tell at present.
    Unknown,
    /// Needs attention soon.
    Warning,
    /// Broken now.
    Critical,
}

/// An object of the cluster, as it is named to people: “Ingress media/jellyfin”.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// The kind as the API writes it.
    pub kind: String,
    /// The namespace; empty for what has none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectRef {
    /// An object.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is, for tests and programs: `image-pull-credential-rejected`, `route-service-missing`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub sentence: String,
    /// What that rests on: the condition's message, the last log line. May be empty.
    pub evidence: String,
    /// The next step, where there is one.
    pub remedy: Option<String>,
    /// Where it was found.
    pub object: ObjectRef,
    /// The field: `spec.rules[0].http.paths[0].backend.service.name`. May be empty.
    pub field: String,
    /// The line with which the last log of that container is had, where logs would tell more: pod and container.
    pub logs_of: Option<(String, String)>,
}

/// The longest evidence, in characters.
const EVIDENCE_MAX: usize = 600;

impl Finding {
    /// A finding of an object.
    pub fn new(
        code: &'static str,
        severity: Severity,
        object: ObjectRef,
        sentence: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            sentence: sentence.into(),
            evidence: String::new(),
            remedy: None,
            object,
            field: String::new(),
            logs_of: None,
        }
    }

    /// Adds what it rests on, cut to a length.
    #[must_use]
    pub fn evidence(mut self, text: &str) -> Self {
        self.evidence = text.trim().chars().take(EVIDENCE_MAX).collect();
        self
    }

    /// Adds the next step.
    #[must_use]
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = Some(text.into());
        self
    }

    /// Adds the field.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>) -> Self {
        self.field = path.into();
        self
    }
}

/// One fact of a thing.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Words.
    Text(String),
}

impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}
impl From<i64> for Fact {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<&str> for Fact {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Fact {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// One thing of the picture. Several modules may add to the same thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thing {
    /// What a person calls it; empty: by its id.
    pub title: String,
    /// What is known; keys carry the unit (`size_bytes`).
    pub facts: BTreeMap<&'static str, Fact>,
    /// What was found, in any order.
    pub findings: Vec<Finding>,
    /// What it needs.
    pub needs: BTreeSet<ThingId>,
    /// Whether its health is known here. A tile is judged by a probe; what is wrong with it in the cluster counts as well.
    pub judged: bool,
    /// Why it is well, where nothing worse was found: “3 of 3 pods are ready.”
    pub well: String,
    /// The objects that it stands for, for “what defines this”.
    pub objects: BTreeSet<ObjectRef>,
}

impl Thing {
    /// Sets a fact.
    pub fn fact(&mut self, key: &'static str, value: impl Into<Fact>) -> &mut Self {
        self.facts.insert(key, value.into());
        self
    }

    /// Adds a finding; it is judged from now on.
    pub fn find(&mut self, finding: Finding) -> &mut Self {
        self.judged = true;
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
        self
    }

    /// The worst finding; of equals the first by code, so that it does not depend on the order.
    pub fn worst(&self) -> Option<&Finding> {
        self.findings.iter().max_by(|a, b| {
            a.severity
                .cmp(&b.severity)
                .then_with(|| b.code.cmp(a.code))
                .then_with(|| b.sentence.cmp(&a.sentence))
        })
    }
}

/// Everything that was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// The things by name.
    pub things: BTreeMap<ThingId, Thing>,
}

impl Picture {
    /// The thing of this name, made when it is first spoken of.
    pub fn thing(&mut self, id: ThingId) -> &mut Thing {
        self.things.entry(id).or_default()
    }

    /// Everything that was found, with the thing it was found on.
    pub fn findings(&self) -> impl Iterator<Item = (&ThingId, &Finding)> {
        self.things.iter().flat_map(|(id, thing)| thing.findings.iter().map(move |finding| (id, finding)))
    }
}
