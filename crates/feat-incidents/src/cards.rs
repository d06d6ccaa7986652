//! What other pages show of incidents: a card on the page of a resource, and what search finds. Reads memory only.

use crate::desk::Desk;
use crate::pages::affected_words;
use hob_base::{Incident, Resource};
use hob_feature::{Card, Ctx, SearchHit};
use hob_web::components::{health_mark, time};
use maud::{Markup, html};
use std::sync::Arc;

/// The open incidents that a resource is part of, and the way to its earlier ones.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    if !resource.judged {
        return Vec::new();
    }
    let open = ctx.memory.of::<Desk>().open();
    let own: Vec<&Arc<Incident>> = open.iter().filter(|incident| incident.has(&resource.id)).collect();
    vec![Card { title: "Incidents".to_owned(), body: body(ctx, resource, &own) }]
}

fn body(ctx: &Ctx, resource: &Resource, own: &[&Arc<Incident>]) -> Markup {
    let id = hob_web::components::encode_id(&resource.id);
    html! {
        @if own.is_empty() { p.muted { "It is in no open incident." } }
        @else {
            ul.links {
                @for incident in own {
                    li { a href={ "/incidents/" (incident.id) } {
                        (health_mark(incident.severity))
                        span { (incident.title) " " small { "since " (time(incident.began_at, ctx)) } }
                    } }
                }
            }
        }
        p.row {
            a href={ "/incidents?resource=" (id) } { "Earlier incidents" }
            a href={ "/silences/new?resource=" (id) } { "Silence it for a while" }
        }
    }
}

/// Open incidents whose headline, cause or resources contain every word.
pub(crate) fn search(ctx: &Ctx, text: &str) -> Vec<SearchHit> {
    let words: Vec<String> = text.split_whitespace().take(8).map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let open = ctx.memory.of::<Desk>().open();
    let found = open.iter().filter(|incident| contains(incident, &words));
    found.take(10).map(|incident| hit(incident)).collect()
}

/// Whether each word is found in the headline, the cause or a resource.
pub(crate) fn contains(incident: &Incident, words: &[String]) -> bool {
    let has = |text: &str, word: &str| text.to_lowercase().contains(word);
    words.iter().all(|word| {
        has(&incident.title, word)
            || has(&incident.cause.reason, word)
            || incident.members.iter().any(|m| has(&m.name, word) || has(m.resource.as_str(), word))
    })
}

fn hit(incident: &Incident) -> SearchHit {
    SearchHit {
        title: incident.title.clone(),
        detail: format!("Incident {} · {}", incident.id, affected_words(incident)),
        path: format!("/incidents/{}", incident.id),
        level: Some(incident.severity),
        // Above whatever it is about: who searches while something is broken looks for this.
        score: 90,
    }
}
