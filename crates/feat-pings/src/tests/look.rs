//! The pages: what a person looks for, and what nobody must see.

use super::house::{browser, definition, desk_of, hub, job, key_of, make, now_of, ping, send};
use crate::model::definition::Definition;
use hob_testkit::browser::{Browser, Screen};
use hob_testkit::hub::TestHub;
use http::Method;
use std::time::Duration;

#[tokio::test]
async fn an_empty_page_says_what_to_do() {
    let hub = hub().start().await;
    let page = browser(&hub, "write").get("/scheduled").await.text();
    assert!(page.contains("No scheduled jobs yet.") && page.contains("curl -fsS"), "{page}");
    assert!(page.contains(&key_of(&hub).await));
    let page = browser(&hub, "read").get("/scheduled").await.text();
    assert!(page.contains("No scheduled jobs yet.") && !page.contains("curl"), "{page}");
}

#[tokio::test]
async fn who_may_only_read_sees_no_address_and_changes_nothing() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code.to_string();
    ping(&hub, &format!("/ping/{code}")).await;
    let key = key_of(&hub).await;
    let mut reader = browser(&hub, "read");
    for path in ["/scheduled", "/scheduled/backup"] {
        let page = reader.get(path).await.text();
        assert!(page.contains("backup") && !page.contains(&code) && !page.contains(&key), "{path}: {page}");
    }
    for path in ["/scheduled/new", "/scheduled/backup/edit", "/scheduled/backup/delete", "/scheduled/key"] {
        assert_eq!(reader.get(path).await.status, 403, "{path}");
    }
    for path in ["/scheduled", "/scheduled/backup", "/scheduled/backup/pause", "/scheduled/backup/delete"] {
        assert_eq!(reader.post_form(path, &[]).await.status, 403, "{path}");
    }
    let page = browser(&hub, "write").get("/scheduled/backup").await.text();
    assert!(page.contains(&code) && page.contains(&key));
    assert_eq!(hub.client().get("/scheduled").await.status, 303, "and strangers are sent to the login");
}

#[tokio::test]
async fn a_job_is_made_changed_paused_and_deleted_by_forms() {
    let hub = hub().start().await;
    let mut anna = browser(&hub, "write");
    let wrong = [("name", "Backup of the NAS"), ("schedule", "0 25 * * *"), ("grace", "10m")];
    let answer = anna.post_form("/scheduled", &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("“25” at character 8 is no hour"), "{}", answer.text());
    let right = [
        ("name", "Backup of the NAS"),
        ("schedule", "0 3 * * *"),
        ("tz", "Europe/Berlin"),
        ("grace", "10m"),
        ("tags", "nas backup"),
    ];
    let answer = anna.post_form("/scheduled", &right).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/scheduled/backup-of-the-nas"));
    let again = anna.post_form("/scheduled", &right).await.text();
    assert!(again.contains("Another job has this slug already."), "{again}");
    let page = anna.get("/scheduled/backup-of-the-nas").await.text();
    assert!(
        page.contains("cron 0 3 * * * in Europe/Berlin") && page.contains("Saturday, 16 Jan 2027, 03:00"),
        "{page}"
    );
    let form = anna.get("/scheduled/backup-of-the-nas/edit").await.text();
    assert!(form.contains("value=\"Europe/Berlin\""), "{form}");
    let change = [
        ("name", "Backup"),
        ("slug", "backup"),
        ("schedule", "every 1d"),
        ("grace", "2h"),
        ("manual_resume", "on"),
    ];
    let answer = anna.post_form("/scheduled/backup-of-the-nas", &change).await;
    assert_eq!(answer.header("location"), "/scheduled/backup");
    assert!(now_of(&hub, "backup").await.definition.manual_resume);
    anna.post_form("/scheduled/backup/pause", &[]).await;
    let page = anna.get("/scheduled/backup").await.text();
    assert!(page.contains("It was paused by write") && page.contains("Resume"), "{page}");
    anna.post_form("/scheduled/backup/resume", &[]).await;
    let ask = anna.get("/scheduled/backup/delete").await.text();
    assert!(ask.contains("Delete the job"), "{ask}");
    assert_eq!(anna.post_form("/scheduled/backup/delete", &[]).await.header("location"), "/scheduled");
    assert_eq!(anna.get("/scheduled/backup").await.status, 404);
}

#[tokio::test]
async fn what_a_job_says_is_shown_and_does_nothing() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code;
    let body = format!("<script>alert(1)</script>\u{202e}\x1b[31m{}", "x".repeat(9000));
    send(&hub, Method::POST, &format!("/ping/{code}/fail"), body.as_bytes()).await;
    let mut anna = browser(&hub, "read");
    let page = anna.get("/scheduled/backup").await.text();
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"), "{page}");
    assert!(!page.contains('\u{202e}') && !page.contains('\x1b'));
    assert!(page.contains("/scheduled/backup/pings/1"), "all of it is a link");
    let whole = anna.get("/scheduled/backup/pings/1").await;
    assert_eq!(whole.text(), body);
    assert_eq!(whole.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    assert_eq!(anna.get("/scheduled/backup/pings/2").await.status, 404);
}

