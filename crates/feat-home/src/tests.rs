//! A hub with only the home page and a made-up feature that has cards.

use crate::FEATURE;
use hob_base::{Clock, Health, Observation, Timestamp};
use hob_feature::{CardPlace, Feature, HomeCard};
use hob_testkit::client::Client;
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::TestHub;
use maud::html;
use std::sync::Mutex;
use std::time::Duration;

/// 23 November 2026, 14:42 UTC.
const START: Timestamp = Timestamp::from_millis(1_795_444_920_000);

static FEATURES: [Feature; 2] = [FEATURE, FAKE];

/// Recognises the tokens `read` and `write`, and shows two cards.
const FAKE: Feature = Feature {
    gate: Some(BY_SCOPE),
    home_cards: |ctx| cards(&ctx.memory.of::<Said>()),
    ..Feature::new("fake", "Fake")
};

#[derive(Default)]
struct Said(Mutex<String>);

fn cards(said: &Said) -> Vec<HomeCard> {
    let said = said.0.lock().unwrap().clone();
    let card = |id: &str, title: &str, body, place, wall| HomeCard {
        id: id.to_owned(),
        title: title.to_owned(),
        body,
        place,
        order: 0,
        wall,
    };
    let clock = html! { p { time data-clock="HH:MM" { "14:42" } } };
    let large = html! { p { @if said == "much" { ("x".repeat(40 << 10)) } @else { (said) } } };
    vec![
        card("news one", "News <b>", large, CardPlace::Side, false),
        card("clock", "", clock, CardPlace::Top, true),
    ]
}

async fn hub() -> (TestHub, Client) {
    let hub = TestHub::with(&FEATURES).clock(Clock::fake(START)).start().await;
    let write = hub.client().bearer("write");
    (hub, write)
}

async fn say(hub: &TestHub, observation: Observation) {
    hub.ctx().resources.observe(observation).await;
    hub.ctx().resources.settle().await;
}

fn tile(id: &str, name: &str) -> Observation {
    let url = format!("https://{}/", id.rsplit('/').next().unwrap());
    let said = Observation::new("test", id.parse().unwrap(), Duration::from_secs(3600)).named(name);
    said.fact("url", url).judged(Health::ok("Answers."))
}

/// The page without what changes with every build and every run.
fn settled(page: &str) -> String {
    let body = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let mut out = String::new();
    let mut rest = body;
    // The hash in the name of an asset.
    while let Some((before, after)) = rest.split_once("/assets/") {
        out.push_str(before);
        out.push_str("/assets/");
        let end = after.find(['"', '#']).unwrap();
        let (file, more) = after.split_at(end);
        out.push_str(file.split('-').next().unwrap());
        rest = more;
    }
    out.push_str(rest);
    out.replace("><", ">\n<")
}

#[tokio::test]
async fn the_page_is_as_it_was() {
    let (hub, mut write) = hub().await;
    let jellyfin = tile("service/home/jellyfin.example.org", "Jellyfin").fact("tags", "video,family");
    say(&hub, jellyfin.fact("exposure", "external").fact("namespace", "media")).await;
    let wiki = tile("service/home/wiki.example.org", "Wiki").fact("description", "What we know");
    say(&hub, wiki.judged(Health::critical("It answers 502."))).await;
    say(&hub, tile("port/nas/22", "SSH").fact("port", 22_u32)).await;
    let s3 = tile("service/home/s3.example.org", "s3").fact("hidden", true);
    say(&hub, s3).await;
    write.post_form("/home/star", &[("tile", "service/home/jellyfin.example.org")]).await;
    insta::assert_snapshot!(settled(&write.get("/").await.text()));
}

#[tokio::test]
async fn cards_stand_in_their_place_and_can_be_left_out() {
    let (hub, mut write) = hub().await;
    let page = write.get("/").await.text();
    let (top, rest) = page.split_once("class=\"finder\"").unwrap();
    assert!(top.contains("id=\"card-fake-clock\"") && rest.contains("id=\"card-fake-news-one\""), "{page}");
    assert!(page.contains("News &lt;b&gt;"), "{page}");
    write.post_form("/home/edit", &[("do", "card-off"), ("card", "fake-clock")]).await;
    let page = write.get("/").await.text();
    assert!(!page.contains("card-fake-clock") && page.contains("card-fake-news-one"), "{page}");
    let wall = write.get("/wall").await.text();
    assert!(wall.contains("data-clock=\"HH:MM\"") && !wall.contains("News"), "{wall}");
    *hub.ctx().memory.of::<Said>().0.lock().unwrap() = "much".to_owned();
    hub.ctx().home().changed();
    let page = write.get("/").await.text();
    assert!(page.contains("larger than 32 KiB") && page.len() < 60_000, "{}", page.len());
}

#[tokio::test]
async fn a_token_that_may_but_push_sees_nothing_of_the_house() {
    let (hub, _) = hub().await;
    say(&hub, tile("service/home/photos.lan", "Photos")).await;
    let mut push = hub.client().bearer("push");
    let page = push.get("/home/edit").await;
    assert_eq!(page.status, 403);
    assert!(!page.text().contains("photos.lan"), "{}", page.text());
    assert!(hub.client().bearer("read").get("/home/edit").await.text().contains("Services"));
}

#[tokio::test]
async fn a_card_that_changes_is_drawn_anew_and_one_that_does_not_is_kept() {
    let (hub, mut write) = hub().await;
    let before = write.get("/").await;
    assert_eq!(write.get("/").await.header("etag"), before.header("etag"));
    *hub.ctx().memory.of::<Said>().0.lock().unwrap() = "Rain at five.".to_owned();
    assert!(!write.get("/").await.text().contains("Rain at five."), "nobody said that it changed");
    hub.ctx().home().changed();
    assert!(write.get("/").await.text().contains("Rain at five."));
}

#[tokio::test]
async fn many_machines_are_told_in_a_line() {
    let (hub, mut read) = hub().await;
    for number in 0..100 {
        let id = format!("host/home/node-{number}");
        let health = if number == 7 { Health::warning("It is hot.") } else { Health::ok("Fine.") };
        say(&hub, tile(&id, &format!("node-{number}")).judged(health)).await;
    }
    let page = read.get("/").await.text();
    let machines = page.split("id=\"machines\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(machines.contains("100 machines") && machines.contains("1 not well"), "{machines}");
    assert!(
        machines.contains("node-7") && machines.contains("It is hot.") && !machines.contains("node-8<"),
        "{machines}"
    );
}

#[tokio::test]
async fn what_strangers_write_is_text() {
    let (hub, mut write) = hub().await;
    let nasty = "<script>alert(1)</script>";
    let odd = tile("service/home/x.example.org", nasty).fact("group", nasty).fact("tags", nasty);
    let odd =
        odd.fact("description", nasty).fact("symbol", nasty).fact("exposure", nasty).fact("weight", "NaN");
    say(&hub, odd.fact("aliases", ",,,\u{0}")).await;
    write.post_form("/home/links", &[("kind", "bookmark"), ("name", nasty), ("url", "https://a/\">x")]).await;
    write.post_form("/home/links", &[("kind", "bookmark"), ("name", nasty), ("url", "https://a/")]).await;
    for path in ["/", "/wall", "/home/edit", "/home/links", "/home/hidden", "/?q=%3Cscript%3E"] {
        let page = write.get(path).await.text();
        assert!(!page.contains("<script>alert"), "{path}: {page}");
    }
}
