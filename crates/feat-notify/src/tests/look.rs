//! The pages and the API, as people and programs use them.

use super::house::{Service, hub, log, noon, published, settle, tell, until_log};
use crate::model::queue::State;
use hob_base::{Observation, ResourceId};
use hob_feature::NoticeKind::Opened;
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use serde_json::json;
use std::time::Duration;

fn writer(hub: &TestHub) -> Client {
    hub.client().bearer("write")
}

async fn page(client: &mut Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text());
    answer.text()
}

/// A channel to this Gotify, made with the form.
async fn add_gotify(client: &mut Client, service: &Service) {
    let fields = [
        ("kind", "gotify"),
        ("title", "Family chat"),
        ("owner", "anna"),
        ("f_server", &service.url()),
        ("f_token", "Averysecrettoken"),
    ];
    let answer = client.post_form("/notifications/channels", &fields).await;
    assert_eq!(answer.header("location"), "/notifications/channels/family-chat", "{}", answer.text());
}

#[tokio::test]
async fn a_channel_is_made_tested_changed_paused_and_deleted() {
    let service = Service::good().await;
    let clock = noon();
    let hub = hub(&clock).start().await;
    let mut client = writer(&hub);
    let choice = page(&mut client, "/notifications/channels/new").await;
    for kind in channels::Channel::kinds() {
        assert!(choice.contains(&format!("?kind={}", kind.id)), "{}", kind.id);
        let form = page(&mut client, &format!("/notifications/channels/new?kind={}", kind.id)).await;
        for field in kind.fields {
            assert!(form.contains(&format!("name=\"f_{}\"", field.name)), "{}: {}", kind.id, field.name);
        }
    }
    let wrong =
        client.post_form("/notifications/channels", &[("kind", "gotify"), ("f_server", "nothing")]).await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(wrong.text().contains("Give it a name"), "{}", wrong.text());
    add_gotify(&mut client, &service).await;
    let again = client
        .post_form(
            "/notifications/channels",
            &[("kind", "gotify"), ("title", "Family chat"), ("f_server", "http://x.lan"), ("f_token", "t")],
        )
        .await;
    assert!(again.text().contains("There is a channel “family-chat” already"), "{}", again.text());
    let shown = page(&mut client, "/notifications/channels/family-chat").await;
    assert!(!shown.contains("Averysecrettoken") && shown.contains("anna"), "{shown}");
    let tested = client.post_form("/notifications/channels/family-chat/test", &[]).await.text();
    assert!(tested.contains("The test was taken.") && tested.contains("Status 200"), "{tested}");
    assert!(service.got()[0].body.contains("This is a test of Hob"));
    // A kept secret does not follow to another address.
    let moved = [("title", "Family chat"), ("f_server", "http://elsewhere.lan")];
    let moved = client.post_form("/notifications/channels/family-chat", &moved).await;
    assert_eq!(moved.status.as_u16(), 422);
    assert!(moved.text().contains("type it again"), "{}", moved.text());
    let renamed = [("title", "Chat"), ("f_server", &service.url()), ("f_priority", ""), ("per_minute", "5")];
    let renamed = client.post_form("/notifications/channels/family-chat", &renamed).await;
    assert!(renamed.status.is_redirection(), "{}", renamed.text());
    client.post_form("/notifications/channels/family-chat/test", &[]).await;
    assert!(service.got()[1].head.to_lowercase().contains("averysecrettoken"), "the secret was kept");
    client.post_form("/notifications/channels/family-chat/pause", &[]).await;
    assert!(page(&mut client, "/notifications/channels").await.contains("Somebody paused it"));
    client.post_form("/notifications/channels/family-chat/resume", &[]).await;
    let hub = hub.stop().await.start().await;
    let mut client = writer(&hub);
    assert!(page(&mut client, "/notifications/channels").await.contains("Chat"));
    assert!(
        page(&mut client, "/notifications/channels/family-chat/delete").await.contains("Delete the channel")
    );
    client.post_form("/notifications/channels/family-chat/delete", &[]).await;
    assert!(!page(&mut client, "/notifications/channels").await.contains("family-chat"));
    for built_in in ["push", "browsers"] {
        let answer = client.post_form(&format!("/notifications/channels/{built_in}/delete"), &[]).await;
        assert_eq!(answer.status.as_u16(), 409);
    }
}

