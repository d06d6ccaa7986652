//! The shell: what starts the hub, draws the frame around every page, guards the doors and turns errors into answers.
//!
//! A request passes, from outside in: security headers, compression and ETag, errors → answers, the session guard
//! ([`guard`]), the feature's handler. Pages are functions from view data to markup, built from [`components`]; they read
//! memory and never probe. What changes is pushed over server-sent events ([`mod@live`]).
//!
//! The Cargo feature `fuzzing` opens what reads the heads of requests to the targets in `fuzz/`; it is no part of the API.

pub mod answer;
mod assets;
pub mod components;
mod compress;
mod design;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod guard;
pub mod hub;
mod listen;
pub mod live;
mod origin;
mod router;
mod system;
pub mod upload;

pub use answer::{Answer, Failure};
pub use assets::{Asset, asset};
pub use compress::{Packed, etag, pack};
pub use frame::{Frame, FrameCache};
pub use guard::{Peer, SESSION_COOKIE, SESSION_COOKIE_SECURE, is_https};
pub use hub::{Hub, HubOptions, StartError};
pub use listen::serve_connection;
pub use live::{Live, live};
pub use router::{policy_with_forms, router};
