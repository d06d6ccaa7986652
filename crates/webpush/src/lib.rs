//! Messages to browsers that need no app: web push.
//!
//! A browser that wants messages gives an address at the push service of its vendor and two keys: a [`Subscription`].
//! What is sent is encrypted for that browser alone, so the service sees how much and how often, and not what; who sends
//! is told by a signature, so that nobody else can use the address.
//!
//! - [`encrypt`] makes the body of a message (RFC 8291, with the coding `aes128gcm` of RFC 8188).
//! - [`Vapid`] is the key of the sender and signs for it (VAPID, RFC 8292).
//! - [`Sender`] delivers (RFC 8030), and [`judge`] says what an answer means: taken, gone for good, later, or never.
//!
//! # Addresses of strangers
//!
//! Where a message goes is said by a browser, and so by anybody. A sender therefore connects only over HTTPS, only to an
//! address of the public Internet (see [`tls_probe::public`]), to exactly the one that was checked, and follows no
//! redirect. [`Reach`] lists the hosts for which its owner says otherwise. A message is not sent to a service with a
//! certificate that is not trusted.
//!
//! # For tests
//!
//! The Cargo feature `receiver` opens the browser's side: keys, decryption, the check of a signature. The feature `fuzzing` opens
//! what reads a stranger's bytes to the fuzz targets of this repository; both are no part of the API.

mod answer;
mod crypt;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod reach;
#[cfg(any(test, feature = "receiver"))]
pub mod receiver;
mod send;
mod subscription;
mod vapid;

#[cfg(test)]
mod tests;

pub use answer::{Failure, Fate, judge};
pub use crypt::{MAX_PLAINTEXT, encrypt};
pub use reach::{Reach, Unreachable};
pub use send::{Message, Sender, Topic, Urgency};
pub use subscription::{Subscription, SubscriptionError, endpoint};
pub use vapid::{Contact, Vapid, VapidError, audience};
