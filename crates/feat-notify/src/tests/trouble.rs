//! What becomes of messages when something is in the way.

use super::house::{Pushed, Service, hub, know, log, noon, pass, published, settle, tell, until, until_log};
use crate::model::queue::State;
use crate::store;
use hob_base::{Level, ResourceId};
use hob_feature::NoticeKind::{Changed, Closed, Opened};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn ntfy(name: &str, service: &Service) -> String {
    format!(
        "[[channel]]\nname = \"{name}\"\nkind = \"ntfy\"\nserver = \"{}\"\ntopic = \"hob\"\n",
        service.url()
    )
}

fn route(to: &[&str]) -> String {
    format!("[[route]]\nto = {to:?}\n")
}

/// A service that answers 503 until it is mended.
async fn broken() -> (Service, Arc<AtomicBool>) {
    let works = Arc::new(AtomicBool::new(false));
    let switch = works.clone();
    let service = Service::start(move |_, _| {
        let status = if switch.load(Ordering::Relaxed) { 200 } else { 503 };
        Some((status, String::new(), "{\"id\":\"x\"}".to_owned()))
    });
    (service.await, works)
}

#[tokio::test]
async fn what_fails_for_good_is_told_through_the_next_channel_at_once() {
    let service =
        Service::start(|_, _| Some((403, String::new(), "{\"error\":\"forbidden\"}".to_owned()))).await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere", "push"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    let sent = until_log(&hub, State::Sent, 1).await;
    assert_eq!(published(&hub), ["Headline 1.0"]);
    assert_eq!(sent[0].tried.len(), 2);
    assert_eq!((sent[0].tried[0].status, sent[0].tried[0].ok), (Some(403), false));
    assert!(sent[0].tried[0].text.contains("forbidden"), "{}", sent[0].tried[0].text);
    let id = ResourceId::new("channel", "notify", "elsewhere");
    hub.wait_until("the channel is not well", Duration::from_secs(5), |ctx| {
        ctx.resources.get(&id).is_some_and(|channel| channel.health.level == Level::Warning)
    })
    .await;
    let health = hub.ctx().resources.get(&id).unwrap().health.clone();
    assert!(health.remedy.is_some() && !health.evidence.is_empty(), "{health:?}");
}

#[tokio::test]
async fn what_fails_for_long_is_told_through_the_next_channel_and_tried_again_through_both() {
    let (service, works) = broken().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere", "push"]);
    let hub = hub(&clock).config(&config).start().await;
    hub.ctx().memory.of::<Pushed>().refuses.store(true, Ordering::Relaxed);
    tell(&hub, 1, 0, Opened).await;
    until("the first try", || service.got().len() == 1).await;
    pass(&hub, &clock, 13).await;
    until("the second try", || service.got().len() == 2).await;
    pass(&hub, &clock, 290).await;
    settle().await;
    let delivery = &log(&hub).await[0];
    assert_eq!(delivery.steps[1].tries, 1, "{delivery:#?}");
    works.store(true, Ordering::Relaxed);
    for _ in 0..10 {
        pass(&hub, &clock, 60).await;
    }
    let sent = until_log(&hub, State::Sent, 1).await;
    assert_eq!(sent[0].arrived().unwrap().channel, "elsewhere");
}

#[tokio::test]
async fn the_queue_survives_a_restart() {
    let (service, works) = broken().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    until_log(&hub, State::Waiting, 1).await;
    until("the first try", || service.got().len() == 1).await;
    let stopped = hub.stop().await;
    works.store(true, Ordering::Relaxed);
    clock.advance(Duration::from_secs(3600));
    let hub = stopped.start().await;
    let sent = until_log(&hub, State::Sent, 1).await;
    assert_eq!(sent[0].tried.len(), 2);
    let (first, second) = (&service.got()[0], &service.got()[1]);
    assert_eq!(first.json()["sequence_id"], second.json()["sequence_id"]);
}

#[tokio::test]
async fn a_channel_that_hangs_keeps_no_other_waiting() {
    let service = Service::start(|_, _| None).await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]) + &route(&["push"]);
    let hub = hub(&clock).config(&config).start().await;
    for n in 0..20 {
        tell(&hub, n, 0, Opened).await;
    }
    until("all of them are published", || published(&hub).len() == 20).await;
    // One at a time.
    assert_eq!(service.got().len(), 1);
}

