//! Services that the owner wrote down: they stop, come back and misbehave.

use crate::support::{PATIENCE, eventually, house_with, level, levels, services, shown, told};
use hob_base::Level::{Critical, Ok as Well};
use hob_base::{Clock, Level, Timestamp};
use hob_feature::Ctx;
use hob_testkit::fake_service::{Behaviour, FakeService};
use hob_testkit::hub::TestHub;
use std::time::Duration;

/// Lets a fake clock run until the service has this health; returns how long that took.
async fn until(hub: &TestHub, service: &str, wanted: Level) -> Duration {
    let clock = &hub.ctx().clock;
    let begun = clock.monotonic();
    eventually(&format!("{service} is {wanted}"), async || {
        clock.advance(Duration::from_millis(250));
        (level(hub.ctx(), service) == Some(wanted)).then_some(())
    })
    .await;
    clock.monotonic() - begun
}

#[tokio::test]
async fn a_service_that_stops_is_critical_within_fifteen_seconds_and_well_again_when_it_is_back() {
    let photos = FakeService::start().await;
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    // With the interval that holds where the owner sets none.
    let config = format!("[[service]]\nname = \"Photos\"\nurl = \"{}\"\n", photos.url());
    let hub = house_with(&config).clock(clock).start().await;
    let mut anna = hub.set_up().await;
    until(&hub, "service/config/photos", Well).await;

    photos.stop().await;
    let noticed = until(&hub, "service/config/photos", Critical).await;
    assert!(noticed <= Duration::from_secs(15), "{noticed:?}");
    let told_now = told(&mut anna, "?health=critical").await;
    assert_eq!(told_now[0]["id"], "service/config/photos");
    let reason = told_now[0]["reason"].as_str().unwrap();
    assert!(reason.contains(&photos.port().to_string()) && reason.ends_with('.'), "{reason}");
    assert!(anna.get("/").await.text().contains("Photos is broken"), "the home page says so");

    photos.restart().await;
    let noticed = until(&hub, "service/config/photos", Well).await;
    assert!(noticed <= Duration::from_secs(15), "{noticed:?}");
    assert_eq!(levels(hub.ctx(), "service/config/photos").await, [Well, Critical, Well]);
    let hub = hub.stop().await.start().await;
    assert_eq!(levels(hub.ctx(), "service/config/photos").await, [Well, Critical, Well], "over a restart");
}

#[tokio::test]
async fn what_broke_while_the_hub_was_away_is_noticed_when_it_is_back() {
    let photos = FakeService::start().await;
    let hub = house_with(&services(&[("Photos", &photos)])).start().await;
    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, "service/config/photos") == Some(Well)).await;
    let stopped = hub.stop().await;
    photos.stop().await;
    let hub = stopped.start().await;
    assert_eq!(level(hub.ctx(), "service/config/photos"), Some(Well), "what was known holds");
    hub.wait_until("it is critical", PATIENCE, |ctx| level(ctx, "service/config/photos") == Some(Critical))
        .await;
    assert_eq!(levels(hub.ctx(), "service/config/photos").await, [Well, Critical]);
}

#[tokio::test]
async fn what_is_taken_out_of_the_file_is_gone() {
    let (photos, music) = (FakeService::start().await, FakeService::start().await);
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    let config = services(&[("Photos", &photos), ("Music", &music)]);
    let hub = house_with(&config).clock(clock.clone()).start().await;
    eventually("both are well", async || {
        clock.advance(Duration::from_secs(1));
        let levels = ["photos", "music"].map(|name| level(hub.ctx(), &format!("service/config/{name}")));
        (levels == [Some(Well), Some(Well)]).then_some(())
    })
    .await;
    let config = format!("{}{}", crate::support::QUIET, services(&[("Music", &music)]));
    let hub = hub.stop().await.config(&config).start().await;
    // Whoever publishes checks has less than a minute after a start to do so.
    eventually("only one is left", async || {
        clock.advance(Duration::from_secs(1));
        (hub.ctx().resources.of_kind("service").len() == 1).then_some(())
    })
    .await;
    assert!(shown(hub.ctx(), "service/config/music").is_some());
    let kept = levels(hub.ctx(), "service/config/photos").await;
    assert_eq!(kept, [Well, Level::Unknown], "its transitions stay");
}

