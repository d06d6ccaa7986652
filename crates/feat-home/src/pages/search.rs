//! Search: a dialog on every page, and a page of its own without JavaScript.

use hob_feature::SearchHit;
use hob_web::components::{health_mark, icon};
use maud::{Markup, html};

pub(crate) fn search_box(text: &str, hits: &[SearchHit]) -> Markup {
    html! {
        form method="get" action="/search" role="search" {
            label.sr for="search" { "Search for" }
            input #search name="q" type="search" value=(text) autofocus autocomplete="off" placeholder="Services, machines, pages …"
                hx-get="/search/results" hx-trigger="input changed delay:120ms, search" hx-target="#results" aria-controls="results";
        }
        div #results role="region" aria-live="polite" aria-label="Results" { (search_results(text, hits)) }
    }
}

pub(crate) fn search_results(text: &str, hits: &[SearchHit]) -> Markup {
    html! {
        @if text.trim().is_empty() { p.muted { "Type to search over everything Hob knows." } }
        @else if hits.is_empty() { p.muted { "Nothing contains “" (text) "”." } }
        @for hit in hits {
            a href=(hit.path) {
                @match hit.level { Some(level) => (health_mark(level)), None => (icon("list")) }
                span { (hit.title) }
                small { (hit.detail) }
            }
        }
    }
}
