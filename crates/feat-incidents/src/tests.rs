//! The judge in a whole hub, on both databases.

use crate::FEATURE;
use crate::desk::Desk;
use crate::model::deeds::Deed;
use crate::reader;
use hob_base::incident::Happening;
use hob_base::silence::Matcher;
use hob_base::{Clock, Health, IncidentId, Level, Observation, ResourceId, Silence, Timestamp};
use hob_feature::{Ctx, Feature, IncidentQuery, Notice};
use hob_testkit::hub::{TestHub, TestHubBuilder, postgres};
use std::time::Duration;

const FEATURES: &[Feature] = &[FEATURE];
const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const PATIENCE: Duration = Duration::from_secs(20);

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn hub(config: &str) -> TestHubBuilder {
    TestHub::with(FEATURES).config(config).clock(Clock::fake(START))
}

async fn say(ctx: &Ctx, resource: &str, health: Health, needs: &[&str]) {
    let mut observation =
        Observation::new("test", id(resource), Duration::from_secs(1_000_000)).judged(health).named(resource);
    for dependency in needs {
        observation = observation.needs(id(dependency));
    }
    ctx.resources.observe(observation).await;
    ctx.resources.settle().await;
}

/// Lets time pass in steps in which the judge can look.
async fn pass(hub: &TestHub, seconds: u64) {
    for _ in 0..seconds.div_ceil(10) {
        tokio::time::sleep(Duration::from_millis(15)).await;
        hub.ctx().clock.advance(Duration::from_secs(10));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn open(ctx: &Ctx) -> Vec<String> {
    ctx.memory.of::<Desk>().open().iter().map(|incident| incident.title.clone()).collect()
}

/// Waits until one incident is open and told, while time passes slowly.
async fn until_open(hub: &TestHub) {
    hub.wait_until("the incident is open", PATIENCE, |ctx| {
        ctx.clock.advance(Duration::from_millis(50));
        open(ctx).len() == 1
    })
    .await;
}

async fn told(ctx: &Ctx, incident: i64) -> Vec<Notice> {
    ctx.notices.of_incident(IncidentId(incident)).await.unwrap()
}

async fn ask(ctx: &Ctx, incident: i64, deed: Deed) -> hob_base::Result<IncidentId> {
    ctx.memory.of::<Desk>().ask(IncidentId(incident), deed, "anna").await
}

async fn everywhere() -> Vec<TestHubBuilder> {
    let mut all = vec![hub("")];
    all.extend(postgres().await.map(|location| hub("").database(location)));
    all
}

#[tokio::test]
async fn an_outage_is_one_incident_with_one_message_through_a_restart() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let ctx = hub.ctx().clone();
        say(&ctx, "service/nas/photos", Health::critical("It refuses."), &["host/home/nas"]).await;
        say(&ctx, "service/nas/books", Health::critical("It refuses."), &["host/home/nas"]).await;
        say(&ctx, "host/home/nas", Health::critical("It does not answer.").with_remedy("Switch it on."), &[])
            .await;
        hub.wait_until("the incident is open", PATIENCE, |ctx| {
            ctx.clock.advance(Duration::from_secs(1));
            open(ctx).len() == 1
        })
        .await;
        assert_eq!(open(&ctx), ["host/home/nas: It does not answer"]);
        let first = told(&ctx, 1).await;
        assert_eq!(first.len(), 1);
        assert_eq!(
            first[0].body.split(" Since ").next().unwrap(),
            "host/home/nas: It does not answer. service/nas/books and service/nas/photos need it and are affected. \
             Switch it on."
        );
        let hub = hub.stop().await.start().await;
        let ctx = hub.ctx().clone();
        hub.wait_until("the incident is shown again", PATIENCE, |ctx| open(ctx).len() == 1).await;
        pass(&hub, 300).await;
        assert_eq!((open(&ctx).len(), told(&ctx, 1).await.len()), (1, 1));
        for resource in ["host/home/nas", "service/nas/photos", "service/nas/books"] {
            say(&ctx, resource, Health::ok("It is well."), &[]).await;
        }
        hub.wait_until("it is over", PATIENCE, |ctx| {
            ctx.clock.advance(Duration::from_secs(5));
            open(ctx).is_empty()
        })
        .await;
        assert_eq!(told(&ctx, 1).await.len(), 2);
        let timeline = crate::store::list_entries(&ctx.db, IncidentId(1)).await.unwrap();
        let happened: Vec<Happening> = timeline.iter().map(|entry| entry.what).collect();
        assert_eq!((happened[0], *happened.last().unwrap()), (Happening::Opened, Happening::Told));
        assert_eq!(happened.iter().filter(|what| **what == Happening::Opened).count(), 1);
        let closed =
            reader::list(&ctx, &IncidentQuery { open: Some(false), ..IncidentQuery::default() }).await;
        assert_eq!(closed.unwrap().len(), 1);
        let query = IncidentQuery { resource: Some(id("service/nas/books")), ..IncidentQuery::default() };
        assert_eq!(reader::list(&ctx, &query).await.unwrap().len(), 1);
        let query = IncidentQuery { resource: Some(id("service/nas/none")), ..IncidentQuery::default() };
        assert!(reader::list(&ctx, &query).await.unwrap().is_empty());
        hub.stop().await;
    }
}

