//! Digests and the dead man's switch.

use super::house::{Pushed, Service, hub, log, noon, pass, published, settle, until, until_log};
use crate::model::queue::State;
use crate::store;
use hob_base::{Health, Level, Observation, ResourceId};
use std::time::Duration;

const DIGEST: &str = "[[digest]]\nto = [\"push\"]\nat = \"13:00\"\nskip_quiet = true\n";

async fn observe(hub: &hob_testkit::hub::TestHub, health: Health) {
    let id = ResourceId::new("service", "nas", "80");
    let observation =
        Observation::new("test", id, Duration::from_secs(864_000)).named("Photos").judged(health);
    hub.ctx().resources.observe(observation).await;
    hub.ctx().resources.settle().await;
}

#[tokio::test]
async fn a_digest_is_sent_once_a_day_also_across_a_restart() {
    let clock = noon();
    let hub = hub(&clock).config(DIGEST).start().await;
    observe(&hub, Health::warning("It is slow.")).await;
    hub.run_job("notify.digest").await;
    settle().await;
    assert!(published(&hub).is_empty());
    pass(&hub, &clock, 3600).await;
    hub.run_job("notify.digest").await;
    until("the digest", || published(&hub) == ["The day: no incidents, 1 thing needs attention"]).await;
    let text = hub.ctx().memory.of::<Pushed>().published.lock().unwrap()[0].message.clone();
    assert!(text.contains("• Photos: It is slow."), "{text}");
    hub.run_job("notify.digest").await;
    settle().await;
    let hub = hub.stop().await.start().await;
    hub.run_job("notify.digest").await;
    settle().await;
    assert!(published(&hub).is_empty(), "not again");
    // The next day nothing is to be told.
    observe(&hub, Health::ok("Well.")).await;
    pass(&hub, &clock, 86_400).await;
    hub.run_job("notify.digest").await;
    settle().await;
    assert_eq!(log(&hub).await.len(), 1);
}

#[tokio::test]
async fn digests_are_asked_for_shown_sent_and_taken_back_on_the_page() {
    let clock = noon();
    let hub = hub(&clock).start().await;
    let mut client = hub.client().bearer("write");
    let path = "/notifications/digest";
    let quiet = client.get(path).await.text();
    assert!(quiet.contains("Nobody gets one yet.") && quiet.contains("Nothing happened"), "{quiet}");
    let wrong = client.post_form(path, &[("at", "8"), ("to", "push")]).await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(wrong.text().contains("Write a time of the day"));
    let made = client.post_form(path, &[("at", "08:00"), ("on", "sun"), ("to", "push"), ("to", "")]).await;
    assert!(made.status.is_redirection());
    let page = client.get(path).await.text();
    assert!(page.contains("Every Sunday at 08:00 → push, for everyone."), "{page}");
    let id = page.split("/notifications/digest/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    client.post_form(&format!("{path}/{id}/send"), &[]).await;
    until("the digest", || published(&hub) == ["A quiet week"]).await;
    client.post_form(&format!("{path}/{id}/delete"), &[]).await;
    assert!(client.get(path).await.text().contains("Nobody gets one yet."));
    assert_eq!(client.get(&format!("{path}?week=1")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_switch_pings_as_long_as_hob_does_its_work() {
    let watcher = Service::good().await;
    let clock = noon();
    let config = format!("[dead_man]\nping = \"{}/ping/secret\"\nwhen_wrong = \"fail\"\n", watcher.url());
    let hub = hub(&clock).config(&config).start().await;
    settle().await;
    hub.run_job("notify.dead-man").await;
    let first = watcher.got().last().unwrap().clone();
    assert!(first.head.starts_with("POST /ping/secret HTTP/1.1"), "{}", first.head);
    assert!(first.body.starts_with("Hob does its work:"), "{}", first.body);
    let id = ResourceId::new("job", "notify", "dead-man");
    assert_eq!(hub.ctx().resources.get(&id).unwrap().health.level, Level::Ok);
    store::run_for_test(&hub.ctx().db, "ALTER TABLE notify_mark RENAME TO away").await;
    let failed = hub.ctx().jobs.run("notify.dead-man").await.unwrap().unwrap_err();
    assert!(failed.contains("The database cannot be written"), "{failed}");
    hub.ctx().resources.settle().await;
    let last = watcher.got().last().unwrap().clone();
    assert!(last.head.starts_with("POST /ping/secret/fail "), "{}", last.head);
    let health = hub.ctx().resources.get(&id).unwrap().health.clone();
    assert_eq!(health.level, Level::Critical);
    store::run_for_test(&hub.ctx().db, "ALTER TABLE away RENAME TO notify_mark").await;
}

#[tokio::test]
async fn a_switch_that_nobody_hears_says_so_without_its_secret() {
    let watcher = Service::start(|_, _| Some((404, String::new(), "not found".to_owned()))).await;
    let clock = noon();
    let config = format!("[dead_man]\nping = \"{}/ping/secret\"\n", watcher.url());
    let hub = hub(&clock).config(&config).start().await;
    settle().await;
    let failed = hub.ctx().jobs.run("notify.dead-man").await.unwrap().unwrap_err();
    hub.ctx().resources.settle().await;
    let health =
        hub.ctx().resources.get(&ResourceId::new("job", "notify", "dead-man")).unwrap().health.clone();
    assert!(health.level >= Level::Warning);
    for text in [&failed, &health.evidence] {
        assert!(text.contains("404") && !text.contains("secret"), "{text}");
    }
    assert!(until_log(&hub, State::Sent, 0).await.is_empty());
}

#[tokio::test]
async fn every_digest_tells_what_is_new_since_it_was_last_sent() {
    let clock = noon();
    let two = DIGEST.repeat(2);
    let hub = hub(&clock).config(&two).start().await;
    observe(&hub, Health::warning("It is slow.")).await;
    pass(&hub, &clock, 3600).await;
    hub.run_job("notify.digest").await;
    until("both digests", || published(&hub).len() == 2).await;
    let id = ResourceId::new("service", "nas", "81");
    let observation = Observation::new("test", id, Duration::from_secs(864_000)).named("Music");
    hub.ctx().resources.observe(observation.judged(Health::ok("Well."))).await;
    hub.ctx().resources.settle().await;
    pass(&hub, &clock, 86_400).await;
    hub.run_job("notify.digest").await;
    until("both digests of the next day", || published(&hub).len() == 4).await;
    let pushed = hub.ctx().memory.of::<Pushed>();
    let told = pushed.published.lock().unwrap().iter().filter(|one| one.message.contains("Music")).count();
    assert_eq!(told, 2);
}
