//! Every page answers.

use crate::support::{house, id, observe, said};
use hob_base::{Health, ResourceId};
use hob_testkit::hub::TestHub;
use hob_web::components::resource_path;

/// Every address of the navigation, and the pages that are reached from them.
pub(crate) fn all_pages() -> Vec<&'static str> {
    let mut pages: Vec<&str> = hob::FEATURES.iter().flat_map(|f| f.nav).map(|entry| entry.path).collect();
    pages.extend([
        "/",
        "/?q=door",
        "/home/edit",
        "/home/hidden",
        "/home/links",
        "/home/walls",
        "/home/import",
        "/resources",
        "/resources?kind=host&health=ok&q=x",
        "/resources?health=bad",
        "/search?q=door",
        "/silences",
        "/silences/new",
        "/incidents/quiet",
        "/account",
        "/account/tokens",
        "/account/users",
        "/system/jobs",
    ]);
    if cfg!(debug_assertions) {
        pages.push("/design");
    }
    pages
}

/// Resources with every kind of health, and ids that are hard on addresses.
pub(crate) async fn furnish(hub: &TestHub) -> Vec<ResourceId> {
    let healths = [
        ("door/home/front", Health::ok("The door is closed.")),
        ("door/home/back", Health::critical("The door is open.").with_evidence("1").with_remedy("Close it.")),
        ("filesystem/nas//mnt/my data?#%", Health::warning("It is nearly full.")),
        ("service/nas/3000", Health::critical("Nothing listens on port 3000.")),
        ("unit/nas/ü <b>&amp;.service", Health::unknown("Nobody knows.")),
    ];
    let mut ids = Vec::new();
    for (name, health) in healths {
        let observation =
            said(name, health).fact("used_percent", 91.0).fact("title", "<script>alert(1)</script>");
        observe(hub.ctx(), observation.needs(id("host/home/nas"))).await;
        ids.push(id(name));
    }
    ids
}

#[tokio::test]
async fn every_page_answers_when_logged_in() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let ids = furnish(&hub).await;
    for path in all_pages() {
        let answer = anna.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        assert!(text.contains("<html lang=\"en\"") && text.contains("<h1"), "{path} is no whole page");
        assert!(!text.contains("<script>alert"), "{path} shows what others say as it is");
        assert!(!text.contains("/assets/missing"), "{path} names an asset that does not exist");
    }
    for resource in &ids {
        let path = resource_path(resource);
        let answer = anna.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        let reason = hub.ctx().resources.get(resource).unwrap().health.reason.clone();
        assert!(answer.text().contains(&reason), "{path} does not say why");
    }
}

#[tokio::test]
async fn every_page_leads_to_the_login_and_back_when_logged_out() {
    let hub = house().start().await;
    hub.set_up().await;
    for path in all_pages() {
        let answer = hub.client().get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            answer.header("location").starts_with("/login?next=%2F"),
            "{path}: {}",
            answer.header("location")
        );
    }
}

#[tokio::test]
async fn the_home_page_says_what_is_wrong_and_what_to_do() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let back = said("door/home/back", Health::critical("The door is open.").with_remedy("Close it."));
    observe(hub.ctx(), back.named("Back door")).await;
    let text = anna.get("/").await.text();
    assert!(text.contains("Back door is broken: The door is open."), "{text}");
    assert!(text.contains("Close it."), "{text}");
    observe(hub.ctx(), said("door/home/back", Health::ok("The door is closed."))).await;
    let text = anna.get("/").await.text();
    assert!(text.contains("All well") && !text.contains("Close it."), "{text}");
}

#[tokio::test]
async fn search_finds_by_name_reason_and_page() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    furnish(&hub).await;
    let search = anna.get("/search?q=port+3000").await.text();
    assert!(search.contains("/resources/service/nas/3000"), "{search}");
    assert!(anna.get("/search?q=resources").await.text().contains("href=\"/resources\""));
    assert!(anna.get("/search?q=zebra").await.text().contains("Nothing contains “zebra”."));
    let part = anna.clone().with("hx-request", "true").get("/search/results?q=back").await.text();
    assert!(part.contains("/resources/door/home/back") && !part.contains("<html"), "{part}");
}

#[tokio::test]
async fn a_page_about_hosts_shows_this_machine() {
    let hub = TestHub::with(hob::FEATURES).start().await;
    let mut anna = hub.set_up().await;
    hub.wait_until("this machine is known", crate::support::PATIENCE, |ctx| {
        ctx.resources.get(&ctx.this_host()).is_some_and(|host| host.judged)
    })
    .await;
    let page = anna.get("/resources/host/home/nas").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Memory total"), "{}", page.text());
    assert!(!hub.ctx().resources.of_kind("filesystem").is_empty());
}