#[tokio::test]
async fn people_ask_the_judge_and_the_timeline_says_who() {
    let hub = hub("[incidents]\nopen_after = \"0s\"").start().await;
    let ctx = hub.ctx().clone();
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
    until_open(&hub).await;
    ask(&ctx, 1, Deed::Acknowledge { until: None }).await.unwrap();
    ask(&ctx, 1, Deed::Note { text: "The cable was loose.\nAgain.".to_owned() }).await.unwrap();
    assert!(ask(&ctx, 7, Deed::Mute).await.is_err());
    let incident = reader::find(&ctx, IncidentId(1)).await.unwrap().unwrap();
    assert_eq!(incident.acknowledged.as_ref().unwrap().by, "anna");
    let timeline = crate::store::list_entries(&ctx.db, IncidentId(1)).await.unwrap();
    let note = timeline.iter().find(|entry| entry.what == Happening::Note).unwrap();
    assert_eq!((note.by.as_deref(), note.text.as_str()), (Some("anna"), "The cable was loose.\nAgain."));
    say(&ctx, "service/nas/photos", Health::ok("It answers."), &[]).await;
    pass(&hub, 200).await;
    assert!(open(&ctx).is_empty());
    // Long after it was closed.
    pass(&hub, 2000).await;
    ask(&ctx, 1, Deed::Note { text: "Bought a new one.".to_owned() }).await.unwrap();
    assert!(ask(&ctx, 1, Deed::Mute).await.is_err());
}

#[tokio::test]
async fn planned_work_on_a_host_covers_what_runs_on_it() {
    let hub = hub("[incidents]\nopen_after = \"0s\"").start().await;
    let ctx = hub.ctx().clone();
    let silence = Silence {
        id: "1".to_owned(),
        matchers: vec![Matcher::new("resource", "host/home/nas", false, true).unwrap()],
        starts_at: START,
        ends_at: Some(START.plus(Duration::from_secs(3600))),
        recurs: None,
        maintenance: true,
        created_by: "anna".to_owned(),
        comment: "New memory".to_owned(),
        updated_at: START,
    };
    ctx.silences.save(silence).await.unwrap();
    say(&ctx, "host/home/nas", Health::ok("It runs."), &[]).await;
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &["host/home/nas"]).await;
    until_open(&hub).await;
    assert!(told(&ctx, 1).await.is_empty());
    pass(&hub, 3700).await;
    hub.wait_until("the incident is told", PATIENCE, |ctx| {
        ctx.clock.advance(Duration::from_millis(50));
        ctx.memory.of::<Desk>().open().iter().all(|incident| incident.hush.is_none())
    })
    .await;
    assert_eq!(told(&ctx, 1).await.len(), 1);
}

#[tokio::test]
async fn quiet_hours_hold_a_warning_back_and_what_is_over_by_then_is_never_told() {
    // 14:13 UTC.
    let config = "[incidents]\nopen_after_warning = \"0s\"\nopen_after = \"0s\"\ntell = [\"anna\", \"ben\"]";
    let hub = hub(config).start().await;
    let ctx = hub.ctx().clone();
    crate::store::save_quiet(&ctx.db, "anna", "daily 12:00-18:00").await.unwrap();
    ctx.memory.of::<Desk>().load_quiet(&ctx.db).await.unwrap();
    say(&ctx, "filesystem/nas//", Health::warning("It fills up."), &[]).await;
    until_open(&hub).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let first = told(&ctx, 1).await;
    let due = |name: &str| first.iter().find(|notice| notice.to.as_deref() == Some(name)).unwrap().due;
    assert_eq!(due("ben"), first[0].at);
    assert!(due("anna") > due("ben").plus(Duration::from_secs(3600)));
    say(&ctx, "filesystem/nas//", Health::ok("There is room."), &[]).await;
    pass(&hub, 300).await;
    let all = told(&ctx, 1).await;
    let to: Vec<&str> = all.iter().filter_map(|notice| notice.to.as_deref()).collect();
    assert_eq!(to, ["ben", "ben"]);
    // What is critical passes.
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
    until_open(&hub).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(told(&ctx, 2).await.iter().all(|notice| notice.due == notice.at));
}