#[tokio::test]
async fn a_secret_that_need_not_be_can_be_removed() {
    let service = Service::good().await;
    let hub = hub(&noon()).start().await;
    let mut client = writer(&hub);
    let (url, path) = (format!("{}/hook", service.url()), "/notifications/channels/hook");
    let made = [("kind", "webhook"), ("title", "Hook"), ("f_url", url.as_str()), ("f_secret", "Signs")];
    client.post_form("/notifications/channels", &made).await;
    let signs = |n: usize| service.got()[n].head.to_lowercase().contains("x-hub-signature-256");
    let form = page(&mut client, path).await;
    assert!(
        form.contains("forget_secret") && !form.contains("forget_url"),
        "what must be there is not removed: {form}"
    );
    assert!(!form.contains("forget_headers"), "it is not set");
    let kept = [("title", "Hook"), ("f_method", "PUT")];
    assert!(client.post_form(path, &kept).await.status.is_redirection());
    client.post_form(&format!("{path}/test"), &[]).await;
    assert!(signs(0));
    let wrong = [("title", ""), ("f_method", "PUT"), ("forget_secret", "true")];
    let wrong = client.post_form(path, &wrong).await.text();
    assert!(wrong[..wrong.find("<label for=\"forget_secret").unwrap()].ends_with("checked>"), "{wrong}");
    let removed = [("title", "Hook"), ("f_method", "PUT"), ("forget_secret", "true")];
    assert!(client.post_form(path, &removed).await.status.is_redirection());
    client.post_form(&format!("{path}/test"), &[]).await;
    assert!(!signs(1));
    assert!(!page(&mut client, path).await.contains("forget_secret"));
}

#[tokio::test]
async fn who_may_only_read_changes_nothing_and_is_shown_no_secret() {
    let service = Service::good().await;
    let clock = noon();
    let hub = hub(&clock).start().await;
    add_gotify(&mut writer(&hub), &service).await;
    let mut reader = hub.client().bearer("read");
    for path in [
        "/notifications/channels/new",
        "/notifications/rules/new",
        "/notifications/channels/family-chat/delete",
    ] {
        assert_eq!(reader.get(path).await.status.as_u16(), 403, "{path}");
    }
    for path in [
        "/notifications/channels",
        "/notifications/rules",
        "/notifications/channels/family-chat/test",
        "/notifications/channels/family-chat/pause",
        "/api/v1/notify/channels/family-chat/test",
    ] {
        assert_eq!(reader.post_form(path, &[("to", "push")]).await.status.as_u16(), 403, "{path}");
    }
    for path in ["/notifications", "/notifications/channels/family-chat", "/api/v1/notify/channels"] {
        assert!(!page(&mut reader, path).await.contains("Averysecret"), "{path}");
    }
    assert!(service.got().is_empty());
}

#[tokio::test]
async fn rules_are_made_moved_changed_and_deleted() {
    let clock = noon();
    let hub = hub(&clock).start().await;
    let mut client = writer(&hub);
    assert!(page(&mut client, "/notifications/rules").await.contains("every channel there is"));
    let wrong = client.post_form("/notifications/rules", &[("hours", "someday")]).await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(wrong.text().contains("Say through which channel"), "{}", wrong.text());
    let first =
        [("severities", "critical"), ("who", "everyone"), ("to", "push"), ("to", "browsers"), ("to", "")];
    assert!(client.post_form("/notifications/rules", &first).await.status.is_redirection());
    let second = [("hours", "daily 08:00-22:00\r\n"), ("who", "addressee"), ("to", "push"), ("stop", "on")];
    assert!(client.post_form("/notifications/rules", &second).await.status.is_redirection());
    let list = page(&mut client, "/notifications/rules").await;
    let (critical, hours) = (
        list.find("Critical, at any time → built-in push, then the browsers of everyone.").unwrap(),
        list.find("Everything, 8:00–22:00 → built-in push. No rule behind it is looked at.").unwrap(),
    );
    assert!(critical < hours);
    let id = |list: &str| {
        let at = list.find("/notifications/rules/").unwrap();
        let mut rest = list[at..].split('"').next().unwrap().split('/');
        rest.nth(3).unwrap().to_owned()
    };
    let rules = client.get("/api/v1/notify/rules").await.json();
    let first_id = rules["rules"][0]["id"].as_str().unwrap().to_owned();
    assert!(!id(&list).is_empty());
    client.post_form(&format!("/notifications/rules/{first_id}/move"), &[("to", "down")]).await;
    let rules = client.get("/api/v1/notify/rules").await.json();
    assert_eq!(rules["rules"][1]["id"], json!(first_id));
    let form = page(&mut client, &format!("/notifications/rules/{first_id}")).await;
    assert!(form.contains("value=\"browsers\" selected"), "{form}");
    client.post_form(&format!("/notifications/rules/{first_id}"), &[("to", "browsers")]).await;
    assert!(
        page(&mut client, "/notifications/rules")
            .await
            .contains("Everything, at any time → the browsers of whom it is for.")
    );
    client.post_form(&format!("/notifications/rules/{first_id}/delete"), &[]).await;
    let rules = client.get("/api/v1/notify/rules").await.json();
    assert_eq!(rules["rules"].as_array().unwrap().len(), 1);
    let body = json!([{ "to": ["push"], "severities": ["warning"] }]);
    let put = client
        .send(
            http::Method::PUT,
            "/api/v1/notify/rules",
            &[("content-type", "application/json")],
            body.to_string().into(),
        )
        .await;
    assert_eq!(put.json()["rules"][0]["sentence"], json!("Warning, at any time → built-in push."));
}

