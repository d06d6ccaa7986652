//! Services that are found by themselves.

use crate::support::{PATIENCE, eventually, id, level, levels, shown, told};
use hob_base::Level::{Critical, Ok as Well};
use hob_base::resource::Word;
use hob_testkit::fake_service::{Behaviour, FakeService};
use hob_testkit::hub::{TestHub, TestHubBuilder};

/// A house that looks for what listens on this machine, and leaves the machine itself alone.
fn house() -> TestHubBuilder {
    TestHub::with(hob::FEATURES).config("[hosts]\nenabled = false\n[services]\ninterval = \"1s\"\n")
}

fn service(port: u16) -> String {
    format!("service/nas/{port}")
}

#[tokio::test]
async fn a_service_that_starts_appears_by_itself_with_its_title_and_is_checked() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let grafana = FakeService::start().await;
    grafana.set(Behaviour::page("Grafana"));
    let id = service(grafana.port());
    hub.wait_until("it was found and is well", PATIENCE, |ctx| level(ctx, &id) == Some(Well)).await;
    let told_now = told(&mut anna, &format!("?kind=service&q={}", grafana.port())).await;
    let found = told_now.iter().find(|found| found["id"] == id.as_str()).unwrap();
    assert_eq!(
        (&found["name"], &found["facts"]["port"]),
        (&"Grafana".into(), &grafana.port().into()),
        "{found}"
    );
    assert!(anna.get("/").await.text().contains("Grafana"));
    assert!(grafana.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn a_found_service_that_stops_is_missed_and_comes_back() {
    let hub = house().start().await;
    let wiki = FakeService::start().await;
    wiki.set(Behaviour::page("Wiki"));
    let id = service(wiki.port());
    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, &id) == Some(Well)).await;
    wiki.stop().await;
    hub.wait_until("it is missed", PATIENCE, |ctx| level(ctx, &id) == Some(Critical)).await;
    let missed = shown(hub.ctx(), &id).unwrap();
    assert!(missed.health.reason.ends_with('.'), "{}", missed.health.reason);

    // Over a restart it is still missed: nothing listens, so only memory knows of it.
    let hub = hub.stop().await.start().await;
    assert_eq!(level(hub.ctx(), &id), Some(Critical));
    wiki.restart().await;
    hub.wait_until("it is well again", PATIENCE, |ctx| level(ctx, &id) == Some(Well)).await;
    assert_eq!(levels(hub.ctx(), &id).await, [Well, Critical, Well]);
}

#[tokio::test]
async fn what_speaks_no_http_is_a_port_and_no_tile() {
    let ssh = FakeService::start().await;
    ssh.set(Behaviour::Banner("SSH-2.0-OpenSSH_9.6\r\n".to_owned()));
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let id = format!("port/nas/{}", ssh.port());
    hub.wait_until("the port is known", PATIENCE, |ctx| shown(ctx, &id).is_some()).await;
    assert!(shown(hub.ctx(), &service(ssh.port())).is_none());
    assert!(anna.get("/").await.text().contains(&format!("/resources/{id}")), "under the other ports");
}

#[tokio::test]
async fn the_hub_does_not_find_itself() {
    let wiki = FakeService::start().await;
    let hub = house().start().await;
    hub.wait_until("another was found", PATIENCE, |ctx| shown(ctx, &service(wiki.port())).is_some()).await;
    let own = hub.address().port();
    for kind in ["service", "port"] {
        assert!(shown(hub.ctx(), &format!("{kind}/nas/{own}")).is_none(), "{kind}");
    }
}

#[tokio::test]
async fn titles_and_icons_of_found_services_are_shown_but_never_run() {
    let (script, icon) = (FakeService::start().await, FakeService::start().await);
    script.set(Behaviour::ScriptTitle);
    icon.set(Behaviour::Page {
        title: "Icon".to_owned(),
        status: 200,
        icon: Some(crate::support::png([200, 60, 20])),
    });
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    hub.wait_until("both were found", PATIENCE, |ctx| {
        [&script, &icon].iter().all(|one| level(ctx, &service(one.port())) == Some(Well))
    })
    .await;
    let home = eventually("the icon has been fetched", async || {
        let home = anna.get("/").await.text();
        home.contains("/services/icon/").then_some(home)
    })
    .await;
    assert!(!home.contains("<script>alert") && home.contains("&lt;script&gt;"), "{home}");
    let path = home.split('"').find(|part| part.starts_with("/services/icon/")).unwrap().to_owned();
    let picture = anna.get(&path).await;
    assert_eq!((picture.status.as_u16(), picture.header("x-content-type-options")), (200, "nosniff"));
    assert!(picture.header("content-type").starts_with("image/"), "{}", picture.header("content-type"));
    assert_eq!(hub.client().get(&path).await.status, 303, "only for who is logged in");
}

#[tokio::test]
async fn a_port_that_the_file_says_to_ignore_is_left_alone() {
    let (seen, ignored) = (FakeService::start().await, FakeService::start().await);
    let config = format!("[hosts]\nenabled = false\n[services]\nignore_ports = [{}]\n", ignored.port());
    let hub = TestHub::with(hob::FEATURES).config(&config).start().await;
    hub.wait_until("the other was found", PATIENCE, |ctx| level(ctx, &service(seen.port())) == Some(Well))
        .await;
    assert!(shown(hub.ctx(), &service(ignored.port())).is_none());
}

#[tokio::test]
async fn a_forgotten_service_that_is_gone_stays_forgotten() {
    let wiki = FakeService::start().await;
    let id_text = service(wiki.port());
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, &id_text) == Some(Well)).await;
    wiki.stop().await;
    for _ in 0..2 {
        hub.run_job("services.scan").await;
    }
    // The form to forget it is offered with what discovery says, not with what the check says.
    let is_gone = |word: &Word| word.health.as_ref().is_some_and(|health| health.level == Critical);
    hub.wait_until("discovery says that it is gone", PATIENCE, |ctx| {
        shown(ctx, &id_text).is_some_and(|wiki| wiki.words.get(&"services".into()).is_some_and(is_gone))
    })
    .await;
    assert_eq!(anna.post_form(&format!("/forget/{id_text}"), &[]).await.status, 303);
    // A check that was under way may speak once more; after two looks it has not come back.
    for _ in 0..2 {
        hub.run_job("services.scan").await;
    }
    eventually("it is gone", async || shown(hub.ctx(), &id_text).is_none().then_some(())).await;
    for _ in 0..2 {
        hub.run_job("services.scan").await;
    }
    assert!(hub.ctx().resources.get(&id(&id_text)).is_none(), "{:?}", shown(hub.ctx(), &id_text));
}
