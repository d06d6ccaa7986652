//! Ways to tell people something: one module per service, each a request to make and an answer to judge.
//!
//! A [`Note`] is what is to be said, a [`Channel`] where, and [`Sender::send`] says it. What goes over
//! the wire and what an answer means is decided by pure functions; `sender` holds the little that
//! is not pure.
//!
//! ```ignore
//! let channel = Channel::from_fields("ntfy", &values)?;
//! let told = sender.send(&channel, &opened, None).await?;
//! sender.send(&channel, &resolved, told.reference.as_deref()).await?;
//! ```
//!
//! # Setting up
//!
//! [`Channel::kinds`] describes every kind with its fields, so that a form can be drawn for each
//! without knowing the service. [`Channel::from_fields`] checks and reads what was filled in,
//! [`Channel::to_fields`] fills the form again, without secrets, and [`Channel::updated`] keeps
//! those which were left blank. Settings and databases use serde with the same names.
//!
//! # Threads
//!
//! Notes of one [thread](Note::thread) belong together. Where a service can edit, the first message
//! is brought up to date by those that follow, which are given its [reference](Delivered::reference),
//! and what should be [heard](Note::is_aloud) besides is said in a short reply. Elsewhere each note
//! is a message of its own.
//!
//! # What becomes of a secret
//!
//! It is sent to the host which the owner named and nowhere else: redirects are followed only on
//! the same scheme, host and port, and from `http` to `https` on the same host. Nothing is sent to a
//! server whose certificate is not trusted, unless the channel says so. No error, answer or `Debug`
//! shows one.
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod apprise_api;
mod apprise_command;
mod channel;
mod discord;
mod exchange;
mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gotify;
mod home_assistant;
mod mail;
mod markdown;
mod matrix;
mod mattermost;
mod mqtt;
mod note;
mod ntfy;
mod outcome;
mod pushover;
mod secret;
mod sender;
mod signal;
mod slack;
mod telegram;
mod text;
mod webhook;

#[cfg(test)]
mod tests;

pub use apprise_api::AppriseApi;
pub use apprise_command::AppriseCommand;
pub use channel::Channel;
pub use discord::Discord;
pub use fields::{Field, Input, Kind, Values, Wrong};
pub use gotify::Gotify;
pub use home_assistant::HomeAssistant;
pub use mail::Mail;
pub use matrix::Matrix;
pub use mattermost::Mattermost;
pub use mqtt::Mqtt;
pub use note::{Note, Severity, State};
pub use ntfy::Ntfy;
pub use outcome::{Answer, Delivered, DeliveryError};
pub use pushover::Pushover;
pub use secret::Secret;
pub use sender::{DELIVERY_MAX, Sender};
pub use signal::Signal;
pub use slack::Slack;
pub use telegram::Telegram;
pub use webhook::Webhook;
