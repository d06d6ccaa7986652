//! Gateway API.

use super::meta::{Condition, Labels, Meta, each_or_skip, or_default};
use super::table::object;
use serde::Deserialize;

/// Where traffic comes in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Gateway {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: GatewaySpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: GatewayStatus,
}

/// What a Gateway wants.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewaySpec {
    /// The class that serves it.
    #[serde(deserialize_with = "or_default")]
    pub gateway_class_name: Box<str>,
    /// Where it listens.
    #[serde(deserialize_with = "each_or_skip")]
    pub listeners: Vec<Listener>,
}

/// One port that is listened on.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listener {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The host names it takes; empty: all.
    #[serde(deserialize_with = "or_default")]
    pub hostname: Box<str>,
    /// The port.
    #[serde(deserialize_with = "or_default")]
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`.
    #[serde(deserialize_with = "or_default")]
    pub protocol: Box<str>,
    /// Certificates.
    #[serde(deserialize_with = "or_default")]
    pub tls: Option<ListenerTls>,
    /// Which routes may attach.
    #[serde(deserialize_with = "or_default")]
    pub allowed_routes: AllowedRoutes,
}

/// Certificates of a listener.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerTls {
    /// `Terminate` (also when empty) or `Passthrough`.
    #[serde(deserialize_with = "or_default")]
    pub mode: Box<str>,
    /// The secrets.
    #[serde(deserialize_with = "each_or_skip")]
    pub certificate_refs: Vec<ObjectReference>,
}

/// A reference of the Gateway API.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// The group; empty: the core, or what the field says.
    #[serde(deserialize_with = "or_default")]
    pub group: Box<str>,
    /// The kind; empty: what the field says.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The namespace; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
}

/// Which routes may attach to a listener.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllowedRoutes {
    /// From which namespaces.
    #[serde(deserialize_with = "or_default")]
    pub namespaces: AllowedNamespaces,
}

/// From which namespaces routes may attach.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllowedNamespaces {
    /// `Same` (also when empty), `All` or `Selector`.
    #[serde(deserialize_with = "or_default")]
    pub from: Box<str>,
    /// The labels of the namespace.
    #[serde(deserialize_with = "or_default")]
    pub selector: LabelSelector,
}

/// Which labels are asked for. Expressions are only known to be there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must be so.
    #[serde(deserialize_with = "or_default")]
    pub match_labels: Labels,
    /// Further conditions.
    #[serde(deserialize_with = "each_or_skip")]
    pub match_expressions: Vec<serde::de::IgnoredAny>,
}

/// What became of a Gateway.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayStatus {
    /// Its addresses.
    #[serde(deserialize_with = "each_or_skip")]
    pub addresses: Vec<GatewayAddress>,
    /// Conditions.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// The listeners.
    #[serde(deserialize_with = "each_or_skip")]
    pub listeners: Vec<ListenerStatus>,
}

/// An address of a Gateway.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayAddress {
    /// The address or host name.
    #[serde(deserialize_with = "or_default")]
    pub value: Box<str>,
}

/// What became of a listener.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerStatus {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// Conditions.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

/// A route of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HTTPRoute {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: RouteSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: RouteStatus,
}

/// A route of gRPC.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GRPCRoute {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: RouteSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: RouteStatus,
}

/// A route of TLS that is told by its host name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TLSRoute {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: RouteSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: RouteStatus,
}

/// What a route wants.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteSpec {
    /// Where it attaches.
    #[serde(deserialize_with = "each_or_skip")]
    pub parent_refs: Vec<ParentRef>,
    /// Host names; empty: those of the listener.
    #[serde(deserialize_with = "each_or_skip")]
    pub hostnames: Vec<Box<str>>,
    /// Rules.
    #[serde(deserialize_with = "each_or_skip")]
    pub rules: Vec<RouteRule>,
}

/// Where a route attaches.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParentRef {
    /// The group; empty: that of the Gateway.
    #[serde(deserialize_with = "or_default")]
    pub group: Box<str>,
    /// The kind; empty: Gateway.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The namespace; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The listener; empty: all.
    #[serde(deserialize_with = "or_default")]
    pub section_name: Box<str>,
    /// The port; none: all.
    #[serde(deserialize_with = "or_default")]
    pub port: Option<u16>,
}

/// One rule of a route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteRule {
    /// What it takes; empty: everything.
    #[serde(deserialize_with = "each_or_skip")]
    pub matches: Vec<RouteMatch>,
    /// What is done on the way.
    #[serde(deserialize_with = "each_or_skip")]
    pub filters: Vec<RouteFilter>,
    /// What serves it.
    #[serde(deserialize_with = "each_or_skip")]
    pub backend_refs: Vec<BackendRef>,
}

/// What a rule takes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteMatch {
    /// The path.
    #[serde(deserialize_with = "or_default")]
    pub path: Option<PathMatch>,
    /// Headers that must be there.
    #[serde(deserialize_with = "each_or_skip")]
    pub headers: Vec<NamedMatch>,
    /// Parts of the query that must be there.
    #[serde(deserialize_with = "each_or_skip")]
    pub query_params: Vec<NamedMatch>,
    /// The method; of gRPC it is an object and left out.
    #[serde(deserialize_with = "or_default")]
    pub method: Box<str>,
}

/// A path that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PathMatch {
    /// `PathPrefix` (also when empty), `Exact` or `RegularExpression`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The path.
    #[serde(deserialize_with = "or_default")]
    pub value: Box<str>,
}

/// Something that must be there, by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedMatch {
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The value.
    #[serde(deserialize_with = "or_default")]
    pub value: Box<str>,
}

/// What is done with a request on the way.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteFilter {
    /// `RequestRedirect`, `URLRewrite`, `ExtensionRef` …
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// Where it is sent instead.
    #[serde(deserialize_with = "or_default")]
    pub request_redirect: Option<RequestRedirect>,
    /// An object that says more.
    #[serde(deserialize_with = "or_default")]
    pub extension_ref: Option<ObjectReference>,
}

/// Where a request is sent instead.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestRedirect {
    /// The scheme; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub scheme: Box<str>,
    /// The host; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub hostname: Box<str>,
}

/// What serves a rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendRef {
    /// The group; empty: the core.
    #[serde(deserialize_with = "or_default")]
    pub group: Box<str>,
    /// The kind; empty: Service.
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
    pub port: Option<u16>,
    /// Its part; none: 1.
    #[serde(deserialize_with = "or_default")]
    pub weight: Option<u32>,
}

/// What became of a route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteStatus {
    /// At each parent.
    #[serde(deserialize_with = "each_or_skip")]
    pub parents: Vec<RouteParentStatus>,
}

/// What became of a route at one parent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteParentStatus {
    /// The parent.
    #[serde(deserialize_with = "or_default")]
    pub parent_ref: ParentRef,
    /// Conditions.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

/// Who may refer into a namespace.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReferenceGrant {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is granted.
    #[serde(deserialize_with = "or_default")]
    pub spec: ReferenceGrantSpec,
}

/// What is granted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReferenceGrantSpec {
    /// To whom.
    #[serde(deserialize_with = "each_or_skip")]
    pub from: Vec<ObjectReference>,
    /// What they may refer to.
    #[serde(deserialize_with = "each_or_skip")]
    pub to: Vec<ObjectReference>,
}

object!(Gateway, HTTPRoute, GRPCRoute, TLSRoute, ReferenceGrant);
