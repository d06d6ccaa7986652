//! Changes that are pushed to browsers.

use crate::support::{Events, PATIENCE, house, house_with, level, observe, said, services};
use hob_base::{Health, Level};
use hob_testkit::fake_service::FakeService;
use std::time::Duration;

#[tokio::test]
async fn a_browser_that_listens_is_greeted_and_sent_the_tile_of_a_service_that_stopped() {
    let photos = FakeService::start().await;
    let hub = house_with(&services(&[("Photos", &photos)])).start().await;
    let anna = hub.set_up().await;
    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, "service/config/photos") == Some(Level::Ok))
        .await;
    let mut events = Events::open(hub.address(), &anna, None).await.unwrap();
    assert_eq!(events.headers["content-type"], "text/event-stream");
    assert_eq!(events.headers["cache-control"], "no-store");
    assert_eq!(events.next().await.unwrap().name, "hello");
    // From the first change on, the hub knows what the browsers show.
    observe(hub.ctx(), said("door/home/front", Health::ok("The door is closed."))).await;
    events.wait_for("the first change", |event| event.name == "stale").await;

    photos.stop().await;
    let swap = events
        .wait_for("the tile", |event| {
            event.name == "swap" && event.data.contains("id=\"service/config/photos\"")
        })
        .await;
    assert!(swap.data.contains("class=\"tile critical\""), "{}", swap.data);
    assert!(swap.data.contains("Photos is broken"), "the sentence comes along: {}", swap.data);
    photos.restart().await;
    events
        .wait_for("the tile again", |event| event.name == "swap" && event.data.contains("class=\"tile ok\""))
        .await;
}

#[tokio::test]
async fn what_comes_or_goes_makes_the_home_page_fetch_itself() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let mut events = Events::open(hub.address(), &anna, None).await.unwrap();
    events.wait_for("hello", |event| event.name == "hello").await;
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers."))).await;
    let is_home = |data: &str| data.split('\t').any(|topic| topic == "home");
    events.wait_for("the home page is stale", |event| event.name == "stale" && is_home(&event.data)).await;
    hub.ctx().resources.forget("service/nas/3000".parse().unwrap()).await;
    events.wait_for("stale again", |event| event.name == "stale" && is_home(&event.data)).await;
}

#[tokio::test]
async fn the_page_of_a_resource_is_told_that_it_changed() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("door/home/front", Health::ok("The door is closed."))).await;
    let mut events = Events::open(hub.address(), &anna, None).await.unwrap();
    events.wait_for("hello", |event| event.name == "hello").await;
    observe(hub.ctx(), said("door/home/front", Health::critical("The door is open."))).await;
    events
        .wait_for("the door", |e| {
            e.name == "stale" && e.data.split('\t').any(|topic| topic == "door/home/front")
        })
        .await;
}

#[tokio::test]
async fn a_browser_that_comes_back_gets_what_it_missed_and_one_of_an_old_run_fetches_everything() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let mut events = Events::open(hub.address(), &anna, None).await.unwrap();
    let position = events.wait_for("hello", |event| event.name == "hello").await.data;
    observe(hub.ctx(), said("door/home/front", Health::ok("The door is closed."))).await;
    events.wait_for("the door", |event| event.data.contains("door/home/front")).await;
    drop(events);

    let mut back = Events::open(hub.address(), &anna, Some(&position)).await.unwrap();
    let missed = back.wait_for("the door once more", |event| event.data.contains("door/home/front")).await;
    drop(back);
    // What happened while nobody listened is not lost on who comes back either.
    observe(hub.ctx(), said("door/home/front", Health::critical("The door is open."))).await;
    hub.wait_until("that has been told", PATIENCE, |ctx| hob_web::live(ctx).position() != missed.id).await;
    let mut back = Events::open(hub.address(), &anna, Some(&missed.id)).await.unwrap();
    back.wait_for("what happened meanwhile", |event| event.data.contains("door/home/front")).await;
    drop(back);

    let hub = hub.stop().await.start().await;
    let mut after = Events::open(hub.address(), &anna, Some(&missed.id)).await.unwrap();
    assert_eq!(after.next().await.unwrap().name, "hello");
    let stale = after.next().await.unwrap();
    assert_eq!((stale.name.as_str(), stale.data.as_str()), ("stale", "*"));
}

#[tokio::test]
async fn nobody_listens_without_a_login() {
    let hub = house().start().await;
    hub.set_up().await;
    let refused = Events::open(hub.address(), &hub.client(), None).await;
    assert_eq!(refused.err().unwrap(), 401);
}

#[tokio::test]
async fn listening_browsers_are_counted_and_do_not_keep_the_hub_from_stopping() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let mut open = Vec::new();
    for _ in 0..25 {
        open.push(Events::open(hub.address(), &anna, None).await.unwrap());
    }
    let metrics = hub.client().get("/metrics").await.text();
    assert!(metrics.contains("hob_live_browsers 25"), "{metrics}");
    open.truncate(5);
    let mut client = hub.client();
    crate::support::eventually("those that left are not counted", async || {
        client.get("/metrics").await.text().contains("hob_live_browsers 5\n").then_some(())
    })
    .await;
    let begun = tokio::time::Instant::now();
    hub.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for mut events in open {
        while events.next().await.is_some() {}
    }
}
