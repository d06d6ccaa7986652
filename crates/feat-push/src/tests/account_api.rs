//! ntfy's API of one's own account, with the expectations of its own tests.

use super::people::{Caller, basic, everywhere, hub, hub_with};
use hob_base::{Clock, Timestamp};
use hob_testkit::gate::PASSWORD;
use hob_testkit::hub::TestHub;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn nobody_learns_the_limits() {
    let hub = hub_with(
        "visitor_request_every = \"86s\"\nvisitor_attachments = \"5123\"\nattachment_file_size = \"512\"",
    )
    .start()
    .await;
    let (status, account) = Caller::nobody(&hub).ask("GET", "/v1/account", &Value::Null).await;
    assert_eq!(status, 200);
    let expected = json!({
        "username": "*",
        "role": "anonymous",
        "limits": {
            "basis": "ip", "messages": 1004, "messages_expiry_duration": 2_592_000, "emails": 24, "calls": 0,
            "reservations": 0, "attachment_total_size": 5123, "attachment_file_size": 512,
            "attachment_expiry_duration": 10_800, "attachment_bandwidth": 5123,
        },
        "stats": {
            "messages": 0, "messages_remaining": 1004, "emails": 0, "emails_remaining": 24, "calls": 0,
            "calls_remaining": 0, "reservations": 0, "reservations_remaining": 0, "attachment_total_size": 0,
            "attachment_total_size_remaining": 5123,
        },
    });
    assert_eq!(account, expected);
}