#[tokio::test]
async fn an_answer_leads_nowhere_else() {
    let inside = Service::good().await;
    let target = inside.url();
    let service =
        Service::start(move |_, _| Some((307, format!("Location: {target}/secret\r\n"), String::new())))
            .await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    let failed = until_log(&hub, State::Failed, 1).await;
    assert!(inside.got().is_empty());
    assert!(failed[0].tried[0].text.contains(&inside.address.to_string()), "{}", failed[0].tried[0].text);
}

#[tokio::test]
async fn what_was_opened_and_closed_meanwhile_is_one_message_that_says_both() {
    let (service, works) = broken().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    until_log(&hub, State::Waiting, 1).await;
    until("the first try", || service.got().len() == 1).await;
    settle().await;
    clock.advance(Duration::from_secs(1));
    tell(&hub, 1, 1, Changed).await;
    until("the second try", || service.got().len() == 2).await;
    settle().await;
    works.store(true, Ordering::Relaxed);
    clock.advance(Duration::from_secs(1));
    tell(&hub, 1, 2, Closed).await;
    let sent = until_log(&hub, State::Sent, 1).await;
    assert_eq!(until_log(&hub, State::Overtaken, 2).await.len(), 2);
    assert_eq!((service.got().len(), sent.len()), (3, 1));
    let body = &service.got()[2].body;
    assert!(body.contains("Sentence 1.2.") && body.contains("Sentence 1.0."), "{body}");
}

#[tokio::test]
async fn while_the_database_refuses_people_are_told_once_and_it_is_written_later() {
    let clock = noon();
    let hub = hub(&clock).config(&route(&["push"])).start().await;
    let db = &hub.ctx().db;
    settle().await;
    store::run_for_test(db, "ALTER TABLE notify_delivery RENAME TO away").await;
    tell(&hub, 1, 0, Opened).await;
    until("it is told", || published(&hub) == ["Headline 1.0"]).await;
    pass(&hub, &clock, 6).await;
    store::run_for_test(db, "ALTER TABLE away RENAME TO notify_delivery").await;
    pass(&hub, &clock, 6).await;
    let sent = until_log(&hub, State::Sent, 1).await;
    assert_eq!(sent.len(), 1);
    let hub = hub.stop().await.start().await;
    pass(&hub, &clock, 61).await;
    assert!(published(&hub).is_empty(), "it is not told again");
}

#[tokio::test]
async fn a_service_that_asks_to_be_left_alone_is() {
    let service = Service::start(|n, _| {
        let status = if n == 0 { 429 } else { 200 };
        Some((status, "Retry-After: 100\r\n".to_owned(), "{\"id\":\"x\"}".to_owned()))
    })
    .await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    until_log(&hub, State::Waiting, 1).await;
    until("the first try", || service.got().len() == 1).await;
    settle().await;
    tell(&hub, 2, 0, Opened).await;
    pass(&hub, &clock, 90).await;
    assert_eq!(service.got().len(), 1);
    pass(&hub, &clock, 11).await;
    until_log(&hub, State::Sent, 2).await;
}

#[tokio::test]
async fn that_a_channel_fails_is_told_through_another() {
    let service = Service::good().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]);
    let hub = hub(&clock).config(&config).start().await;
    know(hub.ctx(), 1, ResourceId::new("channel", "notify", "elsewhere"));
    tell(&hub, 1, 0, Opened).await;
    until("the push server says it", || published(&hub) == ["Headline 1.0"]).await;
    assert!(service.got().is_empty());
}

