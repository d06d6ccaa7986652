//! Reports through a whole hub.

use super::house::{DAY, HOUR, START, hub, say, who};
use hob_base::{Health, Silence};

#[tokio::test]
async fn the_report_tells_up_time_outages_and_what_is_left() {
    let hub = hub().config("[[objective]]\nkind = \"host\"\npercent = 90\n").start().await;
    let clock = hub.ctx().clock.clone();
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    say(&hub, "host/home/nas", "nas", Health::ok("x")).await;
    clock.advance(HOUR * 10);
    say(&hub, "service/nas/1", "Photos", Health::critical("x")).await;
    clock.advance(HOUR);
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    clock.advance(HOUR * 9);
    let mut anna = who(&hub, "read");
    let report = anna.get("/api/v1/uptime?month=2026-11&kind=service").await.json();
    let row = &report["resources"][0];
    assert_eq!(report["resources"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(
        (row["outages"].as_u64(), row["down_s"].as_u64(), row["known_s"].as_u64()),
        (Some(1), Some(3600), Some(72_000))
    );
    assert_eq!(row["uptime_percent"].as_f64(), Some(95.0));
    assert_eq!(row["objective_percent"].as_f64(), Some(99.5));
    let used = row["budget_used_ms"].as_i64().unwrap() + row["budget_left_ms"].as_i64().unwrap();
    assert_eq!(row["budget_ms"].as_i64(), Some(used));

    let page = anna.get("/uptime").await.text();
    let main = &page[page.find("<main").unwrap()..];
    assert!(main.contains("Up-time in November 2026") && main.contains("95 %"), "{main}");
    assert!(main.find("Photos").unwrap() < main.find(">nas<").unwrap(), "services first");
    assert!(main.contains("from hob.toml") && !main.contains("job/hob"), "{main}");
    assert!(anna.get("/uptime?own=yes").await.text().contains("status.memory"));
    assert!(anna.get("/uptime?q=nothing+like+it").await.text().contains("Nothing matches."));
    hub.stop().await;
}

#[tokio::test]
async fn months_that_memory_has_forgotten_are_told_as_well() {
    let hub = hub().start().await;
    let clock = hub.ctx().clock.clone();
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    clock.advance(HOUR);
    say(&hub, "service/nas/1", "Photos", Health::critical("x")).await;
    clock.advance(HOUR);
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    clock.advance(DAY * 200);
    hub.ctx().resources.settle().await;
    let mut anna = who(&hub, "read");
    let now = anna.get("/api/v1/uptime?kind=service").await.json();
    assert_eq!(now["month"], "2027-06");
    assert_eq!(now["resources"][0]["uptime_percent"].as_f64(), Some(100.0));
    let then = anna.get("/uptime/2026-11.json?kind=service").await.json();
    assert_eq!(
        (then["resources"][0]["outages"].as_u64(), then["resources"][0]["down_s"].as_u64()),
        (Some(1), Some(3600))
    );
    let year = anna.get("/uptime/resource/service/nas/1").await.text();
    assert!(year.contains("November 2026") && year.contains("July 2026"), "{year}");
    for (path, problem) in [
        ("/uptime/2030-01", "has not begun yet"),
        ("/uptime/soon", "write for example 2026-11"),
        ("/uptime/resource/service/x/y", "There is no resource"),
    ] {
        assert!(anna.get(path).await.text().contains(problem), "{path}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn an_objective_is_set_on_the_page_and_a_wrong_one_is_refused() {
    let hub = hub().start().await;
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    let (mut anna, mut ben) = (who(&hub, "write"), who(&hub, "read"));
    let path = "/uptime/objective/service/nas/1";
    let refused = ben.post_form(path, &[("objective", "99.9")]).await;
    assert_eq!(refused.status, 403);
    let wrong = anna.post_form(path, &[("objective", "lots")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains("such as 99.5") && wrong.text().contains("value=\"lots\""),
        "{}",
        wrong.text()
    );
    let saved = anna.post_form(path, &[("objective", "99,9")]).await;
    assert_eq!(saved.header("location"), "/uptime/resource/service/nas/1?said=saved");
    let objective = |json: serde_json::Value| json["resources"][0]["objective_percent"].as_f64();
    assert_eq!(objective(anna.get("/api/v1/uptime?kind=service").await.json()), Some(99.9));
    assert!(anna.get(saved.header("location")).await.text().contains("set here"));
    anna.post_form(path, &[("objective", "")]).await;
    assert_eq!(objective(anna.get("/api/v1/uptime?kind=service").await.json()), Some(99.5));
    hub.stop().await;
}

#[tokio::test]
async fn maintenance_is_noted_while_it_is_under_way_and_does_not_count() {
    let hub = hub().start().await;
    let clock = hub.ctx().clock.clone();
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    hub.run_job("status.maintenance").await;
    let silence = Silence {
        id: "work".to_owned(),
        matchers: vec!["resource=service/nas/1".parse().unwrap()],
        starts_at: START,
        ends_at: Some(START.plus(HOUR)),
        recurs: None,
        maintenance: true,
        created_by: "anna".to_owned(),
        comment: "secret plans".to_owned(),
        updated_at: START,
    };
    hub.ctx().silences.save(silence).await.unwrap();
    say(&hub, "service/nas/1", "Photos", Health::critical("x")).await;
    for _ in 0..30 {
        clock.advance(std::time::Duration::from_secs(120));
        hub.run_job("status.maintenance").await;
    }
    say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
    clock.advance(HOUR * 9);
    let row = who(&hub, "read").get("/api/v1/uptime?kind=service").await.json()["resources"][0].clone();
    let maintenance = row["maintenance_s"].as_u64().unwrap();
    assert!((3400..=3600).contains(&maintenance), "{row}");
    assert!(row["down_s"].as_u64().unwrap() <= 200, "{row}");
    hub.stop().await;
}
