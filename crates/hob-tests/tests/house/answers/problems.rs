//! Errors, as each kind of reader wants them.

use crate::support::{house, token};
use bytes::Bytes;
use hob_testkit::client::Answer;
use http::Method;

fn is_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    for field in ["type", "title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
    }
}

#[tokio::test]
async fn programs_get_problems_as_rfc_9457_says() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let mut read = token(&hub, &anna, "read").await;
    let mut admin = token(&hub, &anna, "admin").await;
    is_problem(&hub.client().get("/api/v1/resources").await, 401);
    is_problem(&read.get("/api/v1/users").await, 403);
    is_problem(&read.get("/api/v1/nothing").await, 404);
    is_problem(&read.get("/resources/no/such/thing").await, 404);
    is_problem(&read.send(Method::DELETE, "/api/v1/resources", &[], Bytes::new()).await, 403);

    let wrong = read.get("/api/v1/resources?health=purple").await;
    is_problem(&wrong, 422);
    assert_eq!(wrong.json()["field"], "health");
    assert!(wrong.json()["detail"].as_str().unwrap().contains("ok, warning, critical or unknown"));
    is_problem(&read.get("/api/v1/transitions?resource=nonsense").await, 422);
    is_problem(&read.get("/api/v1/transitions?limit=many").await, 400);
    let body = Bytes::from_static(b"{ not json");
    let headers = [("content-type", "application/json")];
    is_problem(&admin.send(Method::POST, "/api/v1/tokens", &headers, body).await, 400);
    let no_method = admin.send(Method::PUT, "/api/v1/tokens", &[], Bytes::new()).await;
    is_problem(&no_method, 405);
    assert!(no_method.header("allow").contains("POST"), "{:?}", no_method.headers);
}

#[tokio::test]
async fn people_get_a_page_and_htmx_gets_a_part_of_one() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let page = anna.get("/nowhere").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"));
    let text = page.text();
    assert!(text.contains("<html") && text.contains("/nowhere") && text.contains("href=\"/\""), "{text}");

    let mut htmx = anna.clone().with("hx-request", "true");
    let part = htmx.get("/resources/no/such/thing").await;
    assert_eq!((part.status.as_u16(), part.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(
        part.text().starts_with("<p class=\"error\"") && !part.text().contains("<html"),
        "{}",
        part.text()
    );

    let logged_out = hub.client().with("hx-request", "true").get("/search").await;
    assert_eq!((logged_out.status.as_u16(), logged_out.header("hx-redirect")), (401, "/login"));
    let foreign = anna.with("accept", "application/json").get("/nowhere").await;
    assert_eq!(foreign.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn paths_that_try_to_climb_out_lead_nowhere() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    for path in [
        "/assets/../../../etc/passwd",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/resources/..%2f..%2fetc/passwd/x",
        "/resources/host/home/%00",
        "/resources/%ff%fe/a/b",
        "/open/service/nas/none",
        "/tiles/%2e%2e/x/y",
    ] {
        let answer = anna.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:"), "{path}");
    }
}
