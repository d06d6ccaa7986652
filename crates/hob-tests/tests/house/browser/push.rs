//! Messages that are pushed to a browser, in a real Chromium with the real service worker.
//!
//! What is fake: the push service between Hob and the browser. That of Chromium's vendor cannot be reached from a test, so
//! the browser's subscription is one at [`FakePush`], with keys of the test; what comes there is checked, decrypted, and
//! handed to the service worker through the DevTools protocol, where Chromium's own push service would hand it over. And
//! nobody can click on a notification of a headless browser: what a click does is tried with the same file, `sw.js`, in a page
//! that plays the browser around it.

use super::{blank, is_clean, open_as};
use crate::support::{PATIENCE, house_with};
use hob_feature::PushMessage;
use hob_testkit::browser::{Page, Screen};
use hob_testkit::fake_push::FakePush;
use hob_testkit::hub::{TestHub, USER};
use serde_json::{Value, json};

/// How many registrations of service workers one Chromium of the tests may have seen.
const REGISTRATIONS: usize = 60;

/// The push service of the test is in the house.
const SETTINGS: &str = "[push]\ndefault_access = \"read-write\"\nwebpush_hosts = [\"127.0.0.1\"]\n";

/// Hands a letter to the service worker, as a push service does.
async fn deliver(page: &Page, hub: &TestHub, letter: &str) {
    let origin = hub.url("");
    page.eval("navigator.serviceWorker.ready.then(() => true)").await.unwrap();
    page.cdp("ServiceWorker.enable", json!({})).await.unwrap();
    // The number of the registration is told by an event, which chromedriver does not pass on. They are counted from 0, and
    // those of other origins do not take it.
    for number in 0..REGISTRATIONS {
        let params = json!({ "origin": origin, "registrationId": number.to_string(), "data": letter });
        page.cdp("ServiceWorker.deliverPushMessage", params).await.unwrap();
    }
}

/// What is shown, by the titles.
async fn shown(page: &Page) -> Vec<Value> {
    let js = "navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) => ({
        title: n.title, body: n.body, tag: n.tag, stays: n.requireInteraction, silent: n.silent, data: n.data,
        buttons: n.actions.map((a) => a.title) })))";
    page.eval(js).await.unwrap().as_array().unwrap().clone()
}

async fn wait_for_titles(page: &Page, titles: &[&str]) {
    let expected = json!(titles).to_string();
    let js = format!(
        "navigator.serviceWorker.ready.then((r) => r.getNotifications())
            .then((all) => JSON.stringify(all.map((n) => n.title).sort()) === JSON.stringify({expected}.sort()))"
    );
    page.wait_until(&js, PATIENCE).await.unwrap();
}

async fn allow_notifications(page: &Page, hub: &TestHub) {
    let params = json!({ "permissions": ["notifications"], "origin": hub.url("") });
    page.cdp("Browser.grantPermissions", params).await.unwrap();
}

fn letter(message: &Value) -> String {
    json!({ "event": "message", "subscription_id": "https://push.example/t", "message": message }).to_string()
}

