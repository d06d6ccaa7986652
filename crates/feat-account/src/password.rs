//! Hashing passwords with argon2id, two at a time, away from the threads that answer requests.

use crate::random::random_bytes;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use hob_base::{Error, Result, error::Doing};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Each takes 19 MiB, so this bounds the memory that a flood of logins can take.
const AT_ONCE: usize = 2;
const QUEUE_MAX: Duration = Duration::from_secs(10);
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Compared with where there is no user, so that the time taken does not tell which names exist. It was made of random
/// bytes: no password fits it.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$\
    WlRrK2J0c0pJV1pOVGR5RkV4b1FhVnBMZ0h3TWNyVXk";

/// Hashes and compares passwords. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Hasher {
    /// The hash to keep.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let salt = random_bytes::<16>()?;
        let password = password.to_owned();
        let hash = self.run(move || argon2()?.hash_password_with_salt(password.as_bytes(), &salt)).await?;
        Ok(hash.doing(|| "Hashing a password".to_owned())?.to_string())
    }

    /// Whether the password fits the hash; without a hash it takes as long and fits never.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let known = hash.is_some();
        let (password, hash) = (password.to_owned(), hash.unwrap_or(DUMMY).to_owned());
        match self.run(move || argon2()?.verify_password(password.as_bytes(), hash.as_str())).await? {
            Ok(()) => Ok(known),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(error) => Err(Error::internal("Comparing a password with its hash", error)),
        }
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || {
            Error::Unavailable(
                "Too many people log in at this moment. Try again in a few seconds.".to_owned(),
            )
        };
        let place = tokio::time::timeout(QUEUE_MAX, self.0.clone().acquire_owned()).await;
        let place = place.map_err(|_| busy())?.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held by the work itself, since a request that is given up does not end it.
            drop(place);
            result
        });
        done.await.doing(|| "Hashing a password".to_owned())
    }
}

fn argon2() -> std::result::Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashError::ParamInvalid { name: "m" })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
