//! What everybody sees, and what nobody may.

use super::house::{DAY, HOUR, START, happen, hub, incident, make_page, member, say, who};
use super::xml;
use hob_base::{Clock, Health, Level, Silence};
use hob_testkit::hub::TestHub;
use std::time::Duration;

const HOSTILE: &str = "<script>alert(1)</script>";

/// A house in which Photos broke at 14:02 and was down once before.
async fn house() -> (TestHub, String) {
    let before = Duration::from_secs(40 * 60);
    let hub = hub().clock(Clock::fake(START.minus(before))).start().await;
    say(&hub, "service/nas/1", HOSTILE, Health::ok("Answers.")).await;
    say(&hub, "service/nas/2", "internal-mail", Health::ok("Answers.")).await;
    say(&hub, "service/nas/3", "internal-hidden", Health::critical("Hidden trouble.")).await;
    hub.ctx().clock.advance(before);
    let reason = format!("{HOSTILE} at http://10.0.0.7:3000 refused.");
    say(&hub, "service/nas/1", HOSTILE, Health::critical(reason)).await;
    let mut old = incident(3, START.minus(DAY), Some(START.minus(HOUR * 22)));
    old.members = vec![
        member("host/home/secret", Level::Critical, START.minus(DAY), Some(START.minus(HOUR * 22))),
        member("service/nas/1", Level::Critical, START.minus(DAY), Some(START.minus(HOUR * 23))),
    ];
    happen(&hub, old).await;
    let mut now = incident(4, START, None);
    now.members = vec![member("service/nas/1", Level::Critical, START, None)];
    happen(&hub, now).await;
    let entries = [("service/nas/1", "Family & friends", "Photos"), ("service/nas/2", "", "Mail")];
    let path = make_page(&hub, "The Millers", &entries).await;
    hub.ctx().clock.advance(Duration::from_secs(600));
    (hub, path)
}

const PATHS: [&str; 8] = [
    "/status/the-millers",
    "/status/the-millers/feed.atom",
    "/status/the-millers/feed.rss",
    "/status/the-millers/summary.json",
    "/status/the-millers/badge.svg",
    "/status/the-millers/badge.svg?show=uptime",
    "/status/the-millers/badge/1.svg",
    "/status/the-millers/badge/2.svg?show=uptime",
];

#[tokio::test]
async fn nobody_sees_more_than_was_chosen() {
    let (hub, _) = house().await;
    let id = crate::memory::at_hand(hub.ctx()).unwrap().pages[0].id.clone();
    for path in PATHS {
        let answer = hub.client().get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let text = answer.text();
        let secrets = [
            &id,
            "script>alert",
            "alert(1)",
            "internal",
            "service/",
            "secret",
            "Secret",
            "10.0.0.7",
            "refused",
            "Hidden",
            "nas",
            "anna",
            "/uptime",
            "/resources",
            "Answers",
        ];
        for secret in secrets {
            assert!(!text.contains(secret), "{path} contains {secret}: {text}");
        }
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let mut visitor = hub.client();
    let login = visitor.get("/uptime").await;
    assert_eq!(login.header("location"), "/login?next=%2Fuptime");
    assert_eq!(visitor.get("/status/nothing").await.status, 404);
    hub.stop().await;
}

#[tokio::test]
async fn reasons_are_shown_where_the_owner_wants_it_and_stay_words() {
    let (hub, path) = house().await;
    let form = [("title", "The Millers"), ("slug", "the-millers"), ("reasons", "yes")];
    assert_eq!(who(&hub, "write").post_form(&path, &form).await.status, 303);
    for path in &PATHS[..4] {
        let text = hub.client().get(path).await.text();
        assert!(
            !text.contains("<script") && !text.contains("Hidden") && !text.contains("secret host"),
            "{path}: {text}"
        );
    }
    let page = hub.client().get(PATHS[0]).await.text();
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt; at http://10.0.0.7:3000 refused."),
        "{page}"
    );
    assert!(page.contains("Photos: Secret reason of service/nas/1."), "{page}");
    xml::check(&hub.client().get(PATHS[1]).await.text());
    hub.stop().await;
}

/// The page without what changes from build to build.
fn main_of(page: &str) -> String {
    let main = &page[page.find("<main").unwrap()..page.find("</main>").unwrap()];
    let mut out = String::new();
    for part in main.split("/assets/icons-") {
        out.push_str(if out.is_empty() { part } else { &part[part.find('#').unwrap()..] });
    }
    out.replace("><", ">\n<")
}

#[tokio::test]
async fn the_page_and_its_feeds_look_as_they_should() {
    let (hub, _) = house().await;
    let mut visitor = hub.client().with("host", "status.example.org");
    insta::assert_snapshot!("page", main_of(&visitor.get(PATHS[0]).await.text()));
    for (name, path) in [("atom", PATHS[1]), ("rss", PATHS[2]), ("badge", PATHS[4])] {
        let answer = visitor.get(path).await;
        xml::check(&answer.text());
        // Ids are random for each page, and those of incidents are made of them.
        let mut text = answer.text();
        while let Some(at) = text.find("urn:uuid:") {
            text.replace_range(at..at + 45, "ID");
        }
        insta::assert_snapshot!(name, text);
    }
    hub.stop().await;
}

