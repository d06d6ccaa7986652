//! What features put on the home page beside its tiles: a clock, the weather, the next appointments.
//!
//! A feature returns its cards from [`Feature::home_cards`](crate::Feature::home_cards), from memory alone, and says
//! `ctx.home().changed()` when one of them would look different: the page is drawn anew and every open page takes over the
//! cards that differ. Nothing else is needed, no address and no script. A clock needs no change every minute either: an
//! element `time data-clock="HH:MM"` (or `"HH:MM:SS"`, `"day"`) with an optional `data-zone="Europe/Berlin"` is kept right by
//! the page itself.
//!
//! Cards are the same for everybody who may see the home page; what belongs to one person does not go here.

use crate::Ctx;
use maud::Markup;
use std::sync::Arc;
use tokio::sync::watch;

/// The most cards of one feature; more are left out.
pub const CARDS_MAX: usize = 40;
/// The largest content of a card, in bytes; one that is larger is replaced by a sentence that says so.
pub const CARD_BYTES_MAX: usize = 32 << 10;

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardPlace {
    /// In a row above the tiles: for what is small (a clock, the weather of this hour). Keep it to two or three lines.
    Top,
    /// In the column beside the tiles, below them on a narrow screen: for lists.
    Side,
}

/// Something that a feature shows on the home page.
#[derive(Debug, Clone)]
pub struct HomeCard {
    /// Its name within the feature, the same for as long as it is the same card: `clock`, `weather-2`. Only letters, digits
    /// and hyphens; people's layouts refer to it as `feature-id`.
    pub id: String,
    /// Its heading; empty for none.
    pub title: String,
    /// Its content, without a frame of its own.
    pub body: Markup,
    /// Where it stands, unless somebody moves it.
    pub place: CardPlace,
    /// The smaller, the earlier among the cards of its place.
    pub order: i32,
    /// Whether it also stands on wall displays, which may be shown without a login.
    pub wall: bool,
}

/// Tells the home page that cards changed. In [`Ctx::memory`](crate::CtxParts::memory); [`Ctx::home`] finds it.
#[derive(Debug)]
pub struct HomeChanges(watch::Sender<u64>);

impl Default for HomeChanges {
    fn default() -> Self {
        Self(watch::channel(0).0)
    }
}

impl HomeChanges {
    /// Some card would look different from now on. Cheap; what is said within half a second is drawn together.
    pub fn changed(&self) {
        self.0.send_modify(|number| *number += 1);
    }

    /// Grows with every change.
    pub fn version(&self) -> u64 {
        *self.0.borrow()
    }

    /// Hears of changes.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

impl Ctx {
    /// How a feature says that its cards of the home page changed.
    pub fn home(&self) -> Arc<HomeChanges> {
        self.memory.of::<HomeChanges>()
    }
}
