//! Whether the images that pods use could be pulled now, with exactly the credentials that their pods would use.
//!
//! Data flow: once a minute the pass `kubernetes.registries` has `plan` compare what the clusters pull
//! ([`cluster_model::gitops::pulls`]) with what registries said before; what is new, changed or a day old is asked (`ask`), a
//! few at once; what came of it is kept over restarts (`store`) and said (`words`) of `image/<cluster>/<reference>` and of
//! `credential/<cluster>/<namespace>/<secret>`.
//!
//! Invariants:
//! - A credential goes to the registry of the image and to the token service that it names; over plain HTTP only to registries
//!   that the owner named. A GitHub token goes to GitHub's own API as well, for its last day, unless that is switched off.
//! - Where secrets are not read, an image whose pods name one is not asked for at all.
//! - A registry that does not answer says nothing of a credential.
//! - The database never holds a credential, and its fingerprint only sealed.

pub(crate) mod ask;
mod github;
pub(crate) mod known;
pub(crate) mod plan;
pub(crate) mod settings;
pub(crate) mod words;

#[cfg(test)]
mod tests;

/// Who speaks.
pub(crate) const SOURCE: &str = "registry";
