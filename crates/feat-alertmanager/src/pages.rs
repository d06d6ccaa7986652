//! View data → markup: what stands on the page of an alert's resource.

use crate::memory::with_book;
use crate::model::alert::{Alert, Fingerprint, Labels};
use hob_base::Resource;
use hob_feature::{Card, Ctx};
use hob_web::components::{table, time};
use maud::{Markup, html};

/// The labels and annotations of an alert.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let Some(fingerprint) = Fingerprint::of_resource(&resource.id) else { return Vec::new() };
    let alert = with_book(ctx, |book, _| book.get(fingerprint).map(|entry| entry.alert.clone()));
    let card = |alert: &Alert| Card { title: "What its sender says".to_owned(), body: body(alert, ctx) };
    alert.as_deref().map(card).into_iter().collect()
}

fn body(alert: &Alert, ctx: &Ctx) -> Markup {
    html! {
        p.muted {
            "It began at " (time(alert.starts_at, ctx)) " and was last sent at " (time(alert.updated_at, ctx)) "."
            @if alert.link().is_none() { " Its sender does not say where it is shown." }
        }
        (pairs("Labels", "Label", &alert.labels))
        @if !alert.annotations.is_empty() { (pairs("Annotations", "Annotation", &alert.annotations)) }
        @if let Some(link) = alert.link() {
            p { a href=(link) rel="noreferrer noopener" { "Show it where it comes from" } }
        }
    }
}

fn pairs(caption: &str, heading: &str, pairs: &Labels) -> Markup {
    let rows = pairs.iter().map(|(name, value)| html! { tr { th scope="row" { (name) } td { (value) } } });
    table(caption, &[heading, "Value"], rows)
}