#[tokio::test]
async fn everything_works_on_postgresql() {
    let Some(database) = hob_testkit::hub::postgres().await else {
        assert!(std::env::var("CI").is_err(), "CI has a PostgreSQL server");
        return;
    };
    let (service, works) = broken().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]) + &route(&["push"]);
    let hub = hub(&clock).config(&config).database(database).start().await;
    tell(&hub, 1, 0, Opened).await;
    until_log(&hub, State::Sent, 1).await;
    until_log(&hub, State::Waiting, 1).await;
    until("the first try", || service.got().len() == 1).await;
    let stopped = hub.stop().await;
    works.store(true, Ordering::Relaxed);
    clock.advance(Duration::from_secs(3600));
    let hub = stopped.start().await;
    until_log(&hub, State::Sent, 2).await;
    let query =
        store::Query { words: vec!["HEADLINE".into(), "1%".into()], limit: 10, ..store::Query::default() };
    assert!(store::list_deliveries(&hub.ctx().db, &query).await.unwrap().is_empty());
    let query = store::Query { words: vec!["HEADLINE".into(), "1.0".into()], ..query };
    let all = store::list_deliveries(&hub.ctx().db, &query).await.unwrap();
    assert_eq!(all.len(), 2);
    let next = store::Query {
        before: Some((all[0].created_at, all[0].key.clone())),
        limit: 10,
        ..store::Query::default()
    };
    assert_eq!(store::list_deliveries(&hub.ctx().db, &next).await.unwrap(), all[1..]);
    assert_eq!(store::list_of_incident(&hub.ctx().db, hob_base::IncidentId(1)).await.unwrap().len(), 2);
    let found = store::find_delivery(&hub.ctx().db, &all[0].key).await.unwrap();
    assert_eq!(found.as_ref(), Some(&all[0]));
    let place =
        all.iter().find_map(|delivery| delivery.arrived().filter(|place| place.channel == "elsewhere"));
    let thread = store::find_thread(&hub.ctx().db, hob_base::IncidentId(1), place.unwrap()).await.unwrap();
    assert!(thread.is_some());
    let mut client = hub.client().bearer("write");
    let new = serde_json::json!({ "title": "G", "kind": "gotify", "fields": { "server": "http://x.lan", "token": "t" } });
    assert_eq!(client.post_json("/api/v1/notify/channels", &new).await.status.as_u16(), 201);
    assert!(client.post_form("/notifications/rules", &[("to", "g")]).await.status.is_redirection());
    let digest = [("at", "23:00"), ("to", "g")];
    assert!(client.post_form("/notifications/digest", &digest).await.status.is_redirection());
    assert!(hub.run_job("notify.digest").await.contains("1 digest"));
    assert!(client.post_form("/notifications/channels/g/pause", &[]).await.status.is_redirection());
    assert!(client.get("/notifications").await.text().contains("“G”"));
    assert!(client.post_form("/notifications/channels/g/delete", &[]).await.status.is_redirection());
    clock.advance(Duration::from_secs(91 * 86_400));
    assert!(hub.run_job("notify.tidy").await.contains('2'));
    assert!(log(&hub).await.is_empty());
}

#[tokio::test]
async fn the_end_is_told_where_its_beginning_was() {
    let (service, works) = broken().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere", "push"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    until("the first try", || service.got().len() == 1).await;
    for _ in 0..6 {
        pass(&hub, &clock, 60).await;
    }
    until_log(&hub, State::Sent, 1).await;
    let tries = service.got().len();
    works.store(true, Ordering::Relaxed);
    let hub = hub.stop().await.start().await;
    tell(&hub, 1, 1, Closed).await;
    let sent = until_log(&hub, State::Sent, 2).await;
    assert!(sent.iter().all(|delivery| delivery.arrived().unwrap().channel == "push"), "{sent:#?}");
    assert_eq!((published(&hub).len(), service.got().len()), (1, tries));
}

#[tokio::test]
async fn a_clock_that_runs_ahead_gives_up_nothing() {
    let (service, works) = broken().await;
    let clock = noon();
    let config = ntfy("elsewhere", &service) + &route(&["elsewhere"]);
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 1, 0, Opened).await;
    until("the first try", || service.got().len() == 1).await;
    settle().await;
    works.store(true, Ordering::Relaxed);
    clock.jump_to(clock.now().plus(Duration::from_secs(3 * 86_400)));
    pass(&hub, &clock, 15).await;
    assert_eq!(until_log(&hub, State::Sent, 1).await[0].tried.len(), 2);
}

#[tokio::test]
async fn a_clock_that_was_ahead_when_hob_first_ran_keeps_nothing_from_being_told() {
    let clock = hob_base::Clock::fake(super::house::NOON.plus(Duration::from_secs(86_400)));
    let hub = hub(&clock).start().await;
    settle().await;
    clock.jump_to(super::house::NOON);
    tell(&hub, 1, 0, Opened).await;
    until("it is published", || published(&hub).len() == 1).await;
}
