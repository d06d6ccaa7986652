//! What was found and has no tile, with the reason, and the way to give it one.

use crate::model::Hidden;
use crate::pages::tile::address;
use hob_web::components::{empty, health_mark, resource_path, table};
use maud::{Markup, html};

/// A browser lays out this many rows without delay.
const ROWS_MAX: usize = 500;

pub(crate) fn hidden(hidden: &[Hidden], may_write: bool) -> Markup {
    html! {
        div.page-head data-live-topic="home" {
            p { a href="/" { "Home" } }
            h1 { "Hidden" }
            p.muted { "These were found and are watched, but have no tile: a rule or an annotation says that nobody opens them, or somebody hid them." }
        }
        @if hidden.is_empty() {
            (empty("Nothing is hidden.", "Everything that was found and that a person could open has its tile.", &html! { a.button href="/" { "Home" } }))
        } @else {
            (table("Hidden", &["Name", "Why", ""], hidden.iter().take(ROWS_MAX).map(|one| row(one, may_write))))
        }
    }
}

fn row(one: &Hidden, may_write: bool) -> Markup {
    html! {
        tr {
            th scope="row" {
                (health_mark(one.resource.health.level)) " " a href=(resource_path(&one.resource.id)) { (one.name) }
                br; small { (address(&one.resource)) }
            }
            td { (one.because) }
            td {
                @if may_write {
                    form method="post" action="/home/show" {
                        button.small name="tile" value=(one.resource.id) { "Show " span.sr { (one.name) } }
                    }
                }
            }
        }
    }
}