/// Everything that a service can do to who asks it, and the health it then has.
fn misbehaviours() -> Vec<(&'static str, Behaviour, &'static str)> {
    vec![
        ("hang", Behaviour::Hang, "critical"),
        ("hang-in-body", Behaviour::HangInBody, "critical"),
        ("endless-header", Behaviour::EndlessHeader, "critical"),
        ("endless-body", Behaviour::EndlessBody, "ok"),
        ("redirect-forever", Behaviour::RedirectForever, "critical"),
        ("garbage", Behaviour::Garbage(vec![0, 255, 13, 10, 7, 27]), "critical"),
        ("banner", Behaviour::Banner("SSH-2.0-OpenSSH_9.6\r\n".to_owned()), "critical"),
        ("close", Behaviour::CloseAtOnce, "critical"),
        ("raw", Behaviour::Raw(b"HTTP/1.1 200\r\ncontent-length: -1\r\n\r\n".to_vec()), "critical"),
        ("status-500", Behaviour::Status(500), "critical"),
        ("status-404", Behaviour::Status(404), "critical"),
        ("status-401", Behaviour::Status(401), "ok"),
        ("utf8", Behaviour::InvalidUtf8, "ok"),
        ("title", Behaviour::ScriptTitle, "ok"),
        ("icon", Behaviour::HugeIcon(1 << 40), "ok"),
        ("well", Behaviour::page("Well"), "ok"),
    ]
}

#[tokio::test]
async fn services_that_misbehave_each_have_a_sentence_and_stop_no_other() {
    let mut running = Vec::new();
    for (name, behaviour, expected) in misbehaviours() {
        let service = FakeService::start().await;
        service.set(behaviour);
        running.push((name, service, expected));
    }
    let list: Vec<(&str, &FakeService)> = running.iter().map(|(name, service, _)| (*name, service)).collect();
    let config = services(&list).replace("timeout", "failures = 1\ntimeout");
    let hub = house_with(&config).start().await;
    let mut anna = hub.set_up().await;
    let judged = |ctx: &Ctx| {
        let all = ctx.resources.of_kind("service");
        all.len() == list.len() && all.iter().all(|service| service.judged)
    };
    hub.wait_until("everything has been judged", PATIENCE, judged).await;

    let told_now = told(&mut anna, "?kind=service").await;
    let mut wrong = Vec::new();
    for (name, _, expected) in &running {
        let id = format!("service/config/{name}");
        let service = told_now.iter().find(|service| service["id"] == id.as_str()).unwrap();
        let (health, reason) = (service["health"].as_str().unwrap(), service["reason"].as_str().unwrap());
        println!("{name}: {health}: {reason}");
        let is_sentence =
            reason.ends_with('.') && reason.starts_with(char::is_uppercase) && !reason.contains('\n');
        if health != *expected || !is_sentence {
            wrong.push(format!("{name} is {health}, not {expected}: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let home = anna.get("/").await.text();
    assert!(!home.contains("<script>alert") && home.contains("services"), "{home}");
    assert!(running.iter().all(|(_, service, _)| {
        service.requests().iter().all(|request| request.method == "GET" && request.header("cookie").is_none())
    }));
}

#[tokio::test]
async fn a_service_that_answers_slowly_is_waited_for_and_does_not_slow_the_others() {
    let (slow, quick) = (FakeService::start().await, FakeService::start().await);
    slow.set(Behaviour::Slow(Duration::from_millis(1200)));
    let hub = house_with(&services(&[("Slow", &slow), ("Quick", &quick)])).start().await;
    hub.wait_until("the slow one is well", PATIENCE, |ctx| {
        shown(ctx, "service/config/slow").is_some_and(|service| service.judged)
    })
    .await;
    assert_ne!(level(hub.ctx(), "service/config/slow"), Some(Critical));
    let before = quick.requests().len();
    eventually("the quick one is asked on", async || (quick.requests().len() > before).then_some(())).await;
    assert_eq!(level(hub.ctx(), "service/config/quick"), Some(Well));
}
