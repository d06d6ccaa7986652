//! Widgets on the home page of a whole hub.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use hob_testkit::hub::TestHub;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const ICS: &str = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:<b>Dentist</b>\nDTSTART:20000101T100000Z\nRRULE:FREQ=DAILY\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n";
const RSS: &str = "<rss><channel><title>Releases</title><item><title>&lt;script&gt;alert(1)&lt;/script&gt; 2.0</title><link>https://example.org/2</link></item></channel></rss>";

/// Answers as the three sources do, or with an error.
async fn sources() -> (String, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(false));
    let answer = |text: &'static str| {
        let broken = broken.clone();
        get(move || async move {
            if broken.load(Ordering::Relaxed) { Err(StatusCode::BAD_GATEWAY) } else { Ok(text) }
        })
    };
    let router = Router::new()
        .route("/v1/forecast", answer(include_str!("tests/open-meteo.json")))
        .route("/family.ics", answer(ICS))
        .route("/feed.xml", answer(RSS))
        .route(
            "/private-abc/circle.ics",
            get(|| async { axum::response::Redirect::temporary("/private-abc/circle.ics") }),
        )
        .route("/page", answer("<!DOCTYPE html><html></html>"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });
    serving.detach_all();
    (format!("http://{address}"), broken)
}

async fn hub_with(config: &str) -> TestHub {
    static FEATURES: &[hob_feature::Feature] = &[crate::FEATURE];
    TestHub::with(FEATURES).config(config).start().await
}

/// All cards as text, once they say `text`.
async fn cards_with(hub: &TestHub, text: &str) -> String {
    let mut drawn = String::new();
    for _ in 0..100 {
        let cards = (crate::FEATURE.home_cards)(hub.ctx());
        drawn = cards.iter().map(|card| format!("{}: {} {}\n", card.id, card.title, card.body.0)).collect();
        if drawn.contains(text) {
            return drawn;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no card ever said “{text}”:\n{drawn}");
}

#[tokio::test]
async fn every_widget_shows_what_its_source_says_and_keeps_it_when_the_source_breaks() {
    let (server, broken) = sources().await;
    let hub = hub_with(&format!(
        "[[clock]]\nname = \"Lisbon\"\nzone = \"Europe/Lisbon\"\n\
         [[weather]]\nname = \"Home\"\nlatitude = 1.0\nlongitude = 2.0\nserver = \"{server}\"\n\
         [[calendar]]\nurl = \"{server}/family.ics\"\n[[feed]]\nurl = \"{server}/feed.xml\"\n"
    ))
    .await;
    let cards = cards_with(&hub, "2.0").await;
    assert!(cards.contains("data-zone=\"Europe/Lisbon\""), "{cards}");
    let cards = cards_with(&hub, "light rain").await;
    assert!(cards.contains("3°"), "{cards}");
    let cards = cards_with(&hub, "Dentist").await;
    assert!(
        cards.contains("&lt;b&gt;Dentist&lt;/b&gt;") && !cards.contains("<b>"),
        "markup of strangers is text: {cards}"
    );
    assert!(!cards.contains("<script"), "{cards}");

    broken.store(true, Ordering::Relaxed);
    let shelf = hub.ctx().memory.of::<crate::jobs::Shelf>();
    shelf.forget_when_asked();
    hub.run_job("widgets.fetch").await;
    let cards = cards_with(&hub, "It answered with status 502.").await;
    assert!(cards.contains("As of") && cards.contains("light rain") && cards.contains("Dentist"), "{cards}");
}

#[tokio::test]
async fn what_is_no_feed_and_no_calendar_is_said_in_a_sentence() {
    let (server, _) = sources().await;
    let hub = hub_with(&format!(
        "[[calendar]]\nurl = \"{server}/page\"\n[[feed]]\nurl = \"{server}/page\"\n[[feed]]\nname = \"Gone\"\nurl = \"{server}/gone\"\n\
         [[calendar]]\nfile = \"/nowhere/x.ics\"\n[[weather]]\nname = \"Home\"\nlatitude = 1.0\nlongitude = 2.0\nserver = \"{server}/gone\"\n"
    ))
    .await;
    for sentence in [
        "What stands there is no calendar file.",
        "look for “RSS” or “Atom” on that page",
        "There is nothing at its address any more (status 404).",
        "The file /nowhere/x.ics cannot be read",
        "Home: no weather.",
    ] {
        cards_with(&hub, sentence).await;
    }
}

#[tokio::test]
async fn an_address_that_is_a_secret_is_never_shown() {
    let (server, broken) = sources().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("address");
    std::fs::write(&file, format!("{server}/family.ics\n")).unwrap();
    let hub = hub_with(&format!("[[calendar]]\nurl = {{ file = \"{}\" }}\n", file.display())).await;
    let cards = cards_with(&hub, "Dentist").await;
    assert!(!cards.contains("family.ics"), "{cards}");
    broken.store(true, Ordering::Relaxed);
    hub.ctx().memory.of::<crate::jobs::Shelf>().forget_when_asked();
    hub.run_job("widgets.fetch").await;
    let cards = cards_with(&hub, "502").await;
    assert!(!cards.contains("family.ics"), "{cards}");
}

#[tokio::test]
async fn an_address_that_is_a_secret_is_not_shown_by_where_it_redirects_to() {
    let (server, _) = sources().await;
    let hub = hub_with(&format!("[[calendar]]\nurl = \"{server}/private-abc/circle.ics\"\n")).await;
    let cards = cards_with(&hub, "redirect").await;
    assert!(!cards.contains("private-abc"), "{cards}");
}

#[tokio::test]
async fn without_widgets_nothing_is_asked_and_nothing_shown() {
    let hub = hub_with("").await;
    assert!((crate::FEATURE.home_cards)(hub.ctx()).is_empty());
    assert!((crate::FEATURE.jobs)(hub.ctx()).is_empty());
}
