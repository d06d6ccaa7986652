//! What the house is told while time passes, on both databases and through restarts.

use super::house::{
    START, definition, desk_of, everywhere, hub, job, make, now_of, pass, ping, resource, send, until_told,
};
use crate::model::definition::Definition;
use crate::model::state::Phase;
use crate::store;
use hob_base::Level;
use http::Method;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_job_that_falls_silent_is_told_with_what_is_known_of_it() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let backup = Definition {
            name: "Backup".into(),
            slug: "backup".into(),
            tags: vec!["nas".into()],
            needs: vec!["host/home/nas".parse().unwrap()],
            ..definition("cron 0 * * * *", "10m")
        };
        let code = make(&hub, backup).await.code;
        hub.wait_until("it is known", HOUR, |ctx| resource(ctx, "backup").is_some()).await;
        assert!(!resource(hub.ctx(), "backup").unwrap().judged, "of a new job nothing is expected");
        for _ in 0..5 {
            ping(&hub, &format!("/ping/{code}/start")).await;
            pass(&hub, Duration::from_secs(14 * 60)).await;
            ping(&hub, &format!("/ping/{code}")).await;
            // The grace is shorter than the run: meanwhile it was down.
            pass(&hub, HOUR - Duration::from_secs(14 * 60)).await;
        }
        until_told(&hub, "backup", "It is late: expected at 13:00, and it has until 13:10.").await;
        assert_eq!(resource(hub.ctx(), "backup").unwrap().health.level, Level::Ok);
        pass(&hub, Duration::from_secs(601)).await;
        let reason = "Expected by 13:10, last success 56 minutes ago, it usually takes 14 minutes.";
        until_told(&hub, "backup", reason).await;
        let told = resource(hub.ctx(), "backup").unwrap();
        assert_eq!(told.health.level, Level::Critical);
        assert_eq!(told.depends_on, ["host/home/nas".parse().unwrap()]);
        assert_eq!(told.text("tag"), Some("nas"));
        ping(&hub, &format!("/ping/{code}")).await;
        until_told(&hub, "backup", "It reports as it should; next expected at 14:00.").await;
        let kept = (crate::FEATURE.evidence)(hub.ctx(), &told);
        assert_eq!(kept.len(), 1, "how long it took: {kept:?}");
    }
}

#[tokio::test]
async fn a_failure_is_told_at_once_with_what_it_said() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let code = job(&hub, "backup", "every 1d", "1h").await.code;
        let body = "rsync: no space\n<script>alert(1)</script>";
        send(&hub, Method::POST, &format!("/ping/{code}/12"), body.as_bytes()).await;
        until_told(&hub, "backup", "It failed at 08:00 with exit status 12.").await;
        let told = resource(hub.ctx(), "backup").unwrap();
        assert_eq!((told.health.level, told.health.evidence.as_str()), (Level::Critical, body));
        // It survives a restart, and so does what it said.
        let hub = hub.stop().await.start().await;
        assert_eq!(now_of(&hub, "backup").await.state.phase, Phase::Down);
        let id = now_of(&hub, "backup").await.id;
        let kept = store::find_body(&hub.ctx().db, id, 1).await.unwrap().unwrap();
        assert_eq!(kept, body.as_bytes());
        ping(&hub, &format!("/ping/{code}")).await;
        until_told(&hub, "backup", "It reports as it should").await;
    }
}

#[tokio::test]
async fn what_began_and_never_ended_is_told() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "30m").await.code;
    ping(&hub, &format!("/ping/{code}/start")).await;
    pass(&hub, Duration::from_secs(1795)).await;
    assert_eq!(now_of(&hub, "backup").await.state.phase, Phase::New);
    pass(&hub, Duration::from_secs(6)).await;
    until_told(&hub, "backup", "It began at 08:00 and has not finished.").await;
}

#[tokio::test]
async fn a_hub_that_was_off_accuses_nobody() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1h", "10m").await.code;
    ping(&hub, &format!("/ping/{code}")).await;
    until_told(&hub, "backup", "It reports as it should").await;
    let clock = hub.ctx().clock.clone();
    let builder = hub.stop().await;
    clock.advance(HOUR * 5);
    let hub = builder.start().await;
    until_told(&hub, "backup", "It is late: expected at 09:00, and it has until 13:10.").await;
    pass(&hub, Duration::from_secs(595)).await;
    assert_eq!(resource(hub.ctx(), "backup").unwrap().health.level, Level::Ok);
    pass(&hub, Duration::from_secs(10)).await;
    until_told(&hub, "backup", "Expected by 09:10, last success 5 hours ago.").await;
    assert_eq!(resource(hub.ctx(), "backup").unwrap().health.level, Level::Critical);
}

