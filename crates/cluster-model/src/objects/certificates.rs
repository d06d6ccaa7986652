//! cert-manager: certificates, what asks for them, and who issues them.
//!
//! Source: the API types of cert-manager.io/v1 and acme.cert-manager.io/v1.

use super::meta::{Condition, Meta, each_or_skip, or_default, short_text, time_ms};
use super::table::object;
use serde::Deserialize;

/// A certificate that is wanted in a secret.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: CertificateSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: CertificateStatus,
}

/// What a certificate shall be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSpec {
    /// The secret it is put into.
    #[serde(deserialize_with = "or_default")]
    pub secret_name: Box<str>,
    /// Its names.
    #[serde(deserialize_with = "each_or_skip")]
    pub dns_names: Vec<Box<str>>,
    /// Its first name, where it is not among the names.
    #[serde(deserialize_with = "or_default")]
    pub common_name: Box<str>,
    /// Who issues it.
    #[serde(deserialize_with = "or_default")]
    pub issuer_ref: IssuerRef,
}

/// An issuer by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IssuerRef {
    /// `Issuer` (also when empty), `ClusterIssuer` or that of another group.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The group; empty is that of cert-manager.
    #[serde(deserialize_with = "or_default")]
    pub group: Box<str>,
}

/// What a certificate is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateStatus {
    /// `Ready` and `Issuing`.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// Until when it is valid, in milliseconds since 1970.
    #[serde(rename = "notAfter", deserialize_with = "time_ms")]
    pub not_after_ms: Option<i64>,
    /// When it shall be renewed, in milliseconds since 1970.
    #[serde(rename = "renewalTime", deserialize_with = "time_ms")]
    pub renewal_ms: Option<i64>,
    /// When it was last refused, in milliseconds since 1970.
    #[serde(rename = "lastFailureTime", deserialize_with = "time_ms")]
    pub last_failure_ms: Option<i64>,
    /// How often in a row it was refused.
    #[serde(deserialize_with = "or_default")]
    pub failed_issuance_attempts: i64,
    /// How often it was issued.
    #[serde(deserialize_with = "or_default")]
    pub revision: i64,
}

/// One request for a certificate.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateRequest {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is asked for.
    #[serde(deserialize_with = "or_default")]
    pub spec: CertificateRequestSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: CertificateRequestStatus,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateRequestSpec {
    /// Who issues it.
    #[serde(deserialize_with = "or_default")]
    pub issuer_ref: IssuerRef,
}

/// What became of a request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateRequestStatus {
    /// `Ready`, `Approved`, `Denied`, `InvalidRequest`.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// When it failed, in milliseconds since 1970.
    #[serde(rename = "failureTime", deserialize_with = "time_ms")]
    pub failed_ms: Option<i64>,
}

/// Who issues certificates within a namespace.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Issuer {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// How it is.
    #[serde(deserialize_with = "or_default")]
    pub status: IssuerStatus,
}

/// Who issues certificates in the whole cluster.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterIssuer {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// How it is.
    #[serde(deserialize_with = "or_default")]
    pub status: IssuerStatus,
}

/// How an issuer is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IssuerStatus {
    /// `Ready`.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

/// An order at an authority that speaks ACME (RFC 8555, section 7.4).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Order {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: OrderStatus,
}

/// What became of an order or a challenge.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderStatus {
    /// `pending`, `ready`, `processing`, `valid`, `invalid`, `expired` or `errored`.
    #[serde(deserialize_with = "or_default")]
    pub state: Box<str>,
    /// Why, in words.
    #[serde(deserialize_with = "short_text")]
    pub reason: Box<str>,
}

/// The proof that a name is one's own (RFC 8555, section 8).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Challenge {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is proved.
    #[serde(deserialize_with = "or_default")]
    pub spec: ChallengeSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: OrderStatus,
}

/// What is proved and how.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChallengeSpec {
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub dns_name: Box<str>,
    /// `HTTP-01` or `DNS-01`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
}

object!(Certificate, CertificateRequest, Issuer, ClusterIssuer, Order, Challenge);
