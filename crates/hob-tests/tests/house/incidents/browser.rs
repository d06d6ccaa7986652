//! At three in the morning, with a telephone.

use super::{break_it, impatient, mend};
use crate::browser::{blank, is_clean, open_as};
use crate::support::{PATIENCE, observe, said};
use hob_base::Health;
use hob_testkit::browser::{Page, Screen};
use hob_testkit::hub::TestHub;

/// A telephone of the usual width.
const PHONE: Screen = Screen { width: 390, height: 844, scale: 2.0, mobile: true };

/// A machine that takes fifty things with it, and one that broke for itself.
async fn furnish(hub: &TestHub) {
    observe(
        hub.ctx(),
        said("service/shed/well", Health::ok("It answers.")).needs("host/home/shed".parse().unwrap()),
    )
    .await;
    break_it(hub, "host/home/shed", "The shed does not answer since its fuse blew.", &[]).await;
    let long = "Averylongnamewithoutasingleplacetobreakaline".repeat(2);
    for n in 0..50 {
        let service = said(&format!("service/shed/{n}"), Health::critical("Nothing listens there any more."));
        let named = if n == 0 { service.named(long.clone()) } else { service.named(format!("Service {n}")) };
        hub.ctx().resources.observe(named.needs("host/home/shed".parse().unwrap())).await;
    }
    hub.ctx().resources.settle().await;
    hub.wait_until("all are part of it", PATIENCE, |ctx| {
        super::open(ctx).iter().any(|incident| incident.members.len() > 50)
    })
    .await;
    break_it(hub, "lamp/home/hall", "The lamp is dark.", &[]).await;
    break_it(hub, "lamp/home/attic", "The lamp is dark.", &[]).await;
    mend(hub, "lamp/home/attic").await;
}

async fn look(page: &Page, hub: &TestHub, path: &str, dark: bool) {
    page.dark(dark).await.unwrap();
    page.open(&hub.url(path)).await.unwrap();
    let what = format!("{path}, {}", if dark { "dark" } else { "light" });
    // For who wants to see them.
    if let Ok(folder) = std::env::var("HOB_TEST_PICTURES") {
        let width = page.eval("innerWidth").await.unwrap();
        let name = format!(
            "{folder}/{width}{}{}.png",
            path.replace(['/', '?', '='], "-"),
            if dark { "-dark" } else { "" }
        );
        page.screenshot(name).await.unwrap();
    }
    let widest = "[...document.querySelectorAll('main *, header *')].filter(e => e.getBoundingClientRect().right > Math.min(innerWidth, document.documentElement.clientWidth, 390) + 1 && !e.closest('nav')).map(e => e.outerHTML.slice(0, 90)).slice(0, 3)";
    let scrolls = page.scrolls_sideways().await.unwrap();
    assert!(!scrolls, "{what} scrolls sideways: {}", page.eval(widest).await.unwrap());
    assert_eq!(page.count("h1").await.unwrap(), 1, "{what}");
    is_clean(page, hub, &what).await;
}

async fn look_at_all(screen: Screen) {
    let Some(page) = blank().await else { return };
    let (hub, mut anna) = impatient(
        "[[maintenance]]\nname = \"Weekly updates\"\nwhen = [\"Sun 02:00-04:00\"]\nhosts = [\"shed\"]\n",
    )
    .await;
    furnish(&hub).await;
    anna.post_form("/incidents/1/note", &[("text", "Went down to look.\nIt smells burnt.")]).await;
    anna.post_form(
        "/silences/new",
        &[("matchers", "kind=\"lamp\""), ("comment", "New lamps"), ("until", "4h")],
    )
    .await;
    page.screen(screen).await.unwrap();
    open_as(&page, &hub, &anna, "/").await;
    for path in [
        "/",
        "/incidents",
        "/incidents/1",
        "/incidents/2",
        "/incidents/3",
        "/silences",
        "/silences/new",
        "/incidents/quiet",
        "/resources/host/home/shed",
    ] {
        look(&page, &hub, path, false).await;
        look(&page, &hub, path, true).await;
    }
    // With everything unfolded.
    page.open(&hub.url("/incidents/1")).await.unwrap();
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)").await.unwrap();
    assert!(!page.scrolls_sideways().await.unwrap(), "unfolded");
}

#[tokio::test]
async fn the_pages_are_clean_on_a_telephone() {
    look_at_all(PHONE).await;
}

#[tokio::test]
async fn the_pages_are_clean_on_a_desk() {
    look_at_all(Screen::DESKTOP).await;
}

#[tokio::test]
async fn an_incident_opens_and_closes_before_ones_eyes() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = impatient("").await;
    page.screen(PHONE).await.unwrap();
    open_as(&page, &hub, &anna, "/incidents").await;
    page.wait_for_text("main", "All is well.", PATIENCE).await.unwrap();
    page.eval("window.untouched = true").await.unwrap();
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    page.wait_for(".incidents a[href='/incidents/1']", PATIENCE).await.unwrap();
    page.click(".incidents a[href='/incidents/1']").await.unwrap();
    page.wait_for_text("main", "Acknowledge", PATIENCE).await.unwrap();
    page.eval("window.untouched = true").await.unwrap();
    mend(&hub, "service/nas/1").await;
    page.wait_for_text("main", "was critical", PATIENCE).await.unwrap();
    assert_eq!(page.eval("window.untouched === true").await.unwrap(), true, "the page was loaded again");
    is_clean(&page, &hub, "watching").await;
}

#[tokio::test]
async fn the_keyboard_is_enough_to_acknowledge() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = impatient("").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    open_as(&page, &hub, &anna, "/incidents/1").await;
    page.wait_for("main form", PATIENCE).await.unwrap();
    let mut pressed = 0;
    loop {
        page.press("Tab").await.unwrap();
        pressed += 1;
        let at = page.eval("[document.activeElement.value ?? '', document.activeElement.closest('form')?.getAttribute('action') ?? '']").await.unwrap();
        if at[0] == "4h" && at[1] == "/incidents/1/acknowledge" {
            break;
        }
        assert!(pressed < 60, "Tab does not reach the button");
    }
    let ring = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)";
    assert!(page.eval(ring).await.unwrap().as_f64().unwrap() > 0.0, "one sees where one is");
    page.press("Enter").await.unwrap();
    page.wait_for_text("main", "takes care of it since", PATIENCE).await.unwrap();
    assert!(super::open(hub.ctx())[0].acknowledged.is_some());
}

#[tokio::test]
async fn every_button_is_large_enough_for_a_thumb() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = impatient("").await;
    furnish(&hub).await;
    page.screen(PHONE).await.unwrap();
    open_as(&page, &hub, &anna, "/incidents/1").await;
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)").await.unwrap();
    let small = "[...document.querySelectorAll('main button, main summary, main select, main .button')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).map(e => e.outerHTML.slice(0, 80))";
    assert_eq!(page.eval(small).await.unwrap(), serde_json::json!([]));
}

#[tokio::test]
async fn without_javascript_everything_can_be_done() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = impatient("").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    page.no_javascript(true).await.unwrap();
    open_as(&page, &hub, &anna, "/incidents/1").await;
    page.click("form[action='/incidents/1/acknowledge'] button[value=morning]").await.unwrap();
    page.wait_for("form[action='/incidents/1/release']", PATIENCE).await.unwrap();
    page.fill("#text", "Seen.").await.unwrap();
    page.click("form[action='/incidents/1/note'] button").await.unwrap();
    page.wait_for(".timeline .said", PATIENCE).await.unwrap();
    page.no_javascript(false).await.unwrap();
}