#[tokio::test]
async fn what_is_down_comes_first_and_names_are_found() {
    let hub = hub().start().await;
    for (slug, rest) in [("a-well", ""), ("b-down", "/fail"), ("c-new", "/log")] {
        let code = job(&hub, slug, "every 1d", "1h").await.code;
        ping(&hub, &format!("/ping/{code}{rest}")).await;
    }
    let mut anna = browser(&hub, "read");
    let page = anna.get("/scheduled").await.text();
    let place = |text: &str| page.find(&format!("/scheduled/{text}")).unwrap();
    assert!(place("b-down") < place("a-well") && place("a-well") < place("c-new"));
    assert!(page.contains("3 jobs, 1 of them down."));
    let found = anna.get("/scheduled?q=WELL").await.text();
    assert!(found.contains("a-well") && !found.contains("b-down"));
    assert!(anna.get("/scheduled?q=nothing").await.text().contains("No job is meant by this."));
}

/// Jobs of every kind, as in a house.
async fn a_house(hub: &TestHub) {
    let nas = Definition {
        name: "Backup of the NAS".into(),
        slug: "backup-nas".into(),
        tags: vec!["backup".into(), "nas".into()],
        about: "restic to the other house".into(),
        ..definition("cron 0 3 * * * in Europe/Berlin", "4h")
    };
    let nas = make(hub, nas).await.code;
    for i in 0..12_u64 {
        ping(hub, &format!("/ping/{nas}/start")).await;
        hub.ctx().clock.advance(Duration::from_secs(800 + 97 * (i % 4)));
        let body = format!(
            "repository opened\nFiles: {i} new, 12 changed\nAdded 1.2 GiB\n<script>alert(1)</script>"
        );
        send(hub, Method::POST, &format!("/ping/{nas}/0"), body.as_bytes()).await;
        hub.ctx().clock.advance(Duration::from_secs(80_000));
    }
    ping(hub, &format!("/ping/{nas}/start")).await;
    for (name, schedule, rest) in [
        ("Certificates", "calendar Mon..Fri 04:00", "/fail"),
        ("Photos to the cloud", "every 6h", ""),
        ("A job with a name that is so long that it needs more than one line on a telephone", "every 1h", ""),
        ("Database dump", "cron 30 2 * * 0", ""),
    ] {
        let slug = crate::model::definition::slug_for(name);
        let made = Definition { name: name.into(), slug, ..definition(schedule, "30m") };
        let code = make(hub, made).await.code;
        send(hub, Method::POST, &format!("/ping/{code}{rest}"), b"one line of output").await;
    }
    job(hub, "never-heard", "every 1d", "1h").await;
    desk_of(hub).await.pause(hub.ctx(), "database-dump", "anna").unwrap();
    let again = ["/start", "/log", "/3"];
    let code = now_of(hub, "backup-nas").await.code;
    for rest in again {
        ping(hub, &format!("/ping/{code}{rest}")).await;
    }
}

#[tokio::test]
async fn pages_fit_on_every_screen() {
    let Some(chromium) = Browser::start_or_skip().await else { return };
    let hub = hub().start().await;
    let page = chromium.page().await.unwrap();
    page.open(&hub.url("/favicon.ico")).await.unwrap();
    page.eval("document.cookie = 'hob=write; path=/'").await.unwrap();
    page.clear_logs().await.unwrap();
    let shots = std::env::var_os("HOB_SCREENSHOTS").map(std::path::PathBuf::from);
    let mut filled = false;
    for (name, path) in [
        ("empty", "/scheduled"),
        ("list", "/scheduled"),
        ("one", "/scheduled/backup-nas"),
        ("down", "/scheduled/certificates"),
        ("new", "/scheduled/new"),
        ("edit", "/scheduled/backup-nas/edit"),
        ("delete", "/scheduled/backup-nas/delete"),
    ] {
        if name != "empty" && !std::mem::replace(&mut filled, true) {
            a_house(&hub).await;
        }
        for (size, screen) in [("1280", Screen::DESKTOP), ("360", Screen::PHONE)] {
            page.screen(screen).await.unwrap();
            page.open(&hub.url(path)).await.unwrap();
            assert!(!page.scrolls_sideways().await.unwrap(), "{path} at {size}");
            if let Some(dir) = &shots {
                page.screenshot(dir.join(format!("{name}-{size}.png"))).await.unwrap();
            }
        }
    }
    assert_eq!(page.console_errors().await.unwrap(), [""; 0]);
}