#[tokio::test]
async fn the_service_worker_shows_what_comes() {
    let Some(page) = blank().await else { return };
    let hub = house_with(SETTINGS).start().await;
    let anna = hub.set_up().await;
    allow_notifications(&page, &hub).await;
    open_as(&page, &hub, &anna, "/").await;

    let message = json!({ "id": "a", "event": "message", "topic": "t", "time": 1, "message": "No title." });
    deliver(&page, &hub, &letter(&message)).await;
    wait_for_titles(&page, &["t"]).await;
    let urgent = json!({
        "id": "b", "sequence_id": "s", "event": "message", "topic": "t", "time": 1, "title": "One", "priority": 5,
        "actions": [
            { "action": "view", "label": "Open", "url": "https://a.example/" },
            { "action": "broadcast", "label": "Not here" },
            { "action": "view", "label": "Nor this", "url": "javascript:alert(1)" },
            { "action": "http", "label": "Close the door", "url": "https://a.example/door" },
        ],
    });
    deliver(&page, &hub, &letter(&urgent)).await;
    wait_for_titles(&page, &["One", "t"]).await;
    let one = shown(&page).await.into_iter().find(|one| one["title"] == "One").unwrap();
    assert_eq!((&one["stays"], &one["silent"]), (&json!(true), &json!(false)));
    assert_eq!(one["buttons"], json!(["Open", "Close the door"]));

    // The newest word takes the place of the one before; a quiet one makes no sound.
    let mut newer = urgent.clone();
    for (field, value) in [("id", json!("c")), ("title", json!("Two")), ("priority", json!(1))] {
        newer[field] = value;
    }
    deliver(&page, &hub, &letter(&newer)).await;
    wait_for_titles(&page, &["Two", "t"]).await;
    let two = shown(&page).await.into_iter().find(|one| one["title"] == "Two").unwrap();
    assert_eq!((&two["stays"], &two["silent"]), (&json!(false), &json!(true)));

    for (event, sequence, left) in [("message_delete", "s", vec!["t"]), ("message_clear", "a", vec![])] {
        let gone = json!({ "id": "d", "event": event, "topic": "t", "time": 1, "sequence_id": sequence });
        deliver(&page, &hub, &letter(&gone)).await;
        wait_for_titles(&page, &left).await;
    }

    // What it does not understand is told all the same: a browser that shows nothing loses its permission.
    deliver(&page, &hub, "not JSON").await;
    deliver(&page, &hub, r#"{"event":"subscription_expiring"}"#).await;
    wait_for_titles(&page, &["Hob was not opened here for a long time", "Something happened"]).await;
    assert_eq!(page.console_errors().await.unwrap(), [""; 0]);
}

/// The browser around `sw.js`, played: what it asks for is written down.
const STAGE: &str = r#"
async (letter, key, windows, answer) => {
    const done = [], heard = {};
    const note = (what, ...more) => (done.push([what, ...more]), Promise.resolve());
    const notification = { data: { message: letter.message, page: letter.page }, close: () => note("close") };
    const self = {
        location: { origin: "https://hob.example" },
        Notification: { maxActions: 2 },
        addEventListener: (name, listener) => (heard[name] = listener),
        registration: {
            getNotifications: async () => [notification],
            showNotification: (title, options) => note("show", title, options.body),
        },
        clients: {
            matchAll: async () => windows.map((url) => ({ url, focus: () => note("focus", url) })),
            openWindow: (url) => note("open", url),
        },
    };
    const navigator = { setAppBadge: (count) => note("badge", count), clearAppBadge: () => note("badge", 0) };
    const fetch = async (url, request) => {
        note("fetch", url, request.method, request.credentials, request.body ?? null);
        if (!answer) throw new Error("Failed to fetch");
        return { ok: answer < 400, status: answer, statusText: "" };
    };
    ((self, navigator, fetch) => {
SOURCE
    })(self, navigator, fetch);
    let waited;
    heard.notificationclick({ notification, action: key, waitUntil: (promise) => (waited = promise) });
    await waited;
    return done;
}
"#;

/// What the service worker does when a notification is clicked.
async fn click(
    page: &Page,
    stage: &str,
    message: &Value,
    key: &str,
    windows: &[&str],
    answer: u16,
) -> Vec<Value> {
    let letter = json!({ "message": message, "page": "/messages?topic=t" });
    let js = format!("({stage})({letter}, {}, {}, {answer})", json!(key), json!(windows));
    page.eval(&js).await.unwrap().as_array().unwrap().clone()
}

#[tokio::test]
async fn a_click_on_a_notification_leads_where_it_should() {
    let Some(page) = blank().await else { return };
    let hub = house_with(SETTINGS).start().await;
    let mut anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/").await;
    let stage = STAGE.replace("SOURCE", &anna.get("/sw.js").await.text());
    let badge = json!(["badge", 1]);
    let message = json!({ "actions": [
        { "action": "view", "label": "Open", "url": "https://a.example/", "clear": true },
        { "action": "http", "label": "Door", "url": "https://a.example/door", "method": "PUT", "body": "shut" },
    ]});
    let here = "https://hob.example/messages?topic=t";
    for (message, key, windows, answer, expected) in [
        // The page of the topic: a new window, or the one that shows it.
        (json!({}), "", vec![], 200, vec![json!(["close"]), json!(["open", here])]),
        (
            json!({}),
            "",
            vec!["https://hob.example/", here],
            200,
            vec![json!(["close"]), json!(["focus", here])],
        ),
        // Where the message says, unless a browser must not go there.
        (
            json!({ "click": "https://b.example/x" }),
            "",
            vec![],
            200,
            vec![json!(["close"]), json!(["open", "https://b.example/x"])],
        ),
        (
            json!({ "click": "javascript:alert(1)" }),
            "",
            vec![],
            200,
            vec![json!(["close"]), json!(["open", here])],
        ),
        (
            message.clone(),
            "button-0",
            vec![],
            200,
            vec![json!(["close"]), json!(["open", "https://a.example/"])],
        ),
        // Nothing of this browser goes with a request that somebody else wrote.
        (
            message.clone(),
            "button-1",
            vec![],
            200,
            vec![json!(["fetch", "https://a.example/door", "PUT", "omit", "shut"])],
        ),
        (
            message.clone(),
            "button-1",
            vec![],
            500,
            vec![
                json!(["fetch", "https://a.example/door", "PUT", "omit", "shut"]),
                json!(["show", "“Door” did not work", "The answer was 500."]),
            ],
        ),
        (
            message,
            "button-1",
            vec![],
            0,
            vec![
                json!(["fetch", "https://a.example/door", "PUT", "omit", "shut"]),
                json!(["show", "“Door” did not work", "Failed to fetch."]),
            ],
        ),
    ] {
        let mut expected = expected;
        expected.push(badge.clone());
        assert_eq!(click(&page, &stage, &message, key, &windows, answer).await, expected, "{message} {key}");
    }
}

/// Before anything else runs on a page: what the browser's vendor would give is the device of the test.
const DEVICE: &str = r#"
{
    const text = DEVICE;
    const subscription = { ...text, toJSON: () => text, unsubscribe: async () => (sessionStorage.removeItem("on"), true) };
    PushManager.prototype.subscribe = async function (options) {
        if (!options.userVisibleOnly || options.applicationServerKey.length !== 87) throw new Error("wrong options");
        sessionStorage.setItem("on", "1");
        return subscription;
    };
    PushManager.prototype.getSubscription = async () => (sessionStorage.getItem("on") ? subscription : null);
}
"#;

#[tokio::test]
async fn a_browser_is_asked_and_gets_what_is_published_and_what_hob_says() {
    let Some(page) = blank().await else { return };
    let (hub, service) = (house_with(SETTINGS).start().await, FakePush::start().await);
    let mut anna = hub.set_up().await;
    let device = service.device("chromium");
    let text =
        json!({ "endpoint": device.endpoint, "keys": { "p256dh": device.p256dh, "auth": device.auth } });
    let script = json!({ "source": DEVICE.replace("DEVICE", &text.to_string()) });
    page.cdp("Page.enable", json!({})).await.unwrap();
    page.cdp("Page.addScriptToEvaluateOnNewDocument", script).await.unwrap();
    allow_notifications(&page, &hub).await;
    open_as(&page, &hub, &anna, "/messages/devices").await;

    page.click("#device-form button").await.unwrap();
    page.wait_for_text("main .flash", "gets messages from now on", PATIENCE).await.unwrap();
    page.wait_for("[data-state=on]:not([hidden])", PATIENCE).await.unwrap();
    page.wait_for("[data-this]:not([hidden])", PATIENCE).await.unwrap();
    assert!(page.text("[data-device]").await.unwrap().contains("this browser"));
    is_clean(&page, &hub, "the page of this device").await;

    // What Hob itself says to Anna.
    let message = PushMessage {
        title: "NAS is down".to_owned(),
        message: "Nothing answers.".to_owned(),
        priority: 5,
        tags: vec!["rotating_light".to_owned()],
        sequence_id: Some("incident-1".to_owned()),
        ..PushMessage::default()
    };
    let door = hub.ctx().push().unwrap();
    let told = (door.to_browsers)(hub.ctx().clone(), Some(USER.to_owned()), message).await.unwrap();
    assert_eq!((told.reached, told.failed), (1, Vec::new()));
    deliver(&page, &hub, &service.received(&device)[0].text).await;
    wait_for_titles(&page, &["\u{1f6a8} NAS is down"]).await;

    // What is published on a topic that she chose.
    page.click("[data-device] summary").await.unwrap();
    page.fill("[data-device] input[name=topics]", "backups").await.unwrap();
    page.click("[data-device] details button").await.unwrap();
    page.wait_for_text("main .flash", "Saved", PATIENCE).await.unwrap();
    let publish =
        PushMessage { topic: "backups".to_owned(), message: "Done.".to_owned(), ..PushMessage::default() };
    (door.publish)(hub.ctx().clone(), publish).await.unwrap();
    let letters = service.wait_for(&device, 2).await;
    deliver(&page, &hub, &letters[1].text).await;
    wait_for_titles(&page, &["\u{1f6a8} NAS is down", "backups"]).await;

    // Removing also ends the subscription in the browser, once the page has recognised it.
    page.wait_for("[data-this]:not([hidden])", PATIENCE).await.unwrap();
    page.click("[data-device] form[data-remove] button").await.unwrap();
    page.wait_for_text("main .flash", "Nothing is sent there any more", PATIENCE).await.unwrap();
    page.wait_for("[data-state=off]:not([hidden])", PATIENCE).await.unwrap();
    assert_eq!(page.eval("sessionStorage.getItem('on')").await.unwrap(), Value::Null);
    let page_of_nobody = anna.get("/messages/devices").await.text();
    assert!(!page_of_nobody.contains("data-device="));
}

#[tokio::test]
async fn the_page_of_this_device_says_what_keeps_it_from_working() {
    let Some(page) = blank().await else { return };
    let hub = house_with(SETTINGS).start().await;
    let anna = hub.set_up().await;
    page.cdp("Page.enable", json!({})).await.unwrap();
    open_as(&page, &hub, &anna, "/").await;
    // Nobody has allowed notifications, and a headless browser allows none.
    let iphone =
        r#"Object.defineProperty(navigator, "userAgent", { value: "iPhone" }); delete window.PushManager;"#;
    let insecure = r#"Object.defineProperty(window, "isSecureContext", { value: false });"#;
    for (state, before, words) in [
        ("insecure", insecure, "HTTPS"),
        ("iphone", iphone, "Add to Home Screen"),
        ("unsupported", "delete window.PushManager;", "cannot get messages"),
        ("denied", r#"Object.defineProperty(Notification, "permission", { value: "denied" });"#, "blocked"),
    ] {
        let added =
            page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": before })).await.unwrap();
        page.open(&hub.url("/messages/devices")).await.unwrap();
        page.wait_for(&format!("[data-state={state}]:not([hidden])"), PATIENCE).await.unwrap();
        assert!(page.text("#this-device").await.unwrap().contains(words), "{state}");
        assert_eq!(page.count("#this-device [data-state]:not([hidden])").await.unwrap(), 1);
        page.cdp("Page.removeScriptToEvaluateOnNewDocument", added).await.unwrap();
    }
    page.no_javascript(true).await.unwrap();
    page.open(&hub.url("/messages/devices")).await.unwrap();
    assert!(page.text("#this-device").await.unwrap().contains("JavaScript"));
    assert!(!page.text("#this-device").await.unwrap().contains("Send notifications"));
    for screen in [Screen::PHONE, Screen::DESKTOP] {
        page.screen(screen).await.unwrap();
        assert!(!page.scrolls_sideways().await.unwrap());
    }
}
