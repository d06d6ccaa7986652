//! Accounts, users and tokens on pages and through the API.

use super::house::{House, PASSWORD};
use crate::cli;
use axum::http::StatusCode;
use hob_feature::Scope;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

async fn token(house: &House, scope: Scope, lasts: Option<Duration>) -> String {
    let name = format!("a {scope} token");
    cli::create_token(&house.ctx.db, &house.ctx.clock, &name, scope, lasts).await.unwrap()
}

async fn id_of(house: &House, name: &str) -> String {
    let users = cli::list_users(&house.ctx.db).await.unwrap();
    users.into_iter().find(|user| user.name == name).unwrap().id
}

#[tokio::test]
async fn a_new_password_logs_every_other_browser_out() {
    let house = House::inhabited().await;
    let mut here = house.logged_in("ben").await;
    let mut there = house.logged_in("ben").await;
    let form = |current: &'static str, again: &'static str| {
        [("current", current), ("password", "battery staple"), ("again", again)]
    };
    let wrong = here.post("/account/password", &form("wrong horse", "battery staple")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("This is not your present password."), "{}", wrong.body);
    let differ = here.post("/account/password", &form(PASSWORD, "battery")).await;
    assert!(differ.body.contains("The two passwords differ."), "{}", differ.body);
    let changed = here.post("/account/password", &form(PASSWORD, "battery staple")).await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/account"));
    assert!(here.get("/account").await.body.contains("The password is changed"));
    assert!(!here.get("/account").await.body.contains("The password is changed"), "told once");
    assert_eq!(there.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(there.log_in("ben", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(there.log_in("ben", "battery staple").await.location(), "/");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let house = House::inhabited().await;
    let mut here = house.logged_in("ben").await;
    let mut there = house.logged_in("ben").await;
    let mut anna = house.logged_in("anna").await;
    let page = here.get("/account").await.body;
    assert_eq!(page.matches("Firefox on Linux").count(), 2, "{page}");
    assert_eq!(page.matches("This browser").count(), 1);
    assert!(page.contains("192.0.2.7"));
    let other = page.split("/account/sessions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let end = format!("/account/sessions/{other}/end");
    anna.post(&end, &[]).await;
    assert!(there.get("/account").await.status.is_success(), "not hers to end");
    assert_eq!(here.post(&end, &[]).await.location(), "/account");
    assert_eq!(there.get("/account").await.status, StatusCode::SEE_OTHER);

    let mut third = house.logged_in("ben").await;
    here.post("/account/sessions/others/end", &[]).await;
    assert!(here.get("/account").await.body.contains("1 other browser is logged out."));
    assert_eq!(third.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn ordinary_users_may_look_and_manage_themselves_only() {
    let house = House::inhabited().await;
    let mut ben = house.logged_in("ben").await;
    for path in ["/account/users", "/account/tokens"] {
        assert_eq!(ben.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(ben.post(path, &[("name", "x")]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let page = ben.get("/account").await;
    assert!(page.status.is_success() && !page.body.contains("/account/users"), "{}", page.body);
}

#[tokio::test]
async fn a_token_is_shown_once_on_its_page() {
    let house = House::inhabited().await;
    let mut anna = house.logged_in("anna").await;
    let form = [("name", "agent on the NAS"), ("scope", "agent"), ("expires_in", "30d")];
    let made = anna.post("/account/tokens", &form).await;
    assert_eq!((made.status, made.location()), (StatusCode::SEE_OTHER, "/account/tokens"));
    let page = anna.get("/account/tokens").await.body;
    let text: String = page.split(r#"value="hob_"#).nth(1).unwrap().chars().take(43).collect();
    assert!(page.contains("Copy it now"), "{page}");
    assert!(!anna.get("/account/tokens").await.body.contains(&text), "shown once");
    let token = cli::list_tokens(&house.ctx.db).await.unwrap().remove(0);
    assert_eq!((token.created_by.as_str(), token.scope), ("Anna", Scope::Agent));
    assert_eq!(token.expires_at.unwrap().since(token.created_at), DAY * 30);

    let taken = anna.post("/account/tokens", &form).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("already a token"), "{}", taken.body);
    let odd = anna.post("/account/tokens", &[("name", "x"), ("scope", "all")]).await;
    assert!(odd.body.contains("is not a scope"), "{}", odd.body);

    let revoke = format!("/account/tokens/{}/revoke", token.id);
    anna.post(&revoke, &[]).await;
    assert!(anna.get("/account/tokens").await.body.contains("is revoked."));
    anna.post(&revoke, &[]).await;
    assert!(anna.get("/account/tokens").await.body.contains("was revoked before."));
    house
        .call(&format!("hob_{text}"), "GET", "/api/v1/tokens", "")
        .await
        .assert_problem(401, "was revoked on 12 Nov 2026.");
}

#[tokio::test]
async fn programs_are_told_what_is_wrong_with_their_token() {
    let house = House::inhabited().await;
    let get = |token: String| {
        let house = &house;
        async move { house.call(&token, "GET", "/api/v1/tokens", "").await }
    };
    let read = token(&house, Scope::Read, None).await;
    get(read).await.assert_problem(403, "it needs the scope “admin”");
    let push = token(&house, Scope::Push, None).await;
    get(push).await.assert_problem(403, "it needs the scope “read”");
    get("hob_unknown".to_owned()).await.assert_problem(401, "not known");
    get("x".repeat(5000)).await.assert_problem(401, "not known");
    let admin = token(&house, Scope::Admin, Some(DAY)).await;
    assert!(get(admin.clone()).await.status.is_success());
    house.ctx.clock.advance(DAY);
    get(admin).await.assert_problem(401, "This API token expired on 13 Nov 2026.");
}

#[tokio::test]
async fn the_use_of_a_token_is_noted_once_a_minute() {
    let house = House::inhabited().await;
    let admin = token(&house, Scope::Admin, None).await;
    let mut seen = Vec::new();
    for pause in [0, 59, 1] {
        house.ctx.clock.advance(Duration::from_secs(pause));
        house.call(&admin, "GET", "/api/v1/users", "").await;
        seen.push(cli::list_tokens(&house.ctx.db).await.unwrap()[0].last_used_at.unwrap());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[2].since(seen[0]), Duration::from_secs(60));
}

#[tokio::test]
async fn the_api_makes_and_revokes_tokens() {
    let house = House::inhabited().await;
    let admin = token(&house, Scope::Admin, None).await;
    let body = r#"{"name":"backup script","scope":"push","expires_in":"7d"}"#;
    let made = house.call(&admin, "POST", "/api/v1/tokens", body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert!(made["token"].as_str().unwrap().starts_with("hob_"));
    assert_eq!((&made["scope"], &made["expires_at"]), (&"push".into(), &"2026-11-19T09:00:00.000Z".into()));
    assert_eq!(made["created_by"], "token “a admin token”");

    let list = house.call(&admin, "GET", "/api/v1/tokens", "").await.json();
    assert_eq!(list["tokens"].as_array().unwrap().len(), 2);
    assert!(list.to_string().contains("backup script") && !list.to_string().contains("hob_"));
    for (body, detail) in [
        (r#"{"name":"x","scope":"root"}"#, "is not a scope"),
        (r#"{"name":"x","scope":"read","expires_in":"soon"}"#, "is not a duration"),
        (r#"{"name":"x","scope":"read","expires_in":"0s"}"#, "must last for some time"),
        (r#"{"name":"","scope":"read"}"#, "1 to 64 characters"),
        (r#"{"name":"x","scope":"read","expires":"7d"}"#, "unknown field"),
    ] {
        house.call(&admin, "POST", "/api/v1/tokens", body).await.assert_problem(422, detail);
    }
    let taken = r#"{"name":"backup script","scope":"push"}"#;
    house.call(&admin, "POST", "/api/v1/tokens", taken).await.assert_problem(409, "already a token");
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(house.call(&admin, "DELETE", &path, "").await.status, StatusCode::NO_CONTENT);
    house.call(&admin, "DELETE", &path, "").await.assert_problem(409, "was revoked before");
    house
        .call(&admin, "DELETE", "/api/v1/tokens/none", "")
        .await
        .assert_problem(404, "There is no API token");
}

#[tokio::test]
async fn the_api_manages_users() {
    let house = House::inhabited().await;
    let admin = token(&house, Scope::Admin, None).await;
    let body = r#"{"name":"carl","password":"long enough"}"#;
    let made = house.call(&admin, "POST", "/api/v1/users", body).await;
    assert_eq!((made.status, &made.json()["admin"]), (StatusCode::CREATED, &false.into()));
    house.call(&admin, "POST", "/api/v1/users", body).await.assert_problem(409, "already a user");
    let path = format!("/api/v1/users/{}", made.json()["id"].as_str().unwrap());
    house.call(&admin, "DELETE", &path, "").await.assert_problem(409, "Disable the user first");
    let changed = house.call(&admin, "PATCH", &path, r#"{"disabled":true,"admin":true}"#).await.json();
    assert_eq!((&changed["disabled"], &changed["admin"]), (&true.into(), &true.into()));
    house.call(&admin, "PATCH", &path, r#"{"password":"short"}"#).await.assert_problem(422, "at least 8");
    assert_eq!(house.call(&admin, "DELETE", &path, "").await.status, StatusCode::NO_CONTENT);
    house.call(&admin, "PATCH", &path, "{}").await.assert_problem(404, "There is no user");

    let anna = format!("/api/v1/users/{}", id_of(&house, "Anna").await);
    house.call(&admin, "PATCH", &anna, r#"{"admin":false}"#).await.assert_problem(409, "last administrator");
    let list = house.call(&admin, "GET", "/api/v1/users", "").await;
    assert_eq!(list.json()["users"].as_array().unwrap().len(), 2);
    assert!(!list.body.contains("argon2"));
}

#[tokio::test]
async fn administrators_manage_users_on_pages() {
    let house = House::inhabited().await;
    let mut anna = house.logged_in("anna").await;
    let form = [("name", "carl"), ("password", "long enough"), ("admin", "yes")];
    assert_eq!(anna.post("/account/users", &form).await.location(), "/account/users");
    assert!(anna.get("/account/users").await.body.contains("“carl” can log in now."));
    let taken = anna.post("/account/users", &form).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("There is already a user “carl”."), "{}", taken.body);

    let carl = format!("/account/users/{}", id_of(&house, "carl").await);
    for (action, text) in [
        ("demote", "is an ordinary user now"),
        ("promote", "is an administrator now"),
        ("delete", "Disable the user first"),
        ("disable", "can no longer log in"),
        ("enable", "can log in again"),
    ] {
        assert_eq!(anna.post(&format!("{carl}/{action}"), &[]).await.location(), carl);
        assert!(anna.get(&carl).await.body.contains(text), "{action}");
    }
    let short = anna.post(&format!("{carl}/password"), &[("password", "short")]).await;
    assert!(short.body.contains("at least 8"), "{}", short.body);
    anna.post(&format!("{carl}/password"), &[("password", "fresh password")]).await;
    assert_eq!(house.browser().log_in("carl", "fresh password").await.location(), "/");
    anna.post(&format!("{carl}/disable"), &[]).await;
    assert_eq!(anna.post(&format!("{carl}/delete"), &[]).await.location(), "/account/users");
    assert_eq!(anna.get(&carl).await.status, StatusCode::NOT_FOUND);
    assert_eq!(anna.post(&format!("{carl}/explode"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_the_last_administrator_stays() {
    let house = House::inhabited().await;
    let mut anna = house.logged_in("anna").await;
    let mut ben = house.logged_in("ben").await;
    let user = format!("/account/users/{}", id_of(&house, "ben").await);
    anna.post(&format!("{user}/disable"), &[]).await;
    assert_eq!(ben.get("/account").await.status, StatusCode::SEE_OTHER);
    anna.post(&format!("{user}/enable"), &[]).await;
    assert_eq!(ben.get("/account").await.status, StatusCode::SEE_OTHER, "the old session stays ended");

    let own = format!("/account/users/{}", id_of(&house, "Anna").await);
    for action in ["disable", "demote"] {
        assert_eq!(anna.post(&format!("{own}/{action}"), &[]).await.location(), own);
        assert!(anna.get(&own).await.body.contains("is the last administrator"), "{action}");
    }
}

#[tokio::test]
async fn what_people_enter_is_escaped() {
    let house = House::inhabited().await;
    let mut anna = house.logged_in("anna").await;
    let script = "<script>alert(1)</script>";
    let form = [("name", script), ("scope", "read"), ("expires_in", "")];
    anna.post("/account/tokens", &form).await;
    let pages = [
        anna.get("/account/tokens").await,
        anna.post("/account/users", &[("name", script), ("password", PASSWORD)]).await,
        house.browser().post("/login", &[("name", script), ("password", "x"), ("next", script)]).await,
    ];
    for page in pages {
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
        assert!(page.body.contains("&lt;script"), "{}", page.body);
    }
}
