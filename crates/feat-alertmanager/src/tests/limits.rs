//! Who may do what, and how much.

use super::house::{ask, get, hub, still_hub};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn each_token_may_what_its_scope_says() {
    let (hub, _) = still_hub().await;
    let alert = r#"[{"labels":{"a":"x"}}]"#;
    let silence = "{}";
    let expected = [
        (Method::GET, "/api/v2/alerts", "", ["read", "write"].as_slice()),
        (Method::GET, "/api/v2/alerts/groups", "", &["read", "write"]),
        (Method::GET, "/api/v2/status", "", &["read", "write"]),
        (Method::GET, "/api/v2/receivers", "", &["read", "write"]),
        (Method::GET, "/api/v2/silences", "", &["read", "write"]),
        (Method::GET, "/api/v2/silence/abc", "", &["read", "write"]),
        (Method::GET, "/api/v2/elsewhere", "", &["read", "write"]),
        (Method::POST, "/api/v2/alerts", alert, &["push", "write"]),
        (Method::POST, "/api/v2/silences", silence, &["write"]),
        (Method::DELETE, "/api/v2/silence/abc", "", &["write"]),
    ];
    for (method, path, body, may) in expected {
        for token in ["read", "write", "push", "agent"] {
            let answer = ask(&hub, token, method.clone(), path, body).await;
            assert_eq!(
                answer.status != 403,
                may.contains(&token),
                "{method} {path} {token}: {}",
                answer.status
            );
            assert!(
                answer.status != 403
                    || answer.json()["message"].as_str().unwrap().contains("needs the scope")
            );
        }
        let answer = ask(&hub, "unheard-of", method.clone(), path, body).await;
        assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, "Basic realm=\"Hob\""));
        assert_eq!(answer.json()["code"], 401);
        let mut stranger = hub.client().with("cookie", "hob=write");
        let answer =
            stranger.send(method, &format!("/alertmanager{path}"), &[], body.to_owned().into()).await;
        assert_eq!(answer.status, 401, "a cookie opens no door");
    }
    // What tells nothing of the house is told to everybody.
    assert_eq!(ask(&hub, "nobody", Method::GET, "/-/healthy", "").await.text(), "OK");
    let mut basic = hub.client().with("authorization", "Basic cHJvbWV0aGV1czpyZWFk");
    assert_eq!(basic.get("/alertmanager/api/v2/alerts").await.status, 200, "prometheus:read");
}

fn flood(count: usize) -> Value {
    let alert = |i: usize| {
        json!({
            "labels": { "alertname": "Flood", "instance": format!("host{i}:9100"), "job": "node", "severity": "warning" },
            "annotations": { "summary": format!("Host {i} is wet"), "description": "Water has come in at the cellar." },
            "startsAt": "2026-11-23T10:00:00Z",
            "generatorURL": "http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        })
    };
    Value::Array((0..count).map(alert).collect())
}

#[tokio::test]
async fn ten_thousand_alerts_at_once_are_taken_and_one_more_is_refused() {
    let hub = hub().start().await;
    let body = flood(10_000).to_string();
    let start = Instant::now();
    let posting = async {
        let answer = ask(&hub, "push", Method::POST, "/api/v2/alerts", &body).await;
        (answer, start.elapsed())
    };
    // Meanwhile somebody else asks: nobody waits for the flood.
    let asking = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let asked = Instant::now();
            assert_eq!(ask(&hub, "read", Method::GET, "/-/healthy", "").await.status, 200);
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slowest
    };
    let ((answer, took), slowest) = tokio::join!(posting, asking);
    assert_eq!((answer.status.as_u16(), answer.text()), (200, String::new()));
    hub.wait_until("the house knows of all", Duration::from_secs(60), |ctx| {
        ctx.resources.of_kind("alert").len() == 10_000
    })
    .await;
    let known = start.elapsed();
    let listing = Instant::now();
    assert_eq!(get(&hub, "/api/v2/alerts").await.as_array().unwrap().len(), 10_000);
    println!(
        "{} KiB with 10,000 alerts: answered after {took:?}, all known after {known:?}, listed in {:?}; \
         others waited {slowest:?} at most",
        body.len() >> 10,
        listing.elapsed()
    );
    assert!(took < Duration::from_secs(20) && slowest < Duration::from_secs(5), "{took:?} {slowest:?}");

    let answer = ask(&hub, "push", Method::POST, "/api/v2/alerts", &flood(10_002).to_string()).await;
    assert_eq!(answer.status, 429);
    let text = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(text.starts_with("2 of these alerts were refused: Hob keeps at most 10000 alerts"), "{text}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_the_limit() {
    let (hub, _) = still_hub().await;
    let large = " ".repeat((8 << 20) + 1);
    let answer = ask(&hub, "push", Method::POST, "/api/v2/alerts", &large).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["message"].as_str().unwrap().contains("8388608 bytes"), "{}", answer.text());
    let answer = ask(&hub, "write", Method::POST, "/api/v2/silences", &large[..300_000]).await;
    assert_eq!(answer.status, 413);

    // Many labels cost no more memory than a few.
    let labels: Vec<String> = (0..100_000).map(|i| format!("\"l{i}\":\"x\"")).collect();
    let body = format!("[{{\"labels\":{{{}}}}}]", labels.join(","));
    let answer = ask(&hub, "push", Method::POST, "/api/v2/alerts", &body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("more than 64 labels"), "{}", answer.text());
}