#[tokio::test]
async fn a_resource_that_is_forgotten_does_not_keep_its_incident_open() {
    let hub = hub("[incidents]\nopen_after = \"0s\"").start().await;
    let ctx = hub.ctx().clone();
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
    until_open(&hub).await;
    ctx.resources.forget(id("service/nas/photos")).await;
    ctx.resources.settle().await;
    pass(&hub, 200).await;
    assert!(open(&ctx).is_empty());
}

#[tokio::test]
async fn the_evidence_of_the_moment_is_kept() {
    let hub = hub("[incidents]\nopen_after = \"0s\"").start().await;
    let ctx = hub.ctx().clone();
    let health = Health::critical("It answers 502.").with_evidence("<b>Bad\u{0} Gateway</b>\nnginx");
    say(&ctx, "service/nas/photos", health, &[]).await;
    until_open(&hub).await;
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
    pass(&hub, 60).await;
    let timeline = crate::store::list_entries(&ctx.db, IncidentId(1)).await.unwrap();
    let kept = serde_json::to_string(&timeline[0].evidence).unwrap();
    assert!(kept.contains("<b>Bad Gateway</b>\\nnginx"), "{kept}");
}

#[tokio::test]
async fn five_thousand_at_once_are_one_message_and_answers_stay_quick() {
    let hub = hub("[incidents]\nopen_after = \"0s\"").start().await;
    let ctx = hub.ctx().clone();
    for i in 0..5000 {
        let resource = id(&format!("service/nas/{i}"));
        let observation = Observation::new("test", resource, Duration::from_secs(1_000_000))
            .judged(Health::critical("It refuses."));
        ctx.resources.observe(observation).await;
    }
    ctx.resources.settle().await;
    hub.wait_until("all of them are out", PATIENCE, |ctx| {
        ctx.clock.advance(Duration::from_millis(50));
        let open = ctx.memory.of::<Desk>().open();
        open.iter().map(|incident| incident.members.len()).sum::<usize>() >= 5000
    })
    .await;
    let count = open(&ctx).len();
    assert!(count <= 3, "{count} incidents");
    let mut messages = 0;
    for n in 1..=i64::try_from(count).unwrap() {
        messages += told(&ctx, n).await.len();
    }
    assert!(messages <= 4, "{messages} messages");
    let worst = ctx.memory.of::<Desk>().open().iter().map(|incident| incident.severity).max();
    assert_eq!(worst, Some(Level::Critical));
}

#[tokio::test]
async fn what_nobody_judges_any_more_keeps_no_incident_open() {
    let hub = hub("[incidents]\nopen_after = \"0s\"").start().await;
    let ctx = hub.ctx().clone();
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
    until_open(&hub).await;
    let merely_known = Observation::new("test", id("service/nas/photos"), Duration::from_secs(1_000_000));
    ctx.resources.observe(merely_known).await;
    ctx.resources.settle().await;
    assert!(!ctx.resources.get(&id("service/nas/photos")).unwrap().judged);
    pass(&hub, 200).await;
    assert!(open(&ctx).is_empty());
}

#[tokio::test]
async fn who_is_in_quiet_hours_still_hears_of_what_was_passed_on_meanwhile() {
    let config = "[incidents]\nopen_after_warning = \"0s\"\ntell = [\"anna\"]\nthen_tell = [\"ben\"]\nescalate_after = \"10m\"";
    let hub = hub(config).start().await;
    let ctx = hub.ctx().clone();
    // It is 14:13 UTC; the one ends where the other begins.
    crate::store::save_quiet(&ctx.db, "anna", "daily 12:00-15:00\ndaily 15:00-16:00").await.unwrap();
    ctx.memory.of::<Desk>().load_quiet(&ctx.db).await.unwrap();
    say(&ctx, "filesystem/nas//", Health::warning("It fills up."), &[]).await;
    until_open(&hub).await;
    pass(&hub, 660).await;
    let all = told(&ctx, 1).await;
    let people: Vec<&str> = all.iter().filter_map(|notice| notice.to.as_deref()).collect();
    assert_eq!(people, ["anna", "ben"]);
    assert_eq!(all[0].due, Timestamp::from_millis(1_790_006_400_000));
    // It is over before: she never hears of it.
    say(&ctx, "filesystem/nas//", Health::ok("There is room."), &[]).await;
    pass(&hub, 200).await;
    let all = told(&ctx, 1).await;
    let people: Vec<&str> = all.iter().filter_map(|notice| notice.to.as_deref()).collect();
    assert_eq!(people, ["ben", "ben"]);
}