#[tokio::test]
async fn answers_can_be_read_by_pages_of_any_origin() {
    let hub = hub().start().await;
    for path in ["/v1/account", "/v1/users"] {
        let answer = Caller::nobody(&hub).send("GET", path, "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.headers.get_all("access-control-allow-origin").iter().count(), 1);
    }
}

#[tokio::test]
async fn people_are_told_who_they_are_whichever_way_they_show_it() {
    let hub = hub().start().await;
    let (_, made) = Caller::person(&hub, "ben").ask("POST", "/v1/account/token", &Value::Null).await;
    let token = made["token"].as_str().unwrap();
    let mut ways = vec![
        basic("ben", PASSWORD),
        basic("Ben", PASSWORD),
        format!("Bearer {token}"),
        format!("bearer {token}"),
        basic("", token),
        basic("anybody", token),
    ];
    for way in ways.drain(..) {
        let (status, account) = Caller::showing(&hub, &way).ask("GET", "/v1/account", &Value::Null).await;
        assert_eq!(
            (status, &account["username"], &account["role"]),
            (200, &json!("ben"), &json!("user")),
            "{way}"
        );
    }
    let query = base64_url(&format!("Bearer {token}"));
    let path = format!("/v1/account?auth={query}");
    assert_eq!(Caller::nobody(&hub).ask("GET", &path, &Value::Null).await.1["username"], "ben");
    let (_, admin) = Caller::person(&hub, "anna").ask("GET", "/v1/account", &Value::Null).await;
    assert_eq!(admin["role"], "admin");
}

fn base64_url(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_no_cookie_counts() {
    let hub = hub().start().await;
    let unknown = "Bearer tk_abcdefghijklmnopqrstuvwxyz012";
    for wrong in [&basic("ben", "wrong"), &basic("zoe", PASSWORD), unknown, "Bearer x", "Basic %%%"] {
        let code = Caller::showing(&hub, wrong).code("GET", "/v1/account", &Value::Null).await;
        assert_eq!(code, 40101, "{wrong}");
    }
    let mut with_cookie = Caller::nobody(&hub).with("cookie", "hob=u-anna; __Host-hob=u-anna");
    assert_eq!(with_cookie.ask("GET", "/v1/account", &Value::Null).await.1["username"], "*");
    assert_eq!(with_cookie.code("GET", "/v1/users", &Value::Null).await, 40101);
}

#[tokio::test]
async fn nobody_signs_up_but_an_administrator_adds_people() {
    let hub = hub().start().await;
    let emma = json!({ "username": "emma", "password": "an owl in the barn" });
    assert_eq!(Caller::nobody(&hub).code("POST", "/v1/account", &emma).await, 40022);
    assert_eq!(Caller::person(&hub, "ben").code("POST", "/v1/account", &emma).await, 40101);
    assert_eq!(Caller::person(&hub, "anna").code("POST", "/v1/account", &emma).await, 0);
    assert_eq!(Caller::person(&hub, "anna").code("POST", "/v1/account", &emma).await, 40901);
    assert_eq!(Caller::person(&hub, "ben").code("DELETE", "/v1/account", &Value::Null).await, 40301);
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_and_counts_at_once() {
    let hub = hub().start().await;
    let mut ben = Caller::person(&hub, "ben");
    let change = |old: &str, new: &str| json!({ "password": old, "new_password": new });
    assert_eq!(Caller::nobody(&hub).code("POST", "/v1/account/password", &change("a", "b")).await, 40101);
    assert_eq!(ben.code("POST", "/v1/account/password", &change("WRONG", "")).await, 40000);
    assert_eq!(ben.code("POST", "/v1/account/password", &change("WRONG", "new password")).await, 40026);
    // The new one is tried before it is right: that it was wrong must not be remembered.
    let mut with_new = Caller::showing(&hub, &basic("ben", "new password"));
    assert_eq!(with_new.code("GET", "/v1/account", &Value::Null).await, 40101);
    assert_eq!(ben.code("POST", "/v1/account/password", &change(PASSWORD, "new password")).await, 0);
    assert_eq!(ben.code("GET", "/v1/account", &Value::Null).await, 40101);
    assert_eq!(with_new.code("GET", "/v1/account", &Value::Null).await, 0);
}

#[tokio::test]
async fn tokens_are_made_listed_prolonged_and_removed() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut ben = Caller::person(&hub, "ben");
        let (status, made) = ben.ask("POST", "/v1/account/token", &Value::Null).await;
        let token = made["token"].as_str().unwrap().to_owned();
        assert_eq!((status, token.len()), (200, 32));
        assert!(token.starts_with("tk_"));
        assert_eq!(made["expires"], 1_800_000_000 + 72 * 3600);
        assert_eq!(
            (&made["last_origin"], &made["last_access"]),
            (&json!("127.0.0.1"), &json!(1_800_000_000))
        );

        let with_label = json!({ "label": "Ben's phone", "expires": 0 });
        let (_, second) = ben.ask("POST", "/v1/account/token", &with_label).await;
        assert_eq!(second.get("expires"), None);
        let (_, account) = ben.ask("GET", "/v1/account", &Value::Null).await;
        assert_eq!(account["tokens"].as_array().unwrap().len(), 2);
        assert!(!account.to_string().contains(&token), "a token is shown once");
        assert!(!account.to_string().contains(second["token"].as_str().unwrap()));

        hub.ctx().clock.advance(Duration::from_secs(1));
        let mut shown = Caller::showing(&hub, &format!("Bearer {token}"));
        let (_, longer) = shown.ask("PATCH", "/v1/account/token", &Value::Null).await;
        assert_eq!(longer["expires"], 1_800_000_001 + 72 * 3600);
        assert_eq!(ben.code("PATCH", "/v1/account/token", &Value::Null).await, 40023, "none was shown");
        let rename = json!({ "token": second["token"], "label": "Tablet" });
        assert_eq!(ben.ask("PATCH", "/v1/account/token", &rename).await.1["label"], "Tablet");

        assert_eq!(ben.code("DELETE", "/v1/account/token", &Value::Null).await, 40023);
        assert_eq!(shown.code("DELETE", "/v1/account/token", &Value::Null).await, 0);
        assert_eq!(shown.code("GET", "/v1/account", &Value::Null).await, 40101, "at once");
        let hint = ben.ask("GET", "/v1/account", &Value::Null).await.1["tokens"][0]["token"].clone();
        let mut by_hint = Caller::person(&hub, "ben").with("x-token", second["token"].as_str().unwrap());
        assert!(hint.as_str().unwrap().contains('…'), "{hint}");
        assert_eq!(by_hint.code("DELETE", "/v1/account/token", &Value::Null).await, 0);
        assert_eq!(ben.ask("GET", "/v1/account", &Value::Null).await.1.get("tokens"), None);
    }
}

#[tokio::test]
async fn nobody_touches_the_tokens_of_others() {
    let hub = hub().start().await;
    let (_, made) = Caller::person(&hub, "ben").ask("POST", "/v1/account/token", &Value::Null).await;
    let token = made["token"].as_str().unwrap();
    let rename = json!({ "token": token, "label": "mine" });
    assert_eq!(Caller::person(&hub, "carla").code("PATCH", "/v1/account/token", &rename).await, 40401);
    let mut carla = Caller::person(&hub, "carla").with("x-token", token);
    assert_eq!(carla.code("DELETE", "/v1/account/token", &Value::Null).await, 0, "nothing is told of it");
    let bearer = format!("Bearer {token}");
    assert_eq!(Caller::showing(&hub, &bearer).code("GET", "/v1/account", &Value::Null).await, 0);
    for other in ["Bearer hob_write", "Bearer hob_admin"] {
        let code = Caller::showing(&hub, other).code("POST", "/v1/account/token", &Value::Null).await;
        assert_eq!(code, 40101, "a token of the hub is nobody's: {other}");
    }
}

#[tokio::test]
async fn a_token_ends_when_it_says_even_while_it_is_remembered() {
    let hub = hub().start().await;
    let soon = json!({ "expires": 1_800_000_030 });
    let (_, made) = Caller::person(&hub, "ben").ask("POST", "/v1/account/token", &soon).await;
    let mut shown = Caller::showing(&hub, &format!("Bearer {}", made["token"].as_str().unwrap()));
    assert_eq!(shown.code("GET", "/v1/account", &Value::Null).await, 0);
    hub.ctx().clock.advance(Duration::from_secs(29));
    assert_eq!(shown.code("GET", "/v1/account", &Value::Null).await, 0);
    hub.ctx().clock.advance(Duration::from_secs(1));
    assert_eq!(shown.code("GET", "/v1/account", &Value::Null).await, 40101);
}

#[tokio::test]
async fn tokens_survive_a_restart_and_sixty_are_the_most() {
    let hub = hub().start().await;
    let mut ben = Caller::person(&hub, "ben");
    let mut all = Vec::new();
    for _ in 0..61 {
        hub.ctx().clock.advance(Duration::from_secs(1));
        all.push(
            ben.ask("POST", "/v1/account/token", &Value::Null).await.1["token"].as_str().unwrap().to_owned(),
        );
    }
    let hub = hub.stop().await.clock(Clock::fake(Timestamp::from_millis(1_800_000_100_000))).start().await;
    let code = |token: &str| {
        let bearer = format!("Bearer {token}");
        let mut shown = Caller::showing(&hub, &bearer);
        async move { shown.code("GET", "/v1/account", &Value::Null).await }
    };
    assert_eq!(code(&all[0]).await, 40101, "the one used longest ago gave way");
    assert_eq!(code(&all[1]).await, 0);
    assert_eq!(code(&all[60]).await, 0);
}

#[tokio::test]
async fn settings_are_kept_field_by_field() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut ben = Caller::person(&hub, "ben");
        let sound = json!({ "notification": { "sound": "juntos" }, "ignored": true });
        assert_eq!(ben.code("PATCH", "/v1/account/settings", &sound).await, 0);
        let rest = json!({ "notification": { "delete_after": 86400 }, "language": "de" });
        assert_eq!(ben.code("PATCH", "/v1/account/settings", &rest).await, 0);
        let (_, account) = ben.ask("GET", "/v1/account", &Value::Null).await;
        assert_eq!(account["language"], "de");
        assert_eq!(account["notification"], json!({ "sound": "juntos", "delete_after": 86400 }));
        let answer = ben.send("PATCH", "/v1/account/settings", "{").await;
        assert_eq!(answer.json()["code"], 40024);
        let large = format!("{{\"language\":\"{}\"}}", "x".repeat(5000));
        assert_eq!(ben.send("PATCH", "/v1/account/settings", &large).await.json()["code"], 41303);
        assert_eq!(Caller::nobody(&hub).code("PATCH", "/v1/account/settings", &sound).await, 40101);
    }
}

