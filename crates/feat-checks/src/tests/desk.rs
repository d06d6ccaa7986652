//! Making, changing and deleting checks on the page of a whole hub.

use crate::FEATURE;
use crate::model::definition::CheckDefinition;
use hob_base::{Level, ResourceId};
use hob_feature::Feature;
use hob_feature::checks::{CheckSpec, CheckTarget};
use hob_testkit::client::Client;
use hob_testkit::fake_service::FakeService;
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::{TestHub, TestHubBuilder};
use std::time::Duration;

static FEATURES: [Feature; 2] = [FEATURE, FAKE];

/// Recognises a token by the scope that it is called.
const FAKE: Feature = Feature { gate: Some(BY_SCOPE), ..Feature::new("fake", "Fake") };

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn hub() -> TestHubBuilder {
    TestHub::with(&FEATURES)
}

pub(super) fn who(hub: &TestHub, scope: &str) -> Client {
    hub.client().bearer(scope)
}

pub(super) fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

pub(super) async fn until(hub: &TestHub, resource: &str, wanted: Option<Level>) {
    let resource = id(resource);
    let level =
        |ctx: &hob_feature::Ctx| ctx.resources.get(&resource).filter(|r| r.judged).map(|r| r.health.level);
    hub.wait_until(&format!("{resource} is {wanted:?}"), PATIENCE, |ctx| level(ctx) == wanted).await;
}

#[tokio::test]
async fn a_check_is_made_seen_to_fail_edited_paused_and_deleted() {
    let (hub, photos) = (hub().start().await, FakeService::start().await);
    let mut anna = who(&hub, "write");
    assert!(anna.get("/checks").await.text().contains("Nothing is checked yet."));
    assert!(anna.get("/checks/new").await.text().contains("/checks/new?kind=postgres"));
    let form = anna.get("/checks/new?kind=http").await.text();
    assert!(
        form.contains("name=\"expect_json\"") && !form.contains("name=\"container\""),
        "only its own fields"
    );

    let url = photos.url();
    let fields = [
        ("kind", "http"),
        ("url", &*url),
        ("name", "Photos"),
        ("interval", "1s"),
        ("timeout", "1s"),
        ("failures", "1"),
    ];
    let made = anna.post_form("/checks/new", &fields).await;
    assert_eq!(
        (made.status.as_u16(), made.header("location")),
        (303, "/checks/photos?said=made"),
        "{}",
        made.text()
    );
    until(&hub, "service/added/photos", Some(Level::Ok)).await;
    photos.stop().await;
    until(&hub, "service/added/photos", Some(Level::Critical)).await;
    let list = anna.get("/checks?health=critical").await.text();
    assert!(list.contains("Photos") && list.contains("Nothing listens"), "{list}");
    photos.restart().await;
    until(&hub, "service/added/photos", Some(Level::Ok)).await;

    let changed = anna
        .post_form("/checks/photos", &[("url", &*url), ("name", "Pictures"), ("expect_text", "Welcome home")])
        .await;
    assert_eq!(changed.header("location"), "/checks/photos?said=saved", "{}", changed.text());
    until(&hub, "service/added/photos", Some(Level::Critical)).await;
    assert!(
        anna.get("/checks").await.text().contains("Pictures"),
        "its resource keeps its id and gets its name"
    );

    let paused = anna.post_form("/checks/photos/pause", &[("back", "/checks?q=pic")]).await;
    assert_eq!(paused.header("location"), "/checks?q=pic");
    hub.wait_until("it is gone", PATIENCE, |ctx| ctx.resources.get(&id("service/added/photos")).is_none())
        .await;
    let list = anna.get("/checks?health=paused").await.text();
    assert!(list.contains("Pictures") && list.contains("/checks/photos/resume"));
    let saved = anna.post_form("/checks/photos", &[("url", &*url), ("name", "Pictures")]).await;
    assert_eq!(saved.status, 303);
    assert!(anna.get("/checks/photos").await.text().contains("(paused)"), "saving does not resume it");
    anna.post_form("/checks/photos/resume", &[("back", "https://elsewhere.example/")]).await;
    until(&hub, "service/added/photos", Some(Level::Ok)).await;

    let hub = hub.stop().await.start().await;
    let mut anna = who(&hub, "write");
    until(&hub, "service/added/photos", Some(Level::Ok)).await;
    assert!(anna.get("/checks/photos/delete").await.text().contains("Delete “Pictures”?"));
    assert_eq!(anna.post_form("/checks/photos/delete", &[]).await.header("location"), "/checks?said=deleted");
    hub.wait_until("it is gone", PATIENCE, |ctx| ctx.resources.get(&id("service/added/photos")).is_none())
        .await;
    assert_eq!(anna.get("/checks/photos").await.status, 404);
}

