//! What an application is, by the name of its image and by what other dashboards' annotations and labels say of it.
//!
//! Whoever shows what runs in a house wants to call `ghcr.io/linuxserver/jellyfin:10.10` “Jellyfin”, to know that it is
//! something a person opens while `redis` is not, and to honour what its owner has already written down for another
//! dashboard. Pure: no I/O, no clock.
//!
//! - [`ImageName`] takes the name of an image apart, without ever refusing one.
//! - [`look`] says what is known of an image; [`app`] gives the [`App`] of the catalogue, if it is in there.
//! - [`Hints`] is what annotations (Kubernetes) and labels (containers) say, in one value.
//! - [`Icon`] reads the icon names that dashboards use.
//!
//! Invariants: nothing here panics, whatever the text; every text that comes out is bounded in length and one line; an
//! address that comes out is `http` or `https` and carries no credentials; keys that hold other programs' credentials
//! (`…/widget.*`) are never read.

mod apps;
mod hints;
mod icon;
mod image;
mod words;

#[cfg(test)]
mod tests;

pub use apps::{App, Category, Role, all, app, by_id};
pub use hints::{Hints, Probe};
pub use icon::Icon;
pub use image::{ImageName, Look, look};
pub use words::{address, letters, line, title};
