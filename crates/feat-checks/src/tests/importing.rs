//! Bringing checks from elsewhere, on the page and over the API.

use super::desk::{hub, until, who};
use hob_base::Level;
use hob_testkit::client::{Answer, Client};
use hob_testkit::fake_service::FakeService;
use http::Method;
use serde_json::json;

const KUMA: &str = include_str!("../import/tests/kuma.json");
const GATUS: &str = include_str!("../import/tests/gatus.yaml");

/// The same with every monitor paused: what is taken must not be asked, since it is not on this machine.
fn paused() -> String {
    KUMA.replace("\"active\": true", "\"active\": false").replace("\"active\": 1", "\"active\": 0")
}

async fn upload(client: &mut Client, file: &str, pasted: &str) -> Answer {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{file}\r\n--x\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\n{pasted}\r\n--x--\r\n"
    );
    client
        .send(
            Method::POST,
            "/checks/import",
            &[("content-type", "multipart/form-data; boundary=x")],
            body.into(),
        )
        .await
}

/// The id under which what was read waits.
fn waiting(page: &str) -> String {
    let rest = page.split("name=\"import\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_backup_is_looked_at_and_then_taken_in_part() {
    let hub = hub().start().await;
    let mut anna = who(&hub, "write");
    anna.post_form(
        "/checks/new",
        &[("kind", "tcp"), ("host", "127.0.0.1"), ("port", "9"), ("name", "Photos")],
    )
    .await;
    let page = upload(&mut anna, &paused(), "").await;
    assert_eq!(page.status, 200);
    let html = page.text();
    for words in [
        "From Uptime Kuma: 19 checks",
        "Jellyfin",
        "scheduled job",
        "The name is taken; this one would be “photos-2”",
        "Nothing is made yet.",
    ] {
        let at = html.find("<main").unwrap_or_default();
        assert!(html.contains(words), "{words}: {}", &html[at..]);
    }
    for secret in ["hunter2", "kettle", "s3cret", "p@ss"] {
        assert!(!html.contains(secret), "{secret}");
    }
    let number = |name: &str| {
        let before = html.split(&format!("Take {name}<")).next().unwrap();
        before.rsplit("for=\"").next().unwrap().split('"').next().unwrap().to_owned()
    };
    let (group, photos, ssh) = (number("Media"), number("Photos"), number("SSH of nas"));
    assert!(
        !html.contains(&format!("name=\"{photos}\" value=\"yes\" checked")),
        "what clashes is not ticked"
    );
    let id = waiting(&html);
    let none = anna.post_form("/checks/import/take", &[("import", &*id)]).await;
    assert_eq!(none.status, 422, "{}", none.text());
    let fields = [("import", &*id), (&*group, "yes"), (&*photos, "yes"), (&*ssh, "yes")];
    let mut other = hub.client().bearer("admin");
    assert_eq!(
        anna.post_form("/checks/import/take", &fields).await.header("location"),
        "/checks?said=imported"
    );
    assert_eq!(anna.post_form("/checks/import/take", &fields).await.status, 409, "only once");
    let told = other.get("/api/v1/checks").await.json();
    let all = told["checks"].as_array().unwrap();
    assert_eq!(all.len(), 4);
    let media = all.iter().find(|one| one["id"] == "media").unwrap();
    assert_eq!(
        media["definition"]["target"]["members"],
        json!(["service/added/photos-2"]),
        "its members follow their names"
    );
}

#[tokio::test]
async fn what_is_no_such_file_is_refused_and_stays_in_its_field() {
    let hub = hub().start().await;
    let mut anna = who(&hub, "write");
    let answer = upload(&mut anna, "", "just some <text>").await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text().contains("neither a backup") && answer.text().contains("just some &lt;text&gt;"),
        "{}",
        answer.text()
    );
    let large = "x".repeat(9 << 20);
    let refused = upload(&mut anna, &large, "").await;
    assert!(refused.status == 422 && refused.text().contains("8 MiB"), "{}", refused.status);
    assert_eq!(upload(&mut anna, "", "").await.status, 422);
    assert_eq!(anna.post_form("/checks/import/take", &[("import", "77")]).await.status, 409);
}

#[tokio::test]
async fn a_program_imports_after_a_dry_run() {
    let (hub, web) = (hub().start().await, FakeService::start().await);
    let mut script = who(&hub, "write");
    let yaml = format!(
        "endpoints:\n  - name: web\n    url: {}\n    interval: 1s\n    conditions: [\"[STATUS] == 200\"]\n",
        web.url()
    );
    let dry = script
        .send(
            Method::POST,
            "/api/v1/checks/import?dry_run=true",
            &[("content-type", "text/yaml")],
            yaml.clone().into(),
        )
        .await;
    assert_eq!(
        dry.json()["made"],
        json!([{ "id": "web", "name": "web", "kind": "http", "enabled": true }]),
        "{}",
        dry.text()
    );
    assert!(script.get("/api/v1/checks").await.json()["checks"].as_array().unwrap().is_empty());
    let real = script.send(Method::POST, "/api/v1/checks/import", &[], yaml.into()).await;
    assert_eq!((real.status.as_u16(), &real.json()["dry_run"]), (200, &json!(false)));
    until(&hub, "service/added/web", Some(Level::Ok)).await;
    let all = script.send(Method::POST, "/api/v1/checks/import?dry_run=true", &[], GATUS.into()).await.json();
    assert!(
        all["left_out"]
            .as_array()
            .unwrap()
            .iter()
            .any(|left| left["name"] == "ext-ep-test" && left["made"] == false)
    );
    assert_eq!(script.send(Method::POST, "/api/v1/checks/import", &[], "x: 1".into()).await.status, 422);
}
