//! What features put on the home page beside its tiles.

use hob_feature::home::{CARD_BYTES_MAX, CARDS_MAX};
use hob_feature::{CardPlace, Ctx, HomeCard};
use maud::html;

/// A card with its name in layouts and on the page.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// `feature-id`.
    pub(crate) key: String,
    /// Its content.
    pub(crate) card: HomeCard,
}

/// All cards of all features, by place and order. What is too much is replaced by a sentence or left out.
pub(crate) fn all(ctx: &Ctx) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    for feature in ctx.features {
        for card in (feature.home_cards)(ctx).into_iter().take(CARDS_MAX) {
            let id: String =
                card.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
            let key = format!("{}-{id}", feature.id);
            if shown.iter().all(|other| other.key != key) {
                shown.push(Shown { key, card: bounded(card) });
            }
        }
    }
    shown.sort_by_key(|one| (one.card.place, one.card.order));
    shown
}

fn bounded(card: HomeCard) -> HomeCard {
    if card.body.0.len() <= CARD_BYTES_MAX {
        return card;
    }
    let kib = CARD_BYTES_MAX >> 10;
    let body = html! { p.muted { "This card is larger than " (kib) " KiB, which is the most that the home page shows." } };
    HomeCard { body, ..card }
}

/// Those of one place.
pub(crate) fn at(cards: &[Shown], place: CardPlace) -> impl Iterator<Item = &Shown> {
    cards.iter().filter(move |one| one.card.place == place)
}
