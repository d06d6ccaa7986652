//! What the tests share: a hub, its clock, and jobs in it.

use crate::book::Job;
use crate::desk::{Desk, desk};
use crate::model::definition::{Definition, Origin, read_schedule};
use crate::model::judge::resource_of;
use hob_base::{Clock, Resource, Timestamp};
use hob_feature::{Ctx, Feature};
use hob_testkit::client::{Answer, Client};
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::{TestHub, TestHubBuilder, postgres};
use http::Method;
use recurrence::Length;
use std::sync::Arc;
use std::time::Duration;

/// 15 January 2027, 08:00 in UTC.
pub(super) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How long a test waits for what happens in the background.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

const FEATURES: &[Feature] =
    &[crate::FEATURE, Feature { gate: Some(BY_SCOPE), ..Feature::new("gate", "Gate") }];

/// A hub whose clock stands still.
pub(super) fn hub() -> TestHubBuilder {
    TestHub::with(FEATURES).clock(Clock::fake(START))
}

/// The same on both databases, where there are both.
pub(super) async fn everywhere() -> Vec<TestHubBuilder> {
    let mut all = vec![hub()];
    all.extend(postgres().await.map(|location| hub().database(location)));
    all
}

pub(super) async fn desk_of(hub: &TestHub) -> Arc<Desk> {
    desk(hub.ctx()).await.unwrap()
}

/// Makes a job.
pub(super) async fn job(hub: &TestHub, slug: &str, schedule: &str, grace: &str) -> Job {
    make(hub, Definition { name: slug.to_owned(), slug: slug.to_owned(), ..definition(schedule, grace) })
        .await
}

pub(super) fn definition(schedule: &str, grace: &str) -> Definition {
    Definition {
        schedule: read_schedule(schedule).unwrap(),
        grace: Length::parse(grace).unwrap(),
        origin: Origin::Page,
        ..Definition::default()
    }
}

pub(super) async fn make(hub: &TestHub, definition: Definition) -> Job {
    desk_of(hub).await.add(hub.ctx(), definition, None).await.unwrap()
}

/// The job as it is now.
pub(super) async fn now_of(hub: &TestHub, handle: &str) -> Job {
    desk_of(hub).await.find(handle).unwrap()
}

pub(super) async fn key_of(hub: &TestHub) -> String {
    desk_of(hub).await.read(|book| book.key()).unwrap().to_string()
}

/// Any request to the door, without a token.
pub(super) async fn send(hub: &TestHub, method: Method, path: &str, body: &[u8]) -> Answer {
    hub.client().send(method, path, &[], bytes::Bytes::copy_from_slice(body)).await
}

/// A ping that is taken.
pub(super) async fn ping(hub: &TestHub, path: &str) {
    let answer = send(hub, Method::GET, path, b"").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "OK"), "{path}");
}

/// Somebody in front of a browser.
pub(super) fn browser(hub: &TestHub, scope: &str) -> Client {
    hub.client().with("cookie", &format!("hob={scope}"))
}

/// The resource of a job.
pub(super) fn resource(ctx: &Ctx, handle: &str) -> Option<Arc<Resource>> {
    ctx.resources.get(&resource_of(handle))
}

/// Lets time pass in steps in which the watch can look.
pub(super) async fn pass(hub: &TestHub, time: Duration) {
    let steps = time.as_secs().div_ceil(10).clamp(1, 400);
    let step = time / u32::try_from(steps).unwrap();
    for _ in 0..steps {
        hub.ctx().clock.advance(step);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    hub.ctx().resources.settle().await;
}

/// Waits until the house knows a job so.
pub(super) async fn until_told(hub: &TestHub, handle: &str, reason: &str) {
    hub.wait_until(reason, PATIENCE, |ctx| {
        resource(ctx, handle).is_some_and(|resource| resource.health.reason.contains(reason))
    })
    .await;
}
