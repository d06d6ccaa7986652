//! Traefik, in both groups.

use super::core::PortName;
use super::meta::{Meta, each_or_skip, or_default};
use super::table::object;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Routes of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRoute {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: IngressRouteSpec,
}

/// Routes of TCP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRouteTCP {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: IngressRouteSpec,
}

/// Routes of UDP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRouteUDP {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: IngressRouteSpec,
}

/// What routes of Traefik want; those of UDP have neither rules nor TLS.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRouteSpec {
    /// On which entry points; empty: the default ones.
    #[serde(deserialize_with = "each_or_skip")]
    pub entry_points: Vec<Box<str>>,
    /// The routes.
    #[serde(deserialize_with = "each_or_skip")]
    pub routes: Vec<TraefikRoute>,
    /// TLS; none: whatever the entry point does.
    #[serde(deserialize_with = "or_default")]
    pub tls: Option<TraefikTls>,
}

/// One route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikRoute {
    /// The rule.
    #[serde(rename = "match", deserialize_with = "or_default")]
    pub rule: Box<str>,
    /// The priority; 0: the length of the rule.
    #[serde(deserialize_with = "or_default")]
    pub priority: i64,
    /// `v2` or `v3`; empty: that of the installation.
    #[serde(deserialize_with = "or_default")]
    pub syntax: Box<str>,
    /// What is done on the way, in order.
    #[serde(deserialize_with = "each_or_skip")]
    pub middlewares: Vec<TraefikRef>,
    /// What serves it.
    #[serde(deserialize_with = "each_or_skip")]
    pub services: Vec<TraefikServiceRef>,
}

/// An object by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikRef {
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The namespace; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
}

/// A Service or a `TraefikService`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikServiceRef {
    /// `Service` (also when empty) or `TraefikService`.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The namespace; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// The port.
    #[serde(deserialize_with = "or_default")]
    pub port: Option<PortName>,
    /// `http`, `https` or `h2c`; empty: by the port.
    #[serde(deserialize_with = "or_default")]
    pub scheme: Box<str>,
    /// Its part among several.
    #[serde(deserialize_with = "or_default")]
    pub weight: Option<i64>,
}

/// TLS of a route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikTls {
    /// The secret with the certificate; empty: the default certificate, or a resolver's.
    #[serde(deserialize_with = "or_default")]
    pub secret_name: Box<str>,
    /// Who gets the certificate.
    #[serde(deserialize_with = "or_default")]
    pub cert_resolver: Box<str>,
    /// Whether the connection is passed on as it is.
    #[serde(deserialize_with = "or_default")]
    pub passthrough: bool,
}

/// Something that is done on the way.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Middleware {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it does.
    #[serde(deserialize_with = "middleware")]
    pub spec: MiddlewareSpec,
}

/// What a middleware does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MiddlewareSpec {
    /// The fields that are set: `redirectScheme`, `chain` …
    pub kinds: Vec<Box<str>>,
    /// To which scheme it redirects.
    pub redirect_scheme: Box<str>,
    /// Where it redirects to, with `${1}` of the expression; empty: it does not.
    pub redirect_regex: Box<str>,
    /// The middlewares that it consists of.
    pub chain: Vec<TraefikRef>,
    /// The networks that are let in; empty: all.
    pub source_range: Vec<Box<str>>,
    /// The secret with the users' names and passwords.
    pub secret: Box<str>,
    /// Who is asked whether somebody may pass.
    pub forward_auth: Box<str>,
    /// What serves the pages for errors.
    pub errors: Option<TraefikServiceRef>,
}

fn middleware<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MiddlewareSpec, D::Error> {
    let spec = Value::deserialize(deserializer)?;
    let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default().into();
    let first = |pointers: [&str; 2]| -> Box<str> {
        let found = pointers.iter().find_map(|pointer| spec.pointer(pointer).and_then(Value::as_str));
        found.unwrap_or_default().into()
    };
    let ranges = ["/ipAllowList/sourceRange", "/ipWhiteList/sourceRange"]
        .iter()
        .find_map(|pointer| spec.pointer(pointer).cloned());
    Ok(MiddlewareSpec {
        kinds: spec
            .as_object()
            .map(|fields| fields.keys().map(|key| key.as_str().into()).collect())
            .unwrap_or_default(),
        redirect_scheme: text("/redirectScheme/scheme"),
        redirect_regex: text("/redirectRegex/replacement"),
        chain: spec.pointer("/chain/middlewares").map(each).unwrap_or_default(),
        source_range: ranges.as_ref().map(each).unwrap_or_default(),
        secret: first(["/basicAuth/secret", "/digestAuth/secret"]),
        forward_auth: text("/forwardAuth/address"),
        errors: spec.pointer("/errors/service").and_then(|value| TraefikServiceRef::deserialize(value).ok()),
    })
}

fn each<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| T::deserialize(item).ok()).collect()
}

/// Several services as one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikService {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it consists of.
    #[serde(deserialize_with = "or_default")]
    pub spec: TraefikServiceSpec,
}

/// What a `TraefikService` consists of.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikServiceSpec {
    /// By weight.
    #[serde(deserialize_with = "or_default")]
    pub weighted: Option<TraefikServices>,
    /// By the hash of who asks.
    #[serde(deserialize_with = "or_default")]
    pub highest_random_weight: Option<TraefikServices>,
    /// One that answers; what it is asked is told to others, which are left out.
    #[serde(deserialize_with = "or_default")]
    pub mirroring: Option<TraefikServiceRef>,
}

/// Several services.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikServices {
    /// The services.
    #[serde(deserialize_with = "each_or_skip")]
    pub services: Vec<TraefikServiceRef>,
}

impl TraefikServiceSpec {
    /// All services that answer, each with its field.
    pub fn parts(&self) -> Vec<(String, &TraefikServiceRef)> {
        let lists = [("weighted", &self.weighted), ("highestRandomWeight", &self.highest_random_weight)];
        let mut parts = Vec::new();
        for (field, list) in lists {
            let services = list.iter().flat_map(|list| &list.services).enumerate();
            parts.extend(services.map(|(at, service)| (format!("spec.{field}.services[{at}]"), service)));
        }
        parts.extend(self.mirroring.iter().map(|service| ("spec.mirroring".to_owned(), service)));
        parts
    }
}

object!(IngressRoute, IngressRouteTCP, IngressRouteUDP, Middleware, TraefikService);
