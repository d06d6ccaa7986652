//! The ntfy protocol as values: what a request to publish or to subscribe says, and what is answered. No I/O.
//!
//! ntfy is a simple protocol of topics: whoever knows a topic's name publishes to it with any HTTP client, and phones,
//! browsers and programs listen to it. This crate reads what clients say and writes what they expect to hear:
//!
//! - [`Endpoint`] tells what a method and a path ask for; [`Topic`], [`Topics`] and [`SequenceId`] are the names in it.
//! - [`PublishRequest`] is a message as somebody asked for it, from headers and query or from JSON; with its body
//!   judged ([`Body`]) it becomes a [`Message`].
//! - [`SubscribeRequest`] is what somebody wants to hear ([`Since`], [`Filter`]); [`Format`] writes messages as JSON
//!   lines, server-sent events, raw lines or frames of a WebSocket ([`websocket`]).
//! - [`Refusal`] is an error in the protocol's words; the table of all is [`refusal`].
//! - [`matrix`] and [`unified_push`] are the two gateways, [`emoji`] the names that tags may have.
//!
//! It has no clock, no randomness and no network: the time (with its zone) and ids are arguments. Everything comes from
//! strangers: whatever is read is bounded, and control characters never get into what may end up in a header.
//!
//! The facts are those of ntfy's documentation (<https://docs.ntfy.sh/publish/>, <https://docs.ntfy.sh/subscribe/api/>)
//! and of its server, version 2.2x; docs/push-protocol.md lists where this differs.

pub mod action;
mod delay;
pub mod emoji;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod json;
pub mod matrix;
mod message;
mod params;
mod path;
mod publish;
pub mod refusal;
pub mod rfc2047;
mod subscribe;
pub mod text;
pub mod unified_push;
pub mod websocket;

pub use action::{Action, ActionKind};
pub use message::{Attachment, Event, Format, Message, is_message_id, message_id};
pub use path::{Endpoint, RESERVED_TOPICS, SequenceId, Topic, Topics};
pub use publish::{Body, Call, Email, Limits, PublishRequest, Template, parse_priority};
pub use refusal::Refusal;
pub use subscribe::{Filter, Since, SubscribeRequest};
