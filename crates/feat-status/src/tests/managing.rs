//! Making, changing and deleting pages.

use super::house::{HOUR, hub, make_page, say, who};
use hob_base::{Health, Observation};

#[tokio::test]
async fn addresses_are_checked_and_taken_once() {
    let hub = hub().start().await;
    let mut anna = who(&hub, "write");
    let path = make_page(&hub, "Our Family!", &[]).await;
    assert_eq!(hub.client().get("/status/our-family").await.status, 200);
    for (form, problem) in [
        ([("title", "Again"), ("slug", "our-family")], "Another page is at /status/our-family already"),
        ([("title", "Again"), ("slug", "../etc")], "letters from a to z"),
        ([("title", "  "), ("slug", "x")], "Write a few words here."),
    ] {
        let answer = anna.post_form("/status-pages", &form).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(problem), "{}", answer.text());
    }
    let moved = anna.post_form(&path, &[("title", "Family"), ("slug", "home"), ("reasons", "yes")]).await;
    assert_eq!(moved.status, 303);
    assert_eq!(hub.client().get("/status/our-family").await.status, 404);
    assert_eq!(hub.client().get("/status/home").await.status, 200);
    let form = anna.get(&path).await.text();
    assert!(form.contains("value=\"home\"") && form.contains("value=\"yes\" checked"), "{form}");
    hub.stop().await;
}

#[tokio::test]
async fn resources_are_found_among_thousands_named_ordered_and_taken_off() {
    let hub = hub().start().await;
    for n in 0..2000 {
        let id = hob_base::ResourceId::new("service", "nas", &n.to_string());
        let name = format!("Service {n}");
        hub.ctx()
            .resources
            .observe(Observation::new("t", id, HOUR).named(name).judged(Health::ok("x")))
            .await;
    }
    hub.ctx().resources.settle().await;
    let mut anna = who(&hub, "write");
    let path =
        make_page(&hub, "Family", &[("service/nas/7", "A", "Seven"), ("service/nas/8", "B", "Eight")]).await;
    let page = anna.get(&format!("{path}?q=1234")).await.text();
    assert!(
        page.contains("service/nas/1234") && !page.contains("service/nas/1235"),
        "only what was searched for"
    );
    let whole = anna.get(&path).await.text();
    assert!(whole.contains("The first 50 of 1998") && whole.len() < 100_000, "{}", whole.len());

    let none = anna.post_form(&format!("{path}/add"), &[("name-0", "x"), ("q", "1234")]).await;
    assert!(none.status == 422 && none.text().contains("Tick at least one"), "{}", none.text());
    assert!(none.text().contains("service/nas/1234"), "what was searched for is still there");
    let unnamed =
        anna.post_form(&format!("{path}/add"), &[("pick-3", "service/nas/9"), ("name-3", " ")]).await;
    assert!(unnamed.status == 422 && unnamed.text().contains("needs a name that everybody may know"));

    let form = [
        ("id-0", "service/nas/7"),
        ("name-0", "Sieben"),
        ("group-0", ""),
        ("position-0", "2"),
        ("id-1", "service/nas/8"),
        ("name-1", "Acht"),
        ("group-1", "C"),
        ("position-1", "1"),
    ];
    assert_eq!(anna.post_form(&format!("{path}/entries"), &form).await.status, 303);
    let seen = hub.client().get("/status/family").await.text();
    assert!(seen.find("Acht").unwrap() < seen.find("Sieben").unwrap(), "{seen}");
    let form = [
        ("id-0", "service/nas/8"),
        ("name-0", "Acht"),
        ("group-0", ""),
        ("position-0", "1"),
        ("remove-0", "yes"),
    ];
    assert_eq!(anna.post_form(&format!("{path}/entries"), &form).await.status, 303);
    let seen = hub.client().get("/status/family").await.text();
    assert!(!seen.contains("Acht") && seen.contains("Sieben"), "what was not in the form stays");
    hub.stop().await;
}

#[tokio::test]
async fn deleting_asks_first_and_reading_does_not_change() {
    let hub = hub().start().await;
    let path = make_page(&hub, "Family", &[]).await;
    let (mut anna, mut ben) = (who(&hub, "write"), who(&hub, "read"));
    for path in [path.clone(), format!("{path}/delete"), "/status-pages/new".to_owned()] {
        assert_eq!(ben.get(&path).await.status, 403, "{path}");
    }
    assert_eq!(ben.post_form(&format!("{path}/delete"), &[]).await.status, 403);
    assert!(ben.get("/status-pages").await.text().contains("/status/family"));
    assert!(!ben.get("/status-pages").await.text().contains("Make a page"));
    assert!(anna.get(&format!("{path}/delete")).await.text().contains("Delete “Family”?"));
    assert_eq!(hub.client().get("/status/family").await.status, 200);
    assert_eq!(anna.post_form(&format!("{path}/delete"), &[]).await.status, 303);
    for gone in ["/status/family", "/status/family/badge.svg", "/status/family/feed.atom"] {
        assert_eq!(hub.client().get(gone).await.status, 404, "{gone}");
    }
    assert!(anna.get("/status-pages?said=deleted").await.text().contains("The page is deleted."));
    hub.stop().await;
}

#[tokio::test]
async fn announcements_are_shown_until_they_end() {
    let hub = hub().start().await;
    say(&hub, "service/nas/1", "x", Health::ok("x")).await;
    let path = make_page(&hub, "Family", &[("service/nas/1", "", "Photos")]).await;
    let mut anna = who(&hub, "write");
    let action = format!("{path}/announcements");
    for (field, value, problem) in [
        ("said-title", "", "Write a few words here."),
        ("from", "tomorrow", "This is not a time"),
        ("to", "2020-01-01T00:00", "It must end after it begins."),
    ] {
        let mut form = vec![("said-title", "Move"), ("said-text", "kept text")];
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let answer = anna.post_form(&action, &form).await;
        assert!(answer.status == 422 && answer.text().contains(problem), "{field}: {}", answer.text());
        assert!(answer.text().contains("kept text"), "what was entered is not lost");
    }
    let form = [
        ("said-title", "<b>Move"),
        ("said-text", "One\n\nTwo"),
        ("planned", "yes"),
        ("to", "2026-11-24T08:00"),
    ];
    assert_eq!(anna.post_form(&action, &form).await.status, 303);
    let seen = hub.client().get("/status/family").await.text();
    assert!(seen.contains("<h2>&lt;b&gt;Move</h2><p>One</p><p>Two</p>"), "{seen}");
    let edit = anna.get(&path).await.text();
    let end = edit.split('"').find(|part| part.ends_with("/end")).unwrap().to_owned();
    assert_eq!(anna.post_form(&end, &[]).await.status, 303);
    assert_eq!(anna.post_form(&end, &[]).await.status, 409, "it is over");
    let seen = hub.client().get("/status/family").await.text();
    assert!(
        !seen.contains("<h2>&lt;b&gt;Move</h2>") && seen.contains("&lt;b&gt;Move"),
        "told among what happened"
    );
    assert_eq!(anna.post_form(&end.replace("/end", "/delete"), &[]).await.status, 303);
    assert!(!hub.client().get("/status/family").await.text().contains("Move"));
    hub.stop().await;
}