#[tokio::test]
async fn feeds_and_the_summary_speak_for_programs() {
    let (hub, _) = house().await;
    let mut visitor = hub.client().with("host", "Status.Example.org:8443").with("x-forwarded-proto", "https");
    let atom = visitor.get(PATHS[1]).await;
    assert_eq!(atom.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(atom.text().contains("https://status.example.org:8443/status/the-millers"), "{}", atom.text());
    let summary = visitor.get(PATHS[3]).await.json();
    assert_eq!(
        (&summary["status"]["indicator"], &summary["status"]["description"]),
        (&"major".into(), &"Photos is down.".into())
    );
    assert_eq!(summary["components"][0]["status"], "major_outage");
    assert_eq!(summary["components"][1]["status"], "operational");
    assert_eq!(summary["incidents"].as_array().unwrap().len(), 1, "only what goes on");
    assert_eq!(summary["page"]["url"], "https://status.example.org:8443/status/the-millers");
    let odd = hub.client().with("host", "evil\"><x").get(PATHS[1]).await;
    assert!(!odd.text().contains("evil"), "{}", odd.text());
    hub.stop().await;
}

#[tokio::test]
async fn badges_may_stand_on_any_site() {
    let (hub, _) = house().await;
    let mut visitor = hub.client();
    for (path, says) in [
        ("/status/the-millers/badge.svg", "The Millers: down"),
        ("/status/the-millers/badge/2.svg", "Mail: works"),
        ("/status/the-millers/badge/2.svg?show=uptime", "Mail: 100 % in 30 days"),
    ] {
        let badge = visitor.get(path).await;
        assert_eq!(badge.header("content-type"), "image/svg+xml; charset=utf-8");
        assert_eq!(badge.header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(badge.header("cache-control"), "public, max-age=60");
        assert!(badge.text().contains(says), "{}", badge.text());
        xml::check(&badge.text());
    }
    for (path, status) in [
        ("badge/0.svg", 404),
        ("badge/3.svg", 404),
        ("badge/x.svg", 404),
        ("badge/99999999999999999999.svg", 404),
        ("badge.svg?show=everything", 422),
        ("other.html", 404),
    ] {
        assert_eq!(visitor.get(&format!("/status/the-millers/{path}")).await.status, status, "{path}");
    }
    hub.stop().await;
}

#[tokio::test]
async fn what_was_drawn_is_kept_until_something_that_is_shown_changes() {
    let (hub, _) = house().await;
    let mut visitor = hub.client();
    let tag = |answer: &hob_testkit::client::Answer| answer.header("etag").to_owned();
    let first = visitor.get(PATHS[0]).await;
    say(&hub, "service/nas/3", "internal-hidden", Health::ok("Hidden is well.")).await;
    say(&hub, "service/nas/2", "another name", Health::ok("Another reason.")).await;
    assert_eq!(tag(&visitor.get(PATHS[0]).await), tag(&first), "nothing that is shown has changed");
    let same = visitor.clone().with("if-none-match", &tag(&first)).get(PATHS[0]).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    let packed = visitor.clone().with("accept-encoding", "br").get(PATHS[0]).await;
    assert_eq!((packed.header("content-encoding"), tag(&packed)), ("br", tag(&first)));
    say(&hub, "service/nas/2", "x", Health::warning("x")).await;
    let changed = visitor.get(PATHS[0]).await;
    assert!(changed.text().contains("Photos is down; Mail works with trouble."), "{}", changed.text());
    hub.stop().await;
}

#[tokio::test]
async fn visitors_do_not_make_the_database_work() {
    let (hub, _) = house().await;
    let mut visitor = hub.client();
    visitor.get(PATHS[0]).await;
    hub.ctx().db.close().await;
    hub.ctx().clock.advance(Duration::from_secs(61));
    for path in PATHS {
        assert_eq!(visitor.get(path).await.status, 200, "{path}");
    }
    // Many addresses do not fill the memory, and are answered all the same.
    for n in 0..120 {
        let host = format!("h{n}.example.org");
        let feed = hub.client().with("host", &host).get(PATHS[1]).await;
        assert!(feed.text().contains(&host), "{}", feed.text());
    }
}

#[tokio::test]
async fn planned_work_is_told_by_public_names_and_is_no_outage() {
    let (hub, _) = house().await;
    let work = |id: &str, from: Duration, hours: u32| Silence {
        id: id.to_owned(),
        matchers: vec!["resource=service/nas/1".parse().unwrap()],
        starts_at: START.plus(from),
        ends_at: Some(START.plus(from + HOUR * hours)),
        recurs: None,
        maintenance: true,
        created_by: "anna".to_owned(),
        comment: "secret plans".to_owned(),
        updated_at: START,
    };
    hub.ctx().silences.save(work("now", Duration::ZERO, 2)).await.unwrap();
    hub.ctx().silences.save(work("soon", DAY, 2)).await.unwrap();
    hub.ctx().silences.save(work("far", DAY * 30, 2)).await.unwrap();
    let page = hub.client().get(PATHS[0]).await.text();
    assert!(
        page.contains("Photos is under maintenance") && page.contains("Planned work on Photos goes on"),
        "{page}"
    );
    assert!(!page.contains("secret plans"), "{page}");
    let summary = hub.client().get(PATHS[3]).await.json();
    assert_eq!(summary["status"]["indicator"], "maintenance");
    let planned: Vec<&str> = summary["scheduled_maintenances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["status"].as_str().unwrap())
        .collect();
    assert_eq!(planned, ["in_progress", "scheduled"]);
    hub.stop().await;
}

#[tokio::test]
async fn a_page_without_resources_claims_nothing() {
    let hub = hub().start().await;
    make_page(&hub, "Empty", &[("service/nas/9", "", "Nobody")]).await;
    make_page(&hub, "Void", &[]).await;
    let page = hub.client().get("/status/void").await.text();
    assert!(page.contains("Nothing is shown here yet.") && !page.contains("Everything works"), "{page}");
    let page = hub.client().get("/status/empty").await.text();
    assert!(page.contains("Nobody has not been heard of"), "{page}");
    assert!(hub.client().get("/status/void/badge.svg").await.text().contains("nothing shown"));
    hub.stop().await;
}
