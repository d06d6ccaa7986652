//! View data → markup.

use hob_base::Health;
use hob_web::components::health_block;
use maud::{Markup, html};

pub(super) fn overview(health: &Health) -> Markup {
    html! {
        div.page-head { h1 { "Push" } }
        (health_block(health))
    }
}