#[tokio::test]
async fn it_is_said_who_would_be_told_without_telling_anybody() {
    let clock = noon();
    let config = "[[route]]\nseverities = [\"critical\"]\nto = [\"push\"]\n\
                  [[route]]\nhours = [\"daily 18:00-22:00\"]\nto = [\"browsers\"]\n";
    let hub = hub(&clock).config(config).start().await;
    let disk = ResourceId::new("drive", "nas", "sda");
    let observation = Observation::new("test", disk, Duration::from_secs(600)).named("The disk");
    hub.ctx().resources.observe(observation).await;
    hub.ctx().resources.settle().await;
    let mut client = writer(&hub);
    let noon = page(&mut client, "/notifications/simulate?resource=drive/nas/sda&level=critical").await;
    assert!(noon.contains("The house, through “Built-in push”."), "{noon}");
    assert!(noon.contains("It holds 18:00–22:00 only, and it is 12:00."), "{noon}");
    assert!(noon.contains("ben has quiet hours and hears of it at 13:00, 1 hour later."), "{noon}");
    let asked = "/api/v1/notify/simulate?resource=drive/nas/sda&level=warning&at=2026-11-23T19:00";
    let evening = client.get(asked).await.json();
    assert_eq!(evening["told"][0], json!("anna, through “Browsers” of anna."));
    for (wrong, words) in [
        ("resource=drive/nas/none", "There is no resource"),
        ("resource=x", "x"),
        ("resource=drive/nas/sda&level=odd", "is not possible here"),
        ("resource=drive/nas/sda&at=soon", "Write a date and a time"),
    ] {
        let page = page(&mut client, &format!("/notifications/simulate?{wrong}")).await;
        assert!(page.contains(words), "{wrong}");
    }
    settle().await;
    assert!(log(&hub).await.is_empty() && published(&hub).is_empty());
}

#[tokio::test]
async fn the_log_is_searched_and_shows_the_real_answers() {
    let service =
        Service::start(|_, _| Some((401, String::new(), "{\"error\":\"who are <you>\"}".to_owned()))).await;
    let clock = noon();
    let hub = hub(&clock).start().await;
    let mut client = writer(&hub);
    add_gotify(&mut client, &service).await;
    tell(&hub, 7, 0, Opened).await;
    until_log(&hub, State::Failed, 1).await;
    until_log(&hub, State::Sent, 2).await;
    let all = page(&mut client, "/notifications/log").await;
    assert!(all.contains("who are &lt;you&gt;") && all.contains("status 401"), "{all}");
    let found = page(&mut client, "/notifications/log?q=family&state=failed").await;
    assert_eq!(found.matches("Headline 7.0").count(), 1);
    assert!(page(&mut client, "/notifications/log?q=nowhere").await.contains("No message is meant by this."));
    let failed = &until_log(&hub, State::Failed, 1).await[0];
    let key = percent_encoding::utf8_percent_encode(&failed.key, percent_encoding::NON_ALPHANUMERIC);
    let one = page(&mut client, &format!("/notifications/log/message?key={key}")).await;
    assert!(one.contains("No rule was made, so every channel hears of everything."), "{one}");
    assert!(page(&mut client, "/notifications/incident/7").await.contains("Headline 7.0"));
    assert!(
        page(&mut client, "/notifications").await.contains("“Family chat” does not work; the others do.")
    );
    let json = client.get("/api/v1/notify/deliveries?state=failed").await.json();
    assert_eq!(json["deliveries"][0]["tried"][0]["status"], json!(401));
    let told = hub.ctx().deliveries().unwrap();
    let told = (told.of_notices)(hub.ctx().clone(), vec!["incident/7/0/everybody".to_owned()]).await.unwrap();
    let channels: Vec<&str> = told.iter().map(|one| one.channel.as_str()).collect();
    assert_eq!(channels, ["Browsers", "Family chat", "Built-in push"]);
}

