//! Hob's own pages about messages, as people see them.

use super::people::{Caller, hub, hub_with};
use hob_testkit::client::{Answer, Client};
use hob_testkit::hub::TestHub;
use serde_json::{Value, json};
use std::time::Duration;

/// A person in a browser.
fn browser(hub: &TestHub, name: &str) -> Client {
    hub.client().with("cookie", &format!("hob=u-{name}")).with("accept", "text/html")
}

async fn page(hub: &TestHub, name: &str, path: &str) -> String {
    let answer = browser(hub, name).get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

async fn post(hub: &TestHub, name: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    browser(hub, name).post_form(path, fields).await
}

async fn send(hub: &TestHub, topic: &str, headers: &[(&str, &str)], text: &str) -> Value {
    let mut caller = Caller::person(hub, "anna");
    for (name, value) in headers {
        caller = caller.with(name, value);
    }
    let answer = caller.send("PUT", &format!("/{topic}"), text).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn rule(hub: &TestHub, who: &str, topic: &str, permission: &str) {
    let body = json!({ "username": who, "topic": topic, "permission": permission });
    assert_eq!(Caller::person(hub, "anna").code("PUT", "/v1/users/access", &body).await, 0);
}

#[tokio::test]
async fn an_empty_inbox_says_how_the_first_message_comes() {
    let hub = hub_with("base_url = \"https://push.example.org\"").start().await;
    let text = page(&hub, "ben", "/messages").await;
    assert!(
        text.contains("curl -d &quot;The backup is done&quot; https://push.example.org/backups"),
        "{text}"
    );
    assert!(
        text.contains("<code>https://push.example.org</code>") && text.contains("<code>ben</code>"),
        "{text}"
    );
    let hub =
        hub_with("base_url = \"https://push.example.org\"\ndefault_access = \"deny-all\"").start().await;
    let text = page(&hub, "ben", "/messages").await;
    assert!(text.contains("curl -u ben -d"), "who must log in is told so: {text}");
}

#[tokio::test]
async fn everybody_sees_what_they_may_read() {
    let hub = hub().start().await;
    rule(&hub, "ben", "cellar", "deny").await;
    for topic in ["door", "cellar"] {
        send(&hub, topic, &[], &format!("seen in the {topic}")).await;
    }
    let (anna, ben) = (page(&hub, "anna", "/messages").await, page(&hub, "ben", "/messages").await);
    assert!(anna.contains("seen in the door") && anna.contains("seen in the cellar"), "{anna}");
    assert!(ben.contains("seen in the door") && !ben.contains("cellar"), "not even the topic's name: {ben}");
    assert!(!page(&hub, "ben", "/messages/topics").await.contains("cellar"));
    assert!(!page(&hub, "ben", "/messages?topic=cellar").await.contains("seen in"));
    assert!(!page(&hub, "ben", "/messages?q=cellar").await.contains("seen in the cellar"));
    let answer = browser(&hub, "ben").get("/messages/topics/cellar").await;
    assert_eq!(answer.status, 403);
    let anonymous = hub.client().get("/messages").await;
    assert!(!anonymous.text().contains("seen in"), "{}", anonymous.text());
}

#[tokio::test]
async fn messages_are_shown_by_day_with_all_they_have() {
    let hub = hub().start().await;
    send(&hub, "old", &[], "of the day before").await;
    hub.ctx().clock.advance(Duration::from_secs(86_400));
    let headers = [
        ("title", "Build failed"),
        ("priority", "5"),
        ("tags", "rotating_light,ci"),
        ("markdown", "yes"),
        ("click", "https://ci.lan/1"),
        ("actions", "view, Open the log, https://ci.lan/log; http, Again, https://ci.lan/again"),
    ];
    send(&hub, "ci", &headers, "**bold** <b>not</b>").await;
    let text = page(&hub, "anna", "/messages").await;
    let (today, yesterday) = (text.find("Today").unwrap(), text.find("Yesterday").unwrap());
    assert!(today < yesterday);
    for part in [
        "🚨",
        ">Build failed</a>",
        "href=\"https://ci.lan/1\"",
        "<strong>bold</strong> &lt;b&gt;not&lt;/b&gt;",
        ">Open the log</a>",
        "urgent",
        ">ci</span>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("https://ci.lan/again"), "what a phone does is no link");
}

#[tokio::test]
async fn what_strangers_write_cannot_break_the_page() {
    let hub = hub().start().await;
    let evil = "\"><script>alert(1)</script><img src=x>";
    let headers = [("title", evil), ("tags", evil), ("click", "javascript:alert(1)"), ("filename", "x")];
    let answer = Caller::nobody(&hub).with("title", evil).with("tags", evil).send("PUT", "/door", evil).await;
    assert_eq!(answer.status, 200);
    send(&hub, "door", &headers[..1], evil).await;
    let text = page(&hub, "anna", "/messages").await;
    assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{text}");
}

#[tokio::test]
async fn messages_are_found_by_text_topic_and_priority() {
    let hub = hub().start().await;
    send(&hub, "door", &[("title", "Bell 100%")], "somebody rang").await;
    send(&hub, "ci", &[("priority", "5"), ("tags", "main")], "Tests failed").await;
    for (query, found, not) in [
        ("q=RANG", "somebody rang", "Tests failed"),
        ("q=100%25", "somebody rang", "Tests failed"),
        ("q=main", "Tests failed", "somebody rang"),
        ("q=%25", "somebody rang", "Tests failed"),
        ("topic=ci", "Tests failed", "somebody rang"),
        ("priority=4", "Tests failed", "somebody rang"),
    ] {
        let text = page(&hub, "anna", &format!("/messages?{query}")).await;
        assert!(text.contains(found) && !text.contains(not), "{query}: {text}");
    }
    assert!(page(&hub, "anna", "/messages?q=nothing").await.contains("Nothing fits."));
}

#[tokio::test]
async fn old_messages_are_on_further_pages() {
    let hub = hub().start().await;
    for n in 0..60 {
        send(&hub, "many", &[], &format!("number {n}.")).await;
    }
    let first = page(&hub, "anna", "/messages").await;
    assert!(first.contains("number 59.") && first.contains("number 10.") && !first.contains("number 9."));
    let link = first.split("href=\"").find(|part| part.contains("before=")).unwrap();
    let path = link.split('"').next().unwrap().replace("&amp;", "&");
    let second = page(&hub, "anna", &path).await;
    assert!(second.contains("number 9.") && second.contains("number 0.") && !second.contains("number 10."));
    assert!(!second.contains("Older messages"));
}

#[tokio::test]
async fn of_a_sequence_only_the_newest_word_is_shown() {
    let hub = hub().start().await;
    send(&hub, "washer/run-1", &[], "It washes.").await;
    send(&hub, "washer/run-1", &[], "It is done.").await;
    let text = page(&hub, "anna", "/messages").await;
    assert!(text.contains("It is done.") && !text.contains("It washes."), "{text}");
    assert_eq!(Caller::person(&hub, "anna").send("DELETE", "/washer/run-1", "").await.status, 200);
    assert!(!page(&hub, "anna", "/messages").await.contains("It is done."));
}

#[tokio::test]
async fn messages_are_marked_as_read_for_each_person() {
    let hub = hub().start().await;
    send(&hub, "door", &[], "ring").await;
    let text = page(&hub, "ben", "/messages").await;
    assert!(text.contains("not read yet"));
    let up_to = text.split("name=\"up_to\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(post(&hub, "ben", "/messages/read", &[("up_to", up_to)]).await.status, 303);
    assert!(!page(&hub, "ben", "/messages").await.contains("not read yet"));
    assert!(page(&hub, "anna", "/messages").await.contains("not read yet"));
    send(&hub, "door", &[], "ring again").await;
    assert!(page(&hub, "ben", "/messages").await.contains("not read yet"));
}

#[tokio::test]
async fn a_message_is_deleted_by_who_may_write_there() {
    let hub = hub().start().await;
    rule(&hub, "ben", "news", "read-only").await;
    rule(&hub, "carla", "news", "deny").await;
    let id = send(&hub, "news", &[], "hot").await["id"].as_str().unwrap().to_owned();
    let path = format!("/messages/{id}/delete");
    assert_eq!(post(&hub, "ben", &path, &[]).await.status, 403);
    assert_eq!(post(&hub, "carla", &path, &[]).await.status, 404, "it is not told that it is there");
    assert_eq!(post(&hub, "anna", &path, &[]).await.status, 303);
    assert!(!page(&hub, "ben", "/messages").await.contains("hot"));
    let poll = Caller::person(&hub, "ben").send("GET", "/news/json?poll=1", "").await.text();
    assert!(poll.contains("message_delete"), "phones are told: {poll}");
}

#[tokio::test]
async fn pictures_come_from_our_own_store_for_who_may_read_the_topic() {
    let hub = hub().start().await;
    rule(&hub, "ben", "camera", "deny").await;
    let picture = b"\x89PNG\r\n\x1a\n and more";
    let mut client = hub.client().with("host", "push.test").with("filename", "garden.png");
    let sent = client.send(http::Method::PUT, "/camera", &[], picture.to_vec().into()).await;
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    send(&hub, "camera", &[("attach", "https://elsewhere.org/x.png")], "from elsewhere").await;
    let text = page(&hub, "anna", "/messages").await;
    assert!(text.contains(&format!("<img src=\"/messages/file/{id}\" alt=\"garden.png\"")), "{text}");
    assert!(!text.contains("<img src=\"https:"), "nothing is loaded from elsewhere: {text}");
    let path = format!("/messages/file/{id}");
    let answer = browser(&hub, "anna").get(&path).await;
    assert_eq!((&answer.body[..], answer.header("content-type")), (&picture[..], "image/png"));
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert_eq!(browser(&hub, "ben").get(&path).await.status, 403);
    assert_ne!(hub.client().get(&path).await.status, 200);
}

#[tokio::test]
async fn people_publish_from_the_page_of_a_topic() {
    let hub = hub().start().await;
    let form = [
        ("title", "Dinner"),
        ("message", "is\r\nready"),
        ("priority", "4"),
        ("tags", "stew"),
        ("markdown", "on"),
    ];
    assert_eq!(post(&hub, "ben", "/messages/topics/kitchen/publish", &form).await.status, 303);
    let poll = Caller::person(&hub, "carla").send("GET", "/kitchen/json?poll=1", "").await.json();
    assert_eq!(
        (&poll["title"], &poll["message"], &poll["priority"]),
        (&json!("Dinner"), &json!("is\nready"), &json!(4))
    );
    assert_eq!((&poll["tags"], &poll["content_type"]), (&json!(["stew"]), &json!("text/markdown")));
    assert!(page(&hub, "carla", "/messages").await.contains(" · ben"));
    rule(&hub, "ben", "kitchen", "ro").await;
    assert_eq!(post(&hub, "ben", "/messages/topics/kitchen/publish", &form).await.status, 403);
    assert!(!page(&hub, "ben", "/messages/topics/kitchen").await.contains("Send a message"));
    let empty = post(&hub, "anna", "/messages/topics/kitchen/publish", &[("message", " ")]).await;
    assert!(empty.status == 422 && empty.text().contains("Write a message."), "{}", empty.text());
    assert_eq!(browser(&hub, "anna").get("/messages/topics/docs").await.status, 404);
}

#[tokio::test]
async fn topics_are_reserved_and_emptied_on_their_page() {
    let hub = hub().start().await;
    assert_eq!(
        post(&hub, "ben", "/messages/topics/diary/reserve", &[("everyone", "deny-all")]).await.status,
        303
    );
    let text = page(&hub, "ben", "/messages/topics/diary").await;
    assert!(text.contains("The topic is yours.") && text.contains("curl -u ben -d"), "{text}");
    assert!(page(&hub, "ben", "/messages/topics").await.contains("reserved by ben"));
    assert_eq!(browser(&hub, "carla").get("/messages/topics/diary").await.status, 403);
    post(&hub, "carla", "/messages/topics/diary/reserve", &[("everyone", "deny-all")]).await;
    assert_eq!(browser(&hub, "carla").get("/messages/topics/diary").await.status, 403, "it is still Ben's");
    assert_eq!(post(&hub, "ben", "/messages/topics/diary/publish", &[("message", "dear")]).await.status, 303);
    assert_eq!(post(&hub, "carla", "/messages/topics/diary/clear", &[]).await.status, 403);
    assert_eq!(post(&hub, "ben", "/messages/topics/diary/clear", &[]).await.status, 303);
    assert!(page(&hub, "ben", "/messages/topics/diary").await.contains("Deleted 1 message."));
    assert_eq!(post(&hub, "ben", "/messages/topics/diary/give-up", &[]).await.status, 303);
    assert_eq!(browser(&hub, "carla").get("/messages/topics/diary").await.status, 200);
    send(&hub, "shared", &[], "mine").await;
    post(&hub, "ben", "/messages/topics/shared/reserve", &[("everyone", "deny-all")]).await;
    assert!(page(&hub, "ben", "/messages/topics/shared").await.contains("others have written to it"));
}

#[tokio::test]
async fn administrators_write_rules_as_sentences() {
    let hub = hub().start().await;
    for path in ["/messages/access", "/messages/access/remove"] {
        assert_eq!(post(&hub, "ben", path, &[]).await.status, 403);
    }
    assert_eq!(browser(&hub, "ben").get("/messages/access").await.status, 403);
    assert!(!page(&hub, "ben", "/messages").await.contains("/messages/access"));
    let form = [("who", "u-ben"), ("permission", "read-write"), ("topic", "home-*")];
    assert_eq!(post(&hub, "anna", "/messages/access", &form).await.status, 303);
    let text = page(&hub, "anna", "/messages/access").await;
    assert!(text.contains("ben may read and write every topic that begins with home-."), "{text}");
    let wrong =
        post(&hub, "anna", "/messages/access", &[("permission", "read-write"), ("topic", "a b")]).await;
    assert!(wrong.status == 422 && wrong.text().contains("Use 1 to 64 letters"), "{}", wrong.text());
    let gone =
        post(&hub, "anna", "/messages/access", &[("who", "u-zoe"), ("permission", "rw"), ("topic", "x")])
            .await;
    assert_eq!(gone.status, 422);
    let (who, topic) = (("who", "u-ben"), ("topic", "home-*"));
    assert_eq!(post(&hub, "anna", "/messages/access/remove", &[who, topic]).await.status, 303);
    assert!(page(&hub, "anna", "/messages/access").await.contains("No rules."));
}

#[tokio::test]
async fn tokens_are_shown_once_and_removed() {
    let hub = hub().start().await;
    let form = [("label", "backup script"), ("expires_in", "30d")];
    assert_eq!(post(&hub, "ben", "/messages/tokens", &form).await.status, 303);
    let first = page(&hub, "ben", "/messages/tokens").await;
    let token = first.split("value=\"tk_").nth(1).unwrap().split('"').next().unwrap();
    let bearer = format!("Bearer tk_{token}");
    assert_eq!(Caller::showing(&hub, &bearer).code("GET", "/v1/account", &Value::Null).await, 0);
    let second = page(&hub, "ben", "/messages/tokens").await;
    assert!(!second.contains(token) && second.contains("backup script"), "{second}");
    assert!(page(&hub, "anna", "/messages/access").await.contains("backup script"));
    let id = second.split("/messages/tokens/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert_eq!(post(&hub, "carla", &format!("/messages/tokens/{id}/remove"), &[]).await.status, 404);
    assert_eq!(post(&hub, "ben", &format!("/messages/tokens/{id}/remove"), &[]).await.status, 303);
    assert_eq!(Caller::showing(&hub, &bearer).code("GET", "/v1/account", &Value::Null).await, 40101);
    assert_eq!(hub.client().bearer("admin").get("/messages/tokens").await.status, 403, "a token is nobody's");
}

#[tokio::test]
async fn the_search_of_the_hub_finds_topics_but_no_reserved_ones() {
    let hub = hub().start().await;
    let reserve = json!({ "topic": "diary-of-ben", "everyone": "deny-all" });
    assert_eq!(Caller::person(&hub, "ben").code("POST", "/v1/account/reservation", &reserve).await, 0);
    for topic in ["diary-of-all", "diary-of-ben"] {
        send(&hub, topic, &[], "x").await;
    }
    let found = || (crate::FEATURE.search)(hub.ctx(), "diary");
    hub.wait_until("the topics are known", Duration::from_secs(10), |_| !found().is_empty()).await;
    let names: Vec<String> = found().into_iter().map(|hit| hit.title).collect();
    assert_eq!(names, ["diary-of-all"]);
}
