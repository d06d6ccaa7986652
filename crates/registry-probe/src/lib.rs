//! Whether a container registry lets an image be pulled, and if not, why.
//!
//! A pull token which expires is not noticed while images are there: it is noticed when a machine
//! starts anew and gets none. This library asks ahead of that. Given the name of an image, a
//! credential and a platform, it does what a pull does up to the first layer, and gives exactly one
//! [`Outcome`].
//!
//! [`Report::verdict`] says what that means for who would pull, and what to do.
//!
//! [`ask`] speaks the protocol; everything it decides is decided by pure functions, most of which are
//! public: [`Reference`] reads names of images, [`DockerConfig`] picks a credential out of what Docker
//! and Kubernetes keep, [`Challenge`] reads what a registry demands, and [`Manifest`] what it has.
//!
//! # What becomes of a credential
//!
//! It is sent to the registry, or to the token service which the registry names, over HTTPS with a
//! certificate that the client's roots trust. Over plain HTTP it goes only to a registry which itself
//! is asked so (see [`Question::insecure`]), and to a token service on the same host. A redirect never
//! gets it, and neither does `Debug` show it.
//!
//! # What is not done
//!
//! Credential helpers are programs, and are not run; a name of one is an error. Nothing is kept
//! between two questions, and no layer is fetched.
//!
//! Sources of the protocol: OCI distribution specification v1.1, OCI image specification v1.1,
//! <https://distribution.github.io/distribution/spec/auth/token/> (tokens) and
//! <https://distribution.github.io/distribution/spec/auth/oauth/> (identity tokens), RFC 9110.
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod answer;
mod challenge;
mod credential;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod manifest;
mod outcome;
mod platform;
mod probe;
mod reference;
mod verdict;

#[cfg(test)]
mod tests;

pub use challenge::Challenge;
pub use credential::{ConfigError, Credential, DockerConfig, jwt_expiry};
pub use manifest::{Image, Manifest, platform_of_config};
pub use outcome::{Outcome, Pullable, RateLimit, Report};
pub use platform::{Platform, PlatformError};
pub use probe::{Known, Question, ask};
pub use reference::{Digest, Reference, ReferenceError};
pub use verdict::{Asker, Severity, Verdict};
