//! cert-manager.

use super::meta::{Meta, or_default};
use super::table::object;
use serde::Deserialize;

/// Certificate.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// CertificateRequest.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateRequest {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Issuer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Issuer {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// ClusterIssuer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterIssuer {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Order.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Order {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Challenge.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Challenge {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(Certificate, CertificateRequest, Issuer, ClusterIssuer, Order, Challenge);
