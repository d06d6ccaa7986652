//! The same house on PostgreSQL.

use crate::support::{PATIENCE, QUIET, levels, observe, said, services, told};
use hob_base::Health;
use hob_base::Level::{Critical, Ok as Well};
use hob_testkit::browser::required;
use hob_testkit::fake_service::FakeService;
use hob_testkit::hub::{TestHub, TestHubBuilder, postgres};

/// A house on an empty PostgreSQL database. In CI there must be a server.
async fn house(config: &str) -> Option<TestHubBuilder> {
    let Some(database) = postgres().await else {
        assert!(!required(), "HOB_TEST_POSTGRES names no server");
        eprintln!("skipped: HOB_TEST_POSTGRES names no server");
        return None;
    };
    Some(TestHub::with(hob::FEATURES).config(&format!("{QUIET}{config}")).database(database))
}

#[tokio::test]
async fn a_house_on_postgresql_sets_up_watches_and_remembers() {
    let photos = FakeService::start().await;
    let Some(house) = house(&services(&[("Photos", &photos)])).await else { return };
    let hub = house.start().await;
    let mut anna = hub.set_up().await;
    let is = |wanted| {
        move |ctx: &hob_feature::Ctx| crate::support::level(ctx, "service/config/photos") == Some(wanted)
    };
    hub.wait_until("it is well", PATIENCE, is(Well)).await;
    photos.stop().await;
    hub.wait_until("it is critical", PATIENCE, is(Critical)).await;
    photos.restart().await;
    hub.wait_until("it is well again", PATIENCE, is(Well)).await;
    anna.post_form("/tiles/service/config/photos", &[("name", "Pictures"), ("group", "Family")]).await;

    let hub = hub.stop().await.start().await;
    assert_eq!(levels(hub.ctx(), "service/config/photos").await, [Well, Critical, Well]);
    let home = anna.get("/").await;
    assert_eq!(home.status, 200, "the login survived");
    assert!(home.text().contains("Pictures") && home.text().contains("<h2>Family</h2>"));
    assert_eq!(told(&mut anna, "?kind=service").await[0]["name"], "Pictures");
}

#[tokio::test]
async fn a_burst_is_taken_in_whole_on_postgresql_too() {
    let Some(house) = house("").await else { return };
    let hub = house.start().await;
    for n in 0..500 {
        hub.ctx().resources.observe(said(&format!("lamp/home/{n}"), Health::ok("It shines."))).await;
        let door = if n % 2 == 0 { Health::ok("It is closed.") } else { Health::critical("It is open.") };
        hub.ctx().resources.observe(said("door/home/front", door)).await;
    }
    hub.ctx().resources.settle().await;
    let hub = hub.stop().await.start().await;
    assert_eq!(hub.ctx().resources.of_kind("lamp").len(), 500);
    assert_eq!(levels(hub.ctx(), "door/home/front").await.len(), 500);
}

#[tokio::test]
async fn pages_tokens_and_refusals_are_the_same_on_postgresql() {
    let Some(house) = house("").await else { return };
    let hub = house.start().await;
    let mut anna = hub.set_up().await;
    observe(hub.ctx(), said("door/home/front", Health::critical("The door is open."))).await;
    for path in crate::answers::all_pages() {
        assert_eq!(anna.get(path).await.status, 200, "{path}");
    }
    let mut read = crate::support::token(&hub, &anna, "read").await;
    assert_eq!(read.get("/api/v1/status").await.json()["health"], "critical");
    assert_eq!(read.get("/api/v1/users").await.status, 403);
    assert!(hub.client().get("/metrics").await.text().ends_with("# EOF\n"));
}