#[tokio::test]
async fn subscriptions_are_kept_for_a_persons_clients() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut ben = Caller::person(&hub, "ben");
        let own = json!({ "base_url": "http://abc.com", "topic": "def" });
        let path = "/v1/account/subscription";
        let (_, added) = ben.ask("POST", path, &own).await;
        assert_eq!(added, json!({ "base_url": "http://abc.com", "topic": "def", "display_name": null }));
        assert_eq!(ben.code("POST", path, &own).await, 40903);
        assert_eq!(ben.code("POST", path, &json!({ "base_url": "abc", "topic": "def" })).await, 40000);
        let named = json!({ "base_url": "http://abc.com", "topic": "def", "display_name": "ding dong" });
        assert_eq!(ben.ask("PATCH", path, &named).await.1["display_name"], "ding dong");
        let unknown = json!({ "base_url": "http://abc.com", "topic": "other", "display_name": "x" });
        assert_eq!(ben.code("PATCH", path, &unknown).await, 40401);
        assert_eq!(ben.ask("GET", "/v1/account", &Value::Null).await.1["subscriptions"], json!([named]));
        let (_, carla) = Caller::person(&hub, "carla").ask("GET", "/v1/account", &Value::Null).await;
        assert_eq!(carla.get("subscriptions"), None);
        let mut remover =
            Caller::person(&hub, "ben").with("x-baseurl", "http://abc.com").with("x-topic", "def");
        assert_eq!(remover.code("DELETE", path, &Value::Null).await, 0);
        assert_eq!(ben.ask("GET", "/v1/account", &Value::Null).await.1.get("subscriptions"), None);
    }
}

#[tokio::test]
async fn of_several_who_reserve_a_topic_at_a_time_one_has_it() {
    let hub = hub().start().await;
    for round in 0..5 {
        let wanted = json!({ "topic": format!("diary{round}"), "everyone": "deny-all" });
        let ask = async |name: &str| {
            Caller::person(&hub, name).code("POST", "/v1/account/reservation", &wanted).await
        };
        let codes = tokio::join!(ask("ben"), ask("carla"), ask("dora"));
        let mut codes = [codes.0, codes.1, codes.2];
        codes.sort_unstable();
        assert_eq!(codes, [0, 40902, 40902], "round {round}");
    }
}

