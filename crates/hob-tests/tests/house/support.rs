//! What several journeys need.

mod events;
mod picture;

pub(crate) use events::{Event, Events};
pub(crate) use picture::png;

use hob_base::{Health, Level, Observation, Resource, ResourceId};
use hob_feature::Ctx;
use hob_testkit::client::Client;
use hob_testkit::fake_service::FakeService;
use hob_testkit::hub::{TestHub, TestHubBuilder};
use hob_web::HubOptions;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Long enough for a loaded machine; a test that waits this long fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An id from its text.
pub(crate) fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

/// What the source `test` says of a resource; it holds for a minute.
pub(crate) fn said(resource: &str, health: Health) -> Observation {
    Observation::new("test", id(resource), Duration::from_secs(60)).judged(health)
}

/// The resource as pages and API show it.
pub(crate) fn shown(ctx: &Ctx, resource: &str) -> Option<Arc<Resource>> {
    ctx.resources.get(&id(resource))
}

/// The health that is shown.
pub(crate) fn level(ctx: &Ctx, resource: &str) -> Option<Level> {
    shown(ctx, resource).map(|resource| resource.health.level)
}

/// Says something and waits until it is shown.
pub(crate) async fn observe(ctx: &Ctx, observation: Observation) {
    ctx.resources.observe(observation).await;
    ctx.resources.settle().await;
}

/// Every recorded change of one resource, oldest first: the level and when.
pub(crate) async fn transitions(ctx: &Ctx, resource: &str) -> Vec<(i64, Level)> {
    let newest_first = ctx.resources.transitions(Some(&id(resource)), 10_000).await.unwrap();
    newest_first.iter().rev().map(|transition| (transition.at.millis(), transition.to)).collect()
}

/// The levels of [`transitions`].
pub(crate) async fn levels(ctx: &Ctx, resource: &str) -> Vec<Level> {
    transitions(ctx, resource).await.into_iter().map(|(_, level)| level).collect()
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a hub is started with where [`TestHub`] does not let a test choose.
pub(crate) fn options(data: &Path, listen: &str) -> HubOptions {
    HubOptions {
        features: &[],
        config: hob_feature::Config::empty(),
        data: data.to_owned(),
        listen: listen.parse().unwrap(),
        database: hob_db::Location::File(data.join("hob.db")),
        clock: hob_base::Clock::system(),
        zone: jiff::tz::TimeZone::UTC,
        hostname: "nas".to_owned(),
    }
}

/// Settings under which the hub knows only what the test tells it: not the machine on which the test runs, nor what
/// else listens there.
pub(crate) const QUIET: &str = "[hosts]\nenabled = false\n[services]\nenabled = false\n";

/// The whole house, knowing only what the test tells it.
pub(crate) fn house() -> TestHubBuilder {
    house_with("")
}

/// The same with more settings.
pub(crate) fn house_with(config: &str) -> TestHubBuilder {
    TestHub::with(hob::FEATURES).config(&format!("{QUIET}{config}"))
}

/// Services as the owner writes them down, asked every second.
pub(crate) fn services(list: &[(&str, &FakeService)]) -> String {
    let mut text = String::new();
    for (name, service) in list {
        let url = service.url();
        writeln!(
            text,
            "[[service]]\nname = \"{name}\"\nurl = \"{url}/\"\ninterval = \"1s\"\ntimeout = \"2s\""
        )
        .unwrap();
    }
    text
}

/// The resources that the API tells, by id.
pub(crate) async fn told(client: &mut Client, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/v1/resources{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["resources"].as_array().unwrap().clone()
}

/// A new API token, made by an administrator through the API.
pub(crate) async fn token(hub: &TestHub, admin: &Client, scope: &str) -> Client {
    let body = serde_json::json!({ "name": format!("a {scope} token"), "scope": scope });
    let origin = format!("http://{}", hub.address());
    let answer = admin.clone().with("origin", &origin).post_json("/api/v1/tokens", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    hub.client().bearer(answer.json()["token"].as_str().unwrap())
}