#[tokio::test]
async fn people_are_told_while_the_database_refuses_and_it_has_all_of_it_later() {
    let builder = hub("[incidents]\nopen_after = \"0s\"");
    let hub = builder.start().await;
    let ctx = hub.ctx().clone();
    let mut channel = ctx.notices.hand_over();
    let hob_db::Db::Sqlite(files) = &ctx.db else { panic!("it is a file") };
    for table in ["hob_notice", "incidents_incident", "incidents_entry"] {
        let sql = format!(
            "CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&files.write).await.unwrap();
    }
    say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
    until_open(&hub).await;
    pass(&hub, 30).await;
    say(&ctx, "service/nas/photos", Health::ok("It answers."), &[]).await;
    // Longer than closed incidents are remembered.
    pass(&hub, 1500).await;
    let kinds: Vec<String> =
        std::iter::from_fn(|| channel.try_recv().ok()).map(|notice| notice.key.clone()).collect();
    assert_eq!(kinds, ["incident/1/1/everybody", "incident/1/2/everybody"]);
    assert!(reader::find(&ctx, IncidentId(1)).await.unwrap().is_none(), "nothing is written");
    for table in ["hob_notice", "incidents_incident", "incidents_entry"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER no_{table}")))
            .execute(&files.write)
            .await
            .unwrap();
    }
    pass(&hub, 30).await;
    let incident = reader::find(&ctx, IncidentId(1)).await.unwrap().unwrap();
    assert!(incident.closed_at.is_some());
    assert_eq!((told(&ctx, 1).await.len(), ctx.notices.waiting()), (2, 0));
    assert!(channel.try_recv().is_err(), "nothing is said twice");
    let timeline = crate::store::list_entries(&ctx.db, IncidentId(1)).await.unwrap();
    assert!(timeline.iter().any(|entry| entry.what == Happening::Closed));
}

#[tokio::test]
async fn what_fails_every_other_time_is_an_incident_too() {
    let hub = hub("").start().await;
    let ctx = hub.ctx().clone();
    for _ in 0..5 {
        say(&ctx, "service/nas/photos", Health::critical("It refuses."), &[]).await;
        pass(&hub, 20).await;
        say(&ctx, "service/nas/photos", Health::ok("It answers."), &[]).await;
        pass(&hub, 20).await;
    }
    assert_eq!(open(&ctx).len(), 1);
}

#[tokio::test]
async fn what_waits_of_an_incident_that_became_a_part_of_another_is_told_once() {
    let hub = hub("[incidents]\nopen_after_warning = \"0s\"\ntell = [\"anna\"]").start().await;
    let ctx = hub.ctx().clone();
    crate::store::save_quiet(&ctx.db, "anna", "daily 12:00-18:00").await.unwrap();
    ctx.memory.of::<Desk>().load_quiet(&ctx.db).await.unwrap();
    for (resource, count) in [("service/nas/photos", 1), ("service/nas/books", 2)] {
        say(&ctx, resource, Health::warning("It is slow."), &["host/home/nas"]).await;
        hub.wait_until("it is told", PATIENCE, |ctx| {
            ctx.clock.advance(Duration::from_millis(50));
            open(ctx).len() == count
        })
        .await;
    }
    pass(&hub, 20).await;
    assert_eq!((told(&ctx, 1).await.len(), told(&ctx, 2).await.len()), (1, 1));
    say(&ctx, "host/home/nas", Health::warning("It is busy."), &[]).await;
    until_open(&hub).await;
    pass(&hub, 20).await;
    let (kept, merged) = (told(&ctx, 1).await, told(&ctx, 2).await);
    assert_eq!((kept.len(), merged.len()), (1, 0), "{kept:?} {merged:?}");
    assert!(kept[0].title.contains("host/home/nas"), "{}", kept[0].title);
}