#[tokio::test]
async fn topics_are_reserved_and_given_up() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        reserve_and_give_up(&hub).await;
    }
}

async fn reserve_and_give_up(hub: &TestHub) {
    let path = "/v1/account/reservation";
    let (mut ben, mut carla) = (Caller::person(hub, "ben"), Caller::person(hub, "carla"));
    let diary = |everyone: &str| json!({ "topic": "diary", "everyone": everyone });
    assert_eq!(Caller::nobody(hub).code("POST", path, &diary("deny-all")).await, 40101);
    assert_eq!(ben.code("POST", path, &json!({ "topic": "d/x", "everyone": "deny-all" })).await, 40009);
    assert_eq!(ben.code("POST", path, &diary("nobody")).await, 40025);
    assert_eq!(ben.code("POST", path, &diary("deny-all")).await, 0);
    assert_eq!(carla.code("POST", path, &diary("deny-all")).await, 40902);
    assert_eq!(ben.code("POST", path, &diary("read-only")).await, 0, "what others may can be changed");
    let (_, account) = ben.ask("GET", "/v1/account", &Value::Null).await;
    assert_eq!(account["reservations"], json!([{ "topic": "diary", "everyone": "read-only" }]));
    assert_eq!(account["stats"]["reservations"], 1);
    assert_eq!(account["stats"]["reservations_remaining"], 49);
    assert_eq!(carla.code("DELETE", "/v1/account/reservation/diary", &Value::Null).await, 40101);
    assert_eq!(ben.code("DELETE", "/v1/account/reservation/diary", &Value::Null).await, 0);
    assert_eq!(ben.code("DELETE", "/v1/account/reservation/diary", &Value::Null).await, 40101);
    for n in 0..50 {
        let wanted = json!({ "topic": format!("topic-{n}"), "everyone": "deny" });
        assert_eq!(ben.code("POST", path, &wanted).await, 0, "{n}");
    }
    assert_eq!(ben.code("POST", path, &diary("deny")).await, 42907);
}

#[tokio::test]
async fn figures_and_tiers_are_told() {
    let hub = hub().start().await;
    let (_, stats) = Caller::nobody(&hub).ask("GET", "/v1/stats", &Value::Null).await;
    assert_eq!(stats, json!({ "messages": 0, "messages_rate": 0.0 }));
    assert_eq!(Caller::nobody(&hub).ask("GET", "/v1/tiers", &Value::Null).await, (200, json!([])));
}

#[tokio::test]
async fn requests_and_wrong_credentials_have_limits() {
    let hub = hub_with("exempt = []\nvisitor_requests = 3\nvisitor_request_every = \"10s\"").start().await;
    let mut nobody = Caller::nobody(&hub);
    for _ in 0..3 {
        assert_eq!(nobody.code("GET", "/v1/stats", &Value::Null).await, 0);
    }
    assert_eq!(nobody.code("GET", "/v1/stats", &Value::Null).await, 42901);
    assert_eq!(
        Caller::person(&hub, "ben").code("GET", "/v1/stats", &Value::Null).await,
        0,
        "a person has their own"
    );
    hub.ctx().clock.advance(Duration::from_secs(10));
    assert_eq!(nobody.code("GET", "/v1/stats", &Value::Null).await, 0);
    for n in 0..30 {
        let wrong = basic("ben", &format!("wrong {n}"));
        assert_eq!(Caller::showing(&hub, &wrong).code("GET", "/v1/stats", &Value::Null).await, 40101);
    }
    let mut ben = Caller::showing(&hub, &basic("carla", PASSWORD));
    assert_eq!(ben.code("GET", "/v1/stats", &Value::Null).await, 42909);
    let known = Caller::person(&hub, "ben").code("GET", "/v1/stats", &Value::Null).await;
    assert_eq!(known, 0, "who was recognised a moment ago is not kept out by others at the same address");
    hub.ctx().clock.advance(Duration::from_secs(60));
    assert_eq!(ben.code("GET", "/v1/stats", &Value::Null).await, 0);
}

#[tokio::test]
async fn the_same_wrong_password_again_and_again_is_one_try() {
    let hub = hub().start().await;
    for _ in 0..100 {
        let wrong = basic("ben", "an old password");
        assert_eq!(Caller::showing(&hub, &wrong).code("GET", "/v1/stats", &Value::Null).await, 40101);
    }
    assert_eq!(Caller::person(&hub, "carla").code("GET", "/v1/stats", &Value::Null).await, 0);
}