#[tokio::test]
async fn programs_make_and_test_channels_too() {
    let service = Service::good().await;
    let clock = noon();
    let hub = hub(&clock).start().await;
    let mut client = writer(&hub);
    let kinds = client.get("/api/v1/notify/kinds").await.json();
    assert!(kinds["kinds"].as_array().unwrap().len() > 5);
    let wrong = json!({ "title": "G", "kind": "gotify", "fields": { "server": "x" } });
    assert_eq!(client.post_json("/api/v1/notify/channels", &wrong).await.status.as_u16(), 422);
    let new =
        json!({ "title": "G", "kind": "gotify", "fields": { "server": service.url(), "token": "abcdef" } });
    let made = client.post_json("/api/v1/notify/channels", &new).await;
    assert_eq!((made.status.as_u16(), made.json()["name"].clone()), (201, json!("g")));
    let tested = client.post_json("/api/v1/notify/channels/g/test", &json!({})).await.json();
    assert_eq!((tested["delivered"].clone(), tested["status"].clone()), (json!(true), json!(200)));
    let gone = client.send(http::Method::DELETE, "/api/v1/notify/channels/g", &[], Default::default()).await;
    assert_eq!(gone.status.as_u16(), 204);
}

#[tokio::test]
async fn who_changes_something_at_the_same_time_takes_nothing_back() {
    let hub = hub(&noon()).start().await;
    let add = || async {
        let mut client = writer(&hub);
        let rule = client.post_form("/notifications/rules", &[("to", "push")]).await;
        let digest = client.post_form("/notifications/digest", &[("at", "08:00"), ("to", "push")]).await;
        let channel = [("kind", "push"), ("title", "Phone"), ("f_topic", "phone")];
        let channel = client.post_form("/notifications/channels", &channel).await;
        assert!(rule.status.is_redirection() && digest.status.is_redirection());
        usize::from(channel.status.is_redirection())
    };
    let (a, b, c, d) = tokio::join!(add(), add(), add(), add());
    assert_eq!(a + b + c + d, 1, "one channel of a name");
    let mut client = writer(&hub);
    let rules = client.get("/api/v1/notify/rules").await.text();
    assert_eq!(rules.matches("sentence").count(), 4, "{rules}");
    let digests = page(&mut client, "/notifications/digest").await;
    assert_eq!(digests.matches("Every day at 08:00").count(), 4, "{digests}");
}

#[tokio::test]
async fn the_page_of_a_channel_shows_its_own_messages() {
    let hub = hub(&noon()).start().await;
    let mut client = writer(&hub);
    let new = [("kind", "push"), ("title", "Headline"), ("f_topic", "other"), ("owner", "cleo")];
    client.post_form("/notifications/channels", &new).await;
    tell(&hub, 1, 0, Opened).await;
    until_log(&hub, State::Sent, 2).await;
    // Its name is in what was said through others.
    assert!(!page(&mut client, "/notifications/channels/headline").await.contains("Headline 1.0"));
    assert!(page(&mut client, "/notifications/channels/push").await.contains("Headline 1.0"));
}

#[tokio::test]
async fn there_is_an_end_to_how_many_channels_are_made() {
    let hub = hub(&noon()).start().await;
    let mut client = writer(&hub);
    let fill = "INSERT INTO notify_channel (name, title, owner, paused, per_minute, config, created_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        SELECT 'c' || i, 'C', NULL, TRUE, 30, x'00', 0 FROM n";
    crate::store::run_for_test(&hub.ctx().db, fill).await;
    let new = [("kind", "push"), ("title", "One more"), ("f_topic", "other")];
    let refused = client.post_form("/notifications/channels", &new).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.text().contains("At most 200 channels are possible."), "{}", refused.text());
}
