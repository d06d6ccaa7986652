//! Who may what: service accounts and secrets. Of a secret only its type, the names of its keys, a pull credential and the dates of a certificate are kept.

use super::meta::{Meta, or_default};
use super::table::object;
use serde::Deserialize;

/// ServiceAccount.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccount {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Secret.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Secret {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(ServiceAccount, Secret);