#[tokio::test]
async fn mistakes_stand_beside_their_fields_and_nothing_typed_is_lost() {
    let hub = hub().start().await;
    let mut anna = who(&hub, "write");
    let fields = [
        ("kind", "http"),
        ("url", "nas"),
        ("name", "<b>Photos</b>"),
        ("interval", "often"),
        ("login", "basic"),
        ("user", "me"),
        ("password", "typed \"once\""),
        ("expect_json", "status"),
        ("secret_name_1", "X-Key"),
        ("secret_value_1", "k3y"),
    ];
    let answer = anna.post_form("/checks/new", &fields).await;
    assert_eq!(answer.status, 422);
    let page = answer.text();
    for words in [
        "3 entries have to be put right",
        "It does not begin with http:// or https://",
        "Write a number and a unit",
        "value=\"often\"",
        "value=\"typed &quot;once&quot;\"",
        "value=\"&lt;b&gt;Photos",
        "value=\"k3y\"",
        "id=\"more\" open",
        "aria-invalid=\"true\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(anna.get("/checks").await.text().contains("Nothing is checked yet."));
    assert_eq!(anna.post_form("/checks/new", &[("kind", "nonsense")]).await.status, 404);
}

#[tokio::test]
async fn a_check_is_tried_before_it_is_kept() {
    let (hub, photos) = (hub().start().await, FakeService::start().await);
    let mut anna = who(&hub, "write");
    let url = photos.url();
    let fields =
        [("kind", "http"), ("url", &*url), ("name", "Photos"), ("only", "Mon 00:00-00:01"), ("do", "try")];
    let tried = anna.post_form("/checks/new", &fields).await;
    assert_eq!(tried.status, 200);
    assert!(
        tried.text().contains("Answers with 200 OK.") && tried.text().contains("Nothing is saved yet"),
        "{}",
        tried.text()
    );
    assert_eq!(photos.requests().len(), 1);
    photos.stop().await;
    let tried = anna.post_form("/checks/new", &fields).await.text();
    assert!(tried.contains("Nothing listens") && tried.contains("value=\"Photos\""), "{tried}");
    assert!(anna.get("/checks").await.text().contains("Nothing is checked yet."));
}

#[tokio::test]
async fn secrets_are_sent_and_never_shown() {
    let (hub, photos) = (hub().start().await, FakeService::start().await);
    let mut anna = who(&hub, "write");
    let url = photos.url();
    let fields = [
        ("kind", "http"),
        ("url", &*url),
        ("name", "Photos"),
        ("login", "bearer"),
        ("token", "hunter2"),
        ("secret_name_0", "X-Key"),
        ("secret_value_0", "s3cret"),
    ];
    assert_eq!(anna.post_form("/checks/new", &fields).await.status, 303);
    until(&hub, "service/added/photos", Some(Level::Ok)).await;
    let asked = photos.requests();
    assert_eq!(asked[0].header("authorization"), Some("Bearer hunter2"));
    assert_eq!(asked[0].header("x-key"), Some("s3cret"));
    let form = anna.get("/checks/photos").await.text();
    assert!(form.contains("kept; type to replace") && !form.contains("hunter2") && !form.contains("s3cret"));
    let api = anna.get("/api/v1/checks/photos").await.text();
    assert!(!api.contains("hunter2") && !api.contains("sealed"), "{api}");
    let file = std::fs::read(hub.data().join("hob.db")).unwrap();
    assert!(!file.windows(7).any(|bytes| bytes == b"hunter2"), "it is sealed in the database");

    // A copy keeps them as well, but not for somebody else's server.
    let copy = anna.get("/checks/new?from=photos").await.text();
    assert!(copy.contains("Photos (copy)") && copy.contains("name=\"from\" value=\"photos\""));
    let thief = [
        ("kind", "http"),
        ("from", "photos"),
        ("url", "http://127.0.0.1:9/"),
        ("name", "Copy"),
        ("login", "bearer"),
    ];
    let refused = anna.post_form("/checks/new", &thief).await;
    assert!(refused.status == 422 && refused.text().contains("sent somewhere else"), "{}", refused.text());
    let fields =
        [("kind", "http"), ("from", "photos"), ("url", &*url), ("name", "Copy"), ("login", "bearer")];
    photos.clear_requests();
    assert_eq!(anna.post_form("/checks/new", &fields).await.status, 303);
    until(&hub, "service/added/copy", Some(Level::Ok)).await;
    assert!(
        photos.requests().iter().any(|request| request.header("x-key").is_none()),
        "a header without a name is dropped"
    );
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let hub =
        hub().config("[[service]]\nname = \"From the file\"\nurl = \"tcp://127.0.0.1:9\"\n").start().await;
    let mut anna = who(&hub, "write");
    anna.post_form("/checks/new", &[("kind", "tcp"), ("host", "127.0.0.1"), ("port", "9"), ("name", "Mine")])
        .await;
    let mut guest = who(&hub, "read");
    hub.wait_until("both are there", PATIENCE, |ctx| ctx.checks.all().len() == 2).await;
    let list = guest.get("/checks").await.text();
    assert!(
        list.contains("Mine") && list.contains("hob.toml, line 1") && !list.contains("/checks/new"),
        "{list}"
    );
    assert!(!list.contains("/checks/mine"), "{list}");
    for path in ["/checks/new", "/checks/mine", "/checks/mine/delete", "/checks/import"] {
        assert_eq!(guest.get(path).await.status, 403, "{path}");
    }
    for path in [
        "/checks/new",
        "/checks/mine",
        "/checks/mine/pause",
        "/checks/mine/delete",
        "/checks/import",
        "/checks/import/take",
    ] {
        assert_eq!(guest.post_form(path, &[]).await.status, 403, "{path}");
    }
    assert_eq!(anna.post_form("/checks/override/service/config/from-the-file", &[]).await.status, 409);
    assert_eq!(anna.post_form("/checks/override/service/added/mine", &[]).await.status, 409);
}

#[tokio::test]
async fn a_found_check_is_adjusted_and_paused() {
    let (hub, web) = (hub().start().await, FakeService::start().await);
    let mut anna = who(&hub, "write");
    let found = id("service/nas/3000");
    let spec = CheckSpec::new(found.clone(), CheckTarget::found(web.url()), Duration::from_secs(3600));
    hub.ctx().checks.publish("test", vec![spec]);
    until(&hub, "service/nas/3000", Some(Level::Ok)).await;
    let path = "/checks/override/service/nas/3000";
    assert!(anna.get("/checks").await.text().contains(path));
    assert!(anna.get(path).await.text().contains("Empty: 1h."));
    let wrong = anna.post_form(path, &[("interval", "0s"), ("timeout", "soon"), ("failures", "x")]).await;
    assert_eq!(wrong.status, 422);
    for words in [
        "It must be from 1 second",
        "Write a number and a unit",
        "It must be from 1 to 100",
        "value=\"soon\"",
    ] {
        assert!(wrong.text().contains(words), "{words}: {}", wrong.text());
    }
    assert_eq!(anna.post_form(path, &[("interval", "1s"), ("failures", "1")]).await.status, 303);
    web.stop().await;
    until(&hub, "service/nas/3000", Some(Level::Critical)).await;
    assert!(anna.get("/checks").await.text().contains("adjusted"));

    let hub = hub.stop().await.start().await;
    let mut anna = who(&hub, "write");
    let spec = CheckSpec::new(found.clone(), CheckTarget::found(web.url()), Duration::from_secs(3600));
    hub.ctx().checks.publish("test", vec![spec]);
    web.restart().await;
    until(&hub, "service/nas/3000", Some(Level::Ok)).await;
    assert_eq!(anna.post_form(path, &[("paused", "yes")]).await.status, 303);
    hub.wait_until("it is not probed", PATIENCE, |ctx| ctx.resources.get(&found).is_none()).await;
    assert!(
        anna.get("/checks?health=paused").await.text().contains("service/nas/3000")
            || anna.get("/checks?health=paused").await.text().contains("3000")
    );
    assert_eq!(anna.post_form(path, &[]).await.status, 303);
    until(&hub, "service/nas/3000", Some(Level::Ok)).await;
}

#[tokio::test]
async fn two_thousand_checks_are_drawn_and_changed_quickly() {
    let hub = hub().start().await;
    let mut anna = who(&hub, "write");
    let many: Vec<CheckDefinition> = (0..2000)
        .map(|n| CheckDefinition {
            every: Duration::from_secs(86_400),
            enabled: n % 2 == 0,
            ..CheckDefinition::new(format!("Service {n:04}"), CheckTarget::tcp("127.0.0.1", 9))
        })
        .collect();
    crate::added::add(hub.ctx(), many).await.unwrap();
    hub.wait_until("they are published", PATIENCE, |ctx| ctx.checks.all().len() == 1000).await;
    let begun = hub.ctx().clock.monotonic();
    let page = anna.get("/checks?page=3").await;
    let took = hub.ctx().clock.monotonic() - begun;
    let html = page.text();
    assert!(html.contains("2000 checks, 601 to 800") && html.contains("Page 4 of 10"), "{html:.3000}");
    assert_eq!(html.matches("<tr>").count(), 201);
    // A debug build on a busy machine; what is released is at least five times as fast.
    assert!(took < Duration::from_millis(500), "{took:?}");
    let packed = anna
        .send(http::Method::GET, "/checks", &[("accept-encoding", "br, gzip")], bytes::Bytes::new())
        .await;
    assert!(
        packed.body.len() < 200_000 && !packed.header("content-encoding").is_empty(),
        "{}",
        packed.body.len()
    );
    assert!(anna.get("/checks?q=1999").await.text().contains("1 check."));

    let begun = hub.ctx().clock.monotonic();
    assert_eq!(anna.post_form("/checks/service-0001/resume", &[]).await.status, 303);
    let took = hub.ctx().clock.monotonic() - begun;
    assert!(took < Duration::from_millis(500), "{took:?}");
    hub.wait_until("it is published", PATIENCE, |ctx| {
        ctx.checks.find(&id("service/added/service-0001")).is_some()
    })
    .await;
}
