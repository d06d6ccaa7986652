//! Floods, guesses and bodies that are too large.

use super::house::{desk_of, everywhere, hub, job, key_of, now_of, send};
use crate::model::BODY_BYTES_MAX;
use crate::model::state::Phase;
use crate::store;
use http::Method;
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn ten_thousand_guesses_are_limited_and_never_reach_the_database() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code;
    // Without a database every access to it would be an error.
    desk_of(&hub).await.flush(hub.ctx()).await.unwrap();
    hub.ctx().db.close().await;
    let mut client = hub.client();
    let mut answers = BTreeMap::<u16, u32>::new();
    for i in 0..10_000_u32 {
        let path = match i % 4 {
            0 => format!("/ping/5bf66975-d4c7-4bf5-bcc8-{i:012x}"),
            1 => format!("/ping/guess{i}/backup?create=1"),
            2 => format!("/api/push/guess{i}"),
            _ => format!("/ping/{i}"),
        };
        *answers.entry(client.get(&path).await.status.as_u16()).or_default() += 1;
    }
    assert_eq!(answers, BTreeMap::from([(404, 60), (429, 9940)]));
    let answer = client.get(&format!("/ping/{code}")).await;
    assert_eq!(answer.status, 200, "who knows an address is heard all the same");
    let refused = client.get("/ping/once-more").await;
    assert_eq!((refused.text().as_str(), refused.header("retry-after")), ("rate limit exceeded", "60"));
}

#[tokio::test]
async fn a_job_that_pings_without_end_is_heard_and_not_written_down_each_time() {
    let hub = hub().start().await;
    let backup = job(&hub, "backup", "every 1d", "1h").await;
    let mut client = hub.client();
    for _ in 0..500 {
        assert_eq!(client.get(&format!("/ping/{}", backup.code)).await.status, 200);
    }
    // The last one says that it failed.
    assert_eq!(client.get(&format!("/ping/{}/fail", backup.code)).await.status, 200);
    let desk = desk_of(&hub).await;
    assert_eq!(desk.flush(hub.ctx()).await.unwrap(), 60);
    assert_eq!(now_of(&hub, "backup").await.state.pings, 501);
    for _ in 0..20 {
        hub.ctx().clock.advance(Duration::from_millis(100));
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    hub.wait_until("the last word counts", Duration::from_secs(20), |ctx| {
        super::house::resource(ctx, "backup").is_some_and(|told| told.health.reason.contains("it failed"))
    })
    .await;
    let state = now_of(&hub, "backup").await.state;
    assert_eq!((state.phase, state.pings), (Phase::Down, 501));
}

#[tokio::test]
async fn many_runs_at_once_end_even_when_their_pings_are_held_back() {
    let hub = hub().start().await;
    let backup = job(&hub, "backup", "every 1d", "1h").await;
    let run = |i: u32| format!("123e4567-e89b-12d3-a456-{i:012x}");
    let mut client = hub.client();
    for what in ["/start", ""] {
        for i in 0..50 {
            client.get(&format!("/ping/{}{what}?rid={}", backup.code, run(i))).await;
        }
    }
    let state = now_of(&hub, "backup").await.state;
    assert_eq!(state.open, [], "no run that ended is taken for one that hangs");
}

#[tokio::test]
async fn pings_cannot_make_jobs_without_end() {
    let hub = hub().start().await;
    let key = key_of(&hub).await;
    let mut client = hub.client();
    let mut made = 0;
    for i in 0..150 {
        let status = client.get(&format!("/ping/{key}/job-{i}?create=1")).await.status.as_u16();
        assert!([201, 429].contains(&status), "{status}");
        made += u32::from(status == 201);
    }
    assert_eq!(made, 100);
}

#[tokio::test]
async fn bodies_are_kept_as_they_are_and_only_their_beginning() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let backup = job(&hub, "backup", "every 1d", "1h").await;
        let path = format!("/ping/{}", backup.code);
        let binary: Vec<u8> = (0..=255).cycle().take(3000).collect();
        let large = vec![b'x'; 3 * BODY_BYTES_MAX];
        for body in [&binary, &large] {
            assert_eq!(send(&hub, Method::POST, &path, body).await.text(), "OK");
        }
        desk_of(&hub).await.flush(hub.ctx()).await.unwrap();
        let db = &hub.ctx().db;
        assert_eq!(store::find_body(db, backup.id, 1).await.unwrap().unwrap(), binary);
        assert_eq!(store::find_body(db, backup.id, 2).await.unwrap().unwrap(), &large[..BODY_BYTES_MAX]);
        // A body without an address of a job is not kept, nor read.
        let unknown = send(&hub, Method::POST, "/ping/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278", b"x").await;
        assert_eq!(unknown.status, 404);
    }
}

#[tokio::test]
async fn the_bodies_of_a_job_are_bounded_and_the_newest_stay() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let backup = job(&hub, "backup", "every 1d", "1h").await;
        let body = vec![b'x'; 90_000];
        for _ in 0..30 {
            hub.ctx().clock.advance(Duration::from_millis(200));
            send(&hub, Method::POST, &format!("/ping/{}", backup.code), &body).await;
        }
        desk_of(&hub).await.flush(hub.ctx()).await.unwrap();
        let pings = store::list_pings(&hub.ctx().db, backup.id, 30, 10).await.unwrap();
        let kept: Vec<bool> = pings.iter().map(|shown| shown.kept > 0).collect();
        assert_eq!(kept, (0..30).map(|i| i < 11).collect::<Vec<_>>(), "11 times 90 kB are within 1 MiB");
        assert_eq!(store::tidy_bodies(&hub.ctx().db).await.unwrap(), 990_000);
    }
}

#[tokio::test]
async fn a_database_that_refuses_loses_nothing() {
    let hub = hub().start().await;
    let backup = job(&hub, "backup", "every 1d", "1h").await;
    let desk = desk_of(&hub).await;
    // The table is away for a while.
    let moved = "ALTER TABLE pings_ping RENAME TO pings_away";
    let back = "ALTER TABLE pings_away RENAME TO pings_ping";
    store::run_for_test(&hub.ctx().db, moved).await;
    for _ in 0..10 {
        send(&hub, Method::POST, &format!("/ping/{}", backup.code), b"hello").await;
        assert!(desk.flush(hub.ctx()).await.is_err());
    }
    store::run_for_test(&hub.ctx().db, back).await;
    desk.flush(hub.ctx()).await.unwrap();
    let pings = store::list_pings(&hub.ctx().db, backup.id, 10, 10).await.unwrap();
    assert_eq!(pings.len(), 10);
}