#[tokio::test]
async fn a_clock_that_jumps_accuses_nobody_and_forgets_nobody() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1h", "10m").await.code;
    ping(&hub, &format!("/ping/{code}")).await;
    until_told(&hub, "backup", "It reports as it should").await;
    // A wrong battery: five years ahead.
    let clock = &hub.ctx().clock;
    clock.jump_to(START.plus(HOUR * 24 * 1826));
    pass(&hub, Duration::from_secs(60)).await;
    assert_eq!(now_of(&hub, "backup").await.state.phase, Phase::Up);
    ping(&hub, &format!("/ping/{code}")).await;
    // And back. What was heard in the wrong year must not keep it quiet for five years.
    clock.jump_to(START.plus(Duration::from_secs(120)));
    pass(&hub, Duration::from_secs(60)).await;
    assert_eq!(now_of(&hub, "backup").await.state.phase, Phase::Up);
    pass(&hub, HOUR + Duration::from_secs(620)).await;
    until_told(&hub, "backup", "Expected by").await;
}

#[tokio::test]
async fn who_pauses_and_deletes_is_heard() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1h", "10m").await.code;
    ping(&hub, &format!("/ping/{code}/fail")).await;
    until_told(&hub, "backup", "that it failed").await;
    let desk = desk_of(&hub).await;
    desk.pause(hub.ctx(), "backup", "anna").unwrap();
    until_told(&hub, "backup", "It was paused by anna").await;
    pass(&hub, HOUR * 2).await;
    assert_eq!(resource(hub.ctx(), "backup").unwrap().health.level, Level::Ok);
    desk.resume(hub.ctx(), "backup").unwrap();
    assert_eq!(now_of(&hub, "backup").await.state.phase, Phase::New);
    desk.delete(hub.ctx(), "backup").await.unwrap();
    hub.wait_until("it is gone", HOUR, |ctx| resource(ctx, "backup").is_none()).await;
    assert_eq!(send(&hub, Method::GET, &format!("/ping/{code}"), b"").await.status, 404);
}

#[tokio::test]
async fn what_is_acknowledged_is_written_within_a_second() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let backup = job(&hub, "backup", "every 1h", "10m").await;
        for _ in 0..250 {
            hub.ctx().clock.advance(Duration::from_millis(300));
            ping(&hub, &format!("/ping/{}", backup.code)).await;
        }
        pass(&hub, Duration::from_secs(2)).await;
        desk_of(&hub).await.flush(hub.ctx()).await.unwrap();
        let (rows, _) = store::list_jobs(&hub.ctx().db).await.unwrap();
        assert_eq!(rows[0].state.pings, 250);
        let pings = store::list_pings(&hub.ctx().db, backup.id, 250, 100).await.unwrap();
        let numbers: Vec<u64> = pings.iter().map(|shown| shown.ping.n).collect();
        assert_eq!(numbers, (151..=250).rev().collect::<Vec<_>>(), "the last hundred");
    }
}

#[tokio::test]
async fn one_job_that_cannot_be_read_is_told_and_does_not_take_the_others_along() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let code = job(&hub, "well", "every 1d", "1h").await.code;
        job(&hub, "damaged", "cron 0 3 * * * in Europe/Berlin", "1h").await;
        let lost = "UPDATE pings_job SET definition = REPLACE(definition, 'Europe/Berlin', 'Mars/Base')";
        store::run_for_test(&hub.ctx().db, lost).await;
        let hub = hub.stop().await.start().await;
        ping(&hub, &format!("/ping/{code}")).await;
        until_told(&hub, "damaged", "so nobody watches it").await;
        assert!(resource(hub.ctx(), "damaged").unwrap().health.evidence.contains("Mars/Base"));
    }
}

#[tokio::test]
async fn the_page_of_the_resource_leads_to_the_job() {
    let hub = hub().start().await;
    job(&hub, "backup", "every 1d", "1h").await;
    hub.wait_until("it is known", HOUR, |ctx| resource(ctx, "backup").is_some()).await;
    let cards = (crate::FEATURE.cards)(hub.ctx(), &resource(hub.ctx(), "backup").unwrap());
    assert!(cards[0].body.0.contains("href=\"/scheduled/backup\""));
    let hits = (crate::FEATURE.search)(hub.ctx(), "BACK");
    assert_eq!(hits[0].path, "/scheduled/backup");
}
