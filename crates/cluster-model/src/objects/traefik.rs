//! Traefik, in both groups.

use super::meta::{Meta, or_default};
use super::table::object;
use serde::Deserialize;

/// IngressRoute.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRoute {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// IngressRouteTCP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRouteTCP {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// IngressRouteUDP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRouteUDP {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Middleware.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Middleware {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// TraefikService.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraefikService {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(IngressRoute, IngressRouteTCP, IngressRouteUDP, Middleware, TraefikService);
