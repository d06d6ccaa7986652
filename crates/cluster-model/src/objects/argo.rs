//! Argo CD.

use super::meta::{Meta, or_default};
use super::table::object;
use serde::Deserialize;

/// Application.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// ApplicationSet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(Application, ApplicationSet);
