//! The pages, over HTTP.

use super::{break_it, impatient, mend, open};
use crate::support::{Events, PATIENCE, eventually, house, observe, said};
use hob_base::Health;
use hob_testkit::client::Client;

/// Posts a form of the page and follows it back.
async fn post(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = client.post_form(path, fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text());
    let next = answer.header("location").to_owned();
    client.get(&next).await.text()
}

#[tokio::test]
async fn from_what_broke_to_what_is_over() {
    let (hub, mut anna) = impatient("").await;
    let empty = anna.get("/incidents").await.text();
    assert!(empty.contains("All is well."), "{empty}");

    break_it(&hub, "host/home/shed", "The shed is dark.", &[]).await;
    let it = break_it(&hub, "service/shed/80", "Nothing listens.", &["host/home/shed"]).await;
    assert_eq!((it.id.0, it.members.len()), (1, 2));
    let list = anna.get("/incidents").await.text();
    assert!(list.contains("href=\"/incidents/1\"") && list.contains("1 affected"), "{list}");
    let page = anna.get("/incidents/1").await.text();
    for words in [
        "shed: The shed is dark",
        "Start it again.",
        "exit code 1",
        "What else is affected (1)",
        "How it hangs together",
        "Everybody who listens",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }

    let page = post(&mut anna, "/incidents/1/acknowledge", &[("until", "4h")]).await;
    assert!(page.contains("takes care of it since") && page.contains("Nobody takes care any more"), "{page}");
    let page = post(&mut anna, "/incidents/1/release", &[]).await;
    assert!(page.contains("nobody takes care of it any more") && page.contains(">4 hours<"), "{page}");
    for (deed, until, words) in [
        ("snooze", "30m", "wants to hear of it again at"),
        ("unmute", "", "wants to hear of it again."),
        ("mute", "", "Nobody is told unless it changes, as anna wished."),
    ] {
        let page = post(&mut anna, &format!("/incidents/1/{deed}"), &[("until", until)]).await;
        assert!(page.contains(words), "{deed}: {page}");
    }
    let page =
        post(&mut anna, "/incidents/1/note", &[("text", "Pulled <b>the plug</b>.\nPut it back.")]).await;
    assert!(page.contains("Pulled &lt;b&gt;the plug&lt;/b&gt;.\nPut it back."), "{page}");

    mend(&hub, "service/shed/80").await;
    mend(&hub, "host/home/shed").await;
    let page = anna.get("/incidents/1").await.text();
    assert!(page.contains("was critical") && !page.contains("action=\"/incidents/1/acknowledge\""), "{page}");
    let page = post(&mut anna, "/incidents/1/note", &[("text", "It was the fuse.")]).await;
    assert!(page.contains("It was the fuse."), "{page}");
    let page = post(&mut anna, "/incidents/1/mute", &[]).await;
    assert!(page.contains("role=\"alert\"") && page.contains("is over, so only notes"), "{page}");
    let list = anna.get("/incidents").await.text();
    assert!(list.contains("All is well.") && list.contains("shed: The shed is dark"), "{list}");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_on_the_page_once() {
    let (hub, mut anna) = impatient("").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    for (deed, fields, words) in [
        ("note", &[("text", "  ")][..], "The note is empty"),
        ("merge", &[("into", "77")], "There is no open incident 77."),
        ("merge", &[("into", "x")], "is not the number of an incident"),
        ("split", &[], "Choose at least one of its resources"),
        ("split", &[("resource", "<script>")], "&lt;script&gt;"),
        ("acknowledge", &[("until", "never")], "Choose for how long."),
        ("snooze", &[], "Choose for how long."),
    ] {
        let page = post(&mut anna, &format!("/incidents/1/{deed}"), fields).await;
        assert!(page.contains("role=\"alert\"") && page.contains(words), "{deed}: {page}");
        assert!(!anna.get("/incidents/1").await.text().contains("role=\"alert\""), "once: {deed}");
    }
    assert_eq!(anna.post_form("/incidents/1/explode", &[]).await.status, 404);
    assert_eq!(anna.post_form("/incidents/77/mute", &[]).await.status, 404);
    for path in ["/incidents/77", "/incidents/x", "/incidents/0", "/incidents/99999999999999999999"] {
        assert_eq!(anna.get(path).await.status, 404, "{path}");
    }
    let foreign =
        anna.clone().with("origin", "http://evil.example").post_form("/incidents/1/mute", &[]).await;
    assert_eq!(foreign.status, 403, "from another site");
}

#[tokio::test]
async fn two_incidents_become_one_and_one_becomes_two() {
    let (hub, mut anna) = impatient("").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    let other = break_it(&hub, "service/nas/2", "It is slow.", &[]).await;
    assert_eq!(other.id.0, 2);
    let page = anna.get("/incidents/2").await.text();
    assert!(page.contains("<option value=\"1\">"), "{page}");
    let page = post(&mut anna, "/incidents/2/merge", &[("into", "1")]).await;
    assert!(page.contains("Incident 1") && page.contains("became a part of this one"), "{page}");
    assert!(anna.get("/incidents/2").await.text().contains("href=\"/incidents/1\""));
    assert_eq!(open(hub.ctx()).len(), 1);
    let page = post(&mut anna, "/incidents/1/split", &[("resource", "service/nas/2")]).await;
    assert!(page.contains("Incident 3") && page.contains("split this off incident 1"), "{page}");
    assert_eq!(open(hub.ctx()).len(), 2);
}

#[tokio::test]
async fn the_list_is_narrowed_down_and_paged() {
    let (hub, mut anna) = impatient("").await;
    for (port, reason) in [(1, "Nothing listens."), (2, "It is slow."), (3, "Its zebra is loose.")] {
        let resource = format!("service/nas/{port}");
        break_it(&hub, &resource, reason, &[]).await;
        mend(&hub, &resource).await;
    }
    break_it(&hub, "lamp/home/hall", "The lamp is dark.", &[]).await;
    let month = hub.ctx().clock.now().zoned(&jiff::tz::TimeZone::UTC).strftime("%Y-%m").to_string();
    let in_month = format!("?month={month}");
    for (query, expected) in [
        ("", &[4, 3, 2, 1][..]),
        ("?resource=service/nas/2", &[2]),
        ("?q=zebra+loose", &[3]),
        ("?q=lamp", &[4]),
        ("?q=giraffe", &[]),
        ("?month=2001-01", &[]),
        (in_month.as_str(), &[4, 3, 2, 1]),
        ("?before=3", &[2, 1]),
    ] {
        let page = anna.get(&format!("/incidents{query}")).await.text();
        let found: Vec<i64> = page
            .split("<a href=\"/incidents/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next()?.parse().ok())
            .collect();
        assert_eq!(found, expected, "{query}");
    }
    for wrong in ["?month=soon", "?resource=x", "?before=x"] {
        assert_eq!(anna.get(&format!("/incidents{wrong}")).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn the_home_page_the_resource_and_search_lead_to_it() {
    let (hub, mut anna) = impatient("").await;
    for n in 1..=4 {
        break_it(&hub, &format!("service/nas/{n}"), &format!("Reason {n}."), &[]).await;
    }
    let home = anna.get("/").await.text();
    assert_eq!(home.matches("<a href=\"/incidents/").count(), 3, "{home}");
    assert!(home.contains("And 1 more incident<"), "{home}");
    let page = anna.get("/resources/service/nas/2").await.text();
    assert!(
        page.contains("href=\"/incidents/2\"") && page.contains("/incidents?resource=service/nas/2"),
        "{page}"
    );
    let search = anna.get("/search?q=reason+3").await.text();
    assert!(
        search.contains("href=\"/incidents/3\"") && !search.contains("href=\"/incidents/2\""),
        "{search}"
    );
    for n in 1..=4 {
        mend(&hub, &format!("service/nas/{n}")).await;
    }
    let home = anna.get("/").await.text();
    assert!(home.contains("All well:") && !home.contains("<a href=\"/incidents/"), "{home}");
    let page = anna.get("/resources/service/nas/2").await.text();
    assert!(page.contains("It is in no open incident."), "{page}");
}

#[tokio::test]
async fn what_is_well_only_for_a_moment_is_not_called_over() {
    let hub =
        crate::support::house_with("[incidents]\nopen_after = \"0s\"\nclose_after = \"1h\"\n").start().await;
    let mut anna = hub.set_up().await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    observe(hub.ctx(), said("service/nas/1", Health::ok("It answers."))).await;
    let home = eventually("the home page says so", async || {
        let home = anna.get("/").await.text();
        home.contains("All well again:").then_some(home)
    })
    .await;
    assert!(home.contains("href=\"/incidents/1\"") && home.contains("before it is called over"), "{home}");
    let status = anna.get("/api/v1/status").await.json();
    assert_eq!((&status["health"], &status["incidents"][0]["id"]), (&"ok".into(), &1.into()), "{status}");
}

#[tokio::test]
async fn pages_that_are_open_are_told_and_nothing_is_asked() {
    let (hub, mut anna) = impatient("").await;
    let mut events = Events::open(hub.address(), &anna, None).await.unwrap();
    let stale = |topic: &'static str| {
        move |event: &crate::support::Event| {
            event.name == "stale" && event.data.split('\t').any(|one| one == topic)
        }
    };
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    events.wait_for("the page of the incident is stale", stale("incident/1")).await;
    let answer = anna.post_form("/incidents/1/note", &[("text", "Seen.")]).await;
    assert_eq!(answer.status, 303);
    events.wait_for("the note is told", stale("incident/1")).await;
    anna.post_form("/incidents/1/acknowledge", &[("until", "over")]).await;
    events.wait_for("the list is stale", stale("incidents")).await;
    anna.post_form("/silences/new", &[("matchers", "kind=lamp"), ("comment", "x"), ("until", "1h")]).await;
    events.wait_for("the silences are stale", stale("silences")).await;
}

#[tokio::test]
async fn a_large_incident_is_drawn_quickly_and_whole() {
    let (hub, mut anna) = impatient("").await;
    break_it(&hub, "host/home/shed", "The shed is dark.", &[]).await;
    for n in 0..500 {
        let service = said(&format!("service/shed/{n}"), Health::critical("Nothing listens."));
        hub.ctx().resources.observe(service.needs("host/home/shed".parse().unwrap())).await;
    }
    hub.wait_until("all are part of it", PATIENCE, |ctx| {
        open(ctx).first().is_some_and(|incident| incident.members.len() == 501)
    })
    .await;
    anna.get("/incidents/1").await;
    let begun = tokio::time::Instant::now();
    let page = anna.get("/incidents/1").await.text();
    let took = begun.elapsed();
    println!("501 resources after {took:?}, {} KiB", page.len() >> 10);
    assert!(page.contains("And 480 more") && page.contains("more</text>"), "{}", &page[..2000]);
    assert!(took < std::time::Duration::from_millis(500), "{took:?}, even without optimisation");
}

#[tokio::test]
async fn what_others_call_themselves_is_text() {
    let (hub, mut anna) = impatient("").await;
    let hostile = "<script>alert(1)</script>";
    let observation =
        said("service/nas/1", Health::critical(hostile).with_evidence(hostile).with_remedy(hostile));
    observe(hub.ctx(), observation.named(hostile)).await;
    hub.wait_until("the incident is open", PATIENCE, |ctx| !open(ctx).is_empty()).await;
    anna.post_form("/incidents/1/note", &[("text", hostile)]).await;
    for path in [
        "/",
        "/incidents",
        "/incidents/1",
        "/resources/service/nas/1",
        "/search?q=alert",
        "/silences/new?resource=%3Cscript%3E",
    ] {
        let page = anna.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text().contains("<script>") || !page.text().contains("<script>alert"), "{path}");
        assert!(page.text().contains("&lt;script&gt;"), "{path} does not show it");
    }
}

#[tokio::test]
async fn without_a_login_and_without_the_scope_nothing_is_shown_or_done() {
    let hub = house().start().await;
    hub.set_up().await;
    for path in ["/incidents", "/incidents/1", "/silences", "/silences/new", "/incidents/quiet"] {
        assert_eq!(hub.client().get(path).await.status, 303, "{path}");
    }
    for path in ["/api/v1/incidents", "/api/v1/incidents/1", "/api/v1/silences"] {
        assert_eq!(hub.client().get(path).await.status, 401, "{path}");
    }
}
