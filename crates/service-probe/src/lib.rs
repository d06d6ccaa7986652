//! One bounded question to a service that does not speak HTTP: does it answer as its protocol says, and
//! what did it say?
//!
//! ```no_run
//! # async fn example() -> Result<(), service_probe::Failure> {
//! use service_probe::{Client, Limits, Question, Smtp, Target};
//! let target = Target::new("mail.lan", 25);
//! let answer = Client::default().ask(&target, &Question::Smtp(Smtp::default()), &Limits::default()).await?;
//! eprintln!("{} ({:?})", answer.summary, answer.took);
//! # Ok(()) }
//! ```
//!
//! There is one file for each protocol. Each holds its question (a struct with what may be chosen), the
//! conversation, and the parts of the protocol which the conversation needs as pure functions over bytes:
//! [`Smtp`], [`Imap`], [`Ssh`], [`Mqtt`], [`Postgres`], [`Mysql`], [`Redis`], [`Tcp`], [`Ping`], [`Dns`].
//!
//! What holds for all:
//!
//! - The service may be slow, broken, hostile, or another than one thinks. Every phase is bounded in time,
//!   everything read is bounded in size ([`Limits`]), and whoever speaks another protocol is told by its
//!   first bytes ([`Failure::OtherProtocol`]).
//! - A service which says in the words of its protocol that it cannot serve now ([`Failure::NotReady`]) is
//!   told apart from one which is broken. One which wants to know who asks, and is not told, answers well.
//! - A [`Credential`] is sent only where the service asks for it, or where the protocol has it in its first
//!   message; over TLS only to a service with a trusted certificate, unless the credential allows it. A probe
//!   never falls back from TLS to plain text.
//! - A probe changes nothing at the service: no mail, no message, no query. Who wants more than to ask holds
//!   a [`conversation`] of their own, within the same limits and with the same failures.
//! - No task is spawned, apart from looking up names: dropping the future of a probe ends it.
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod answer;
mod client;
pub mod conversation;
mod dns;
mod failure;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod imap;
mod mqtt;
mod mysql;
mod ping;
mod postgres;
mod question;
mod random;
mod redis;
mod smtp;
mod ssh;
mod tcp;
mod text;
mod wire;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use client::Client;
pub use dns::{Dns, Record, system_resolver};
pub use failure::{Failure, Phase};
pub use imap::Imap;
pub use mqtt::{Mqtt, MqttVersion};
pub use mysql::Mysql;
pub use ping::Ping;
pub use postgres::Postgres;
pub use question::{Credential, Limits, Password, Question, Security, Target};
pub use redis::Redis;
pub use smtp::Smtp;
pub use ssh::Ssh;
pub use tcp::Tcp;
// What an answer and a target hold of the library which connects.
pub use tls_probe::{Examination, Family};
