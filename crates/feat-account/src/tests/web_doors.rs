//! The doors: setup, login, logout, cookies, and what keeps strangers out.

use super::house::{House, PASSWORD};
use crate::memory::remembered;
use crate::{FEATURE, cli};
use axum::http::{HeaderValue, StatusCode};
use std::time::Duration;

async fn setup_code(house: &House) -> String {
    let lines = (FEATURE.greeting)(house.ctx.clone()).await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("  (opens the first account; valid until it is used)"), "{}", lines[0]);
    lines[0].strip_prefix("Setup code: ").unwrap()[..14].to_owned()
}

fn setup_form<'a>(code: &'a str, name: &'a str, password: &'a str) -> [(&'static str, &'a str); 4] {
    [("code", code), ("name", name), ("password", password), ("again", password)]
}

#[tokio::test]
async fn the_code_from_the_console_makes_the_first_administrator_once() {
    let house = House::empty().await;
    let mut browser = house.browser();
    assert_eq!(browser.get("/account").await.location(), "/setup");
    let page = browser.get("/setup").await;
    assert!(page.status.is_success() && page.body.contains("Welcome to Hob"), "{page:?}");

    let code = setup_code(&house).await;
    assert_eq!(setup_code(&house).await, code, "it stays the same until it is used");
    let typed = code.replace('-', " ").to_lowercase();
    let done = browser.post("/setup", &setup_form(&typed, " Anna ", PASSWORD)).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"));
    let account = browser.get("/account").await;
    assert!(
        account.body.contains("<h1>Anna</h1>") && account.body.contains("administrator"),
        "{}",
        account.body
    );

    let again = house.browser().post("/setup", &setup_form(&code, "mallory", PASSWORD)).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(house.browser().get("/setup").await.location(), "/login");
    assert!((FEATURE.greeting)(house.ctx.clone()).await.is_empty());
    assert_eq!(cli::list_users(&house.ctx.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn without_the_code_nobody_gets_in_and_trying_gets_slow() {
    let house = House::empty().await;
    let code = setup_code(&house).await;
    let mut browser = house.browser();
    for _ in 0..3 {
        let wrong = browser.post("/setup", &setup_form("AAAA-AAAA-AAAA", "anna", PASSWORD)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("This is not the code"), "{}", wrong.body);
    }
    let slow = browser.post("/setup", &setup_form(&code, "anna", PASSWORD)).await;
    assert_eq!((slow.status, slow.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("1")));
    house.ctx.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.post("/setup", &setup_form(&code, "anna", PASSWORD)).await.location(), "/");
}

#[tokio::test]
async fn what_is_wrong_with_the_first_account_is_said_beside_the_field() {
    let house = House::empty().await;
    let code = setup_code(&house).await;
    let mut browser = house.browser();
    for (form, problem) in [
        (setup_form(&code, "an na", PASSWORD), "A name has no spaces"),
        (setup_form(&code, "anna", "short"), "at least 8 characters"),
        (
            [("code", &*code), ("name", "anna"), ("password", PASSWORD), ("again", "other")],
            "two passwords differ",
        ),
    ] {
        let page = browser.post("/setup", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains(problem), "{problem}: {}", page.body);
        assert!(
            page.body.contains(&code) && !page.body.contains(PASSWORD),
            "the code stays, the password does not"
        );
    }
}

#[tokio::test]
async fn a_user_added_by_command_ends_the_setup_at_once() {
    let house = House::empty().await;
    let code = setup_code(&house).await;
    house.settle_in().await;
    let late = house.browser().post("/setup", &setup_form(&code, "mallory", PASSWORD)).await;
    assert_eq!(late.location(), "/login");
    assert_eq!(house.browser().log_in("anna", PASSWORD).await.location(), "/");
}

#[tokio::test]
async fn a_login_leads_back_to_where_it_was_asked_for() {
    let house = House::inhabited().await;
    let mut browser = house.browser();
    let asked = browser.get("/account?x=1").await;
    assert_eq!(asked.location(), "/login?next=%2Faccount%3Fx%3D1");
    let page = browser.get(asked.location()).await;
    assert!(page.body.contains(r#"name="next" value="/account?x=1""#), "{}", page.body);
    let form = [("name", "ANNA"), ("password", PASSWORD), ("next", "/account?x=1")];
    assert_eq!(browser.post("/login", &form).await.location(), "/account?x=1");
    assert!(browser.get("/account?x=1").await.status.is_success());
    assert_eq!(browser.get("/login?next=/account").await.location(), "/account", "who is in need not log in");
    let form = [("name", "anna"), ("password", PASSWORD), ("next", "//evil.example")];
    assert_eq!(house.browser().post("/login", &form).await.location(), "/");
}

#[tokio::test]
async fn unknown_wrong_and_disabled_are_one_answer() {
    let house = House::inhabited().await;
    cli::disable_user(&house.ctx.db, "ben").await.unwrap();
    let mut bodies = Vec::new();
    for (i, (name, password)) in [
        ("anna", "wrong horse"),
        ("nobody", PASSWORD),
        ("ben", PASSWORD),
        ("", ""),
        ("anna", &"x".repeat(300)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut browser = house.browser_at(&format!("192.0.2.{i}"));
        let answer = browser.log_in(name, password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.cookie, None);
        assert!(answer.body.contains("The name or the password is wrong."), "{}", answer.body);
        bodies.push(answer.body.replace(&format!("value=\"{name}\""), "value=\"\""));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn a_program_that_logs_in_is_answered_with_a_problem() {
    let house = House::inhabited().await;
    let mut browser = house.browser();
    browser.headers.insert("accept", HeaderValue::from_static("application/json"));
    browser.log_in("anna", "wrong horse").await.assert_problem(401, "The name or the password is wrong.");
}

#[tokio::test]
async fn cookies_are_for_this_host_and_for_tls_where_there_is_tls() {
    let house = House::inhabited().await;
    let plain = house.browser().log_in("anna", PASSWORD).await;
    let cookie = plain.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("hob=") && cookie.ends_with("; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );

    let mut browser = house.browser();
    browser.origin = Some("https://hob.lan".to_owned());
    browser.headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    let secure = browser.log_in("anna", PASSWORD).await;
    let cookie = secure.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-hob=") && cookie.ends_with("HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    assert!(browser.get("/account").await.status.is_success());
    browser.headers.clear();
    assert!(!browser.get("/account").await.status.is_success(), "over plain HTTP that cookie does not count");
}

#[tokio::test]
async fn logging_out_ends_the_session_not_only_the_cookie() {
    let house = House::inhabited().await;
    let mut browser = house.logged_in("anna").await;
    let cookie = browser.cookie.clone();
    let out = browser.post("/logout", &[]).await;
    assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/login"));
    assert!(out.header("set-cookie").unwrap().contains("hob=; Path=/; Max-Age=0"), "{out:?}");
    browser.cookie = cookie;
    assert_eq!(browser.get("/account").await.location(), "/login?next=%2Faccount");
    assert_eq!(browser.post("/logout", &[]).await.location(), "/login", "twice is no mistake");
}

#[tokio::test]
async fn logging_in_again_ends_the_session_before() {
    let house = House::inhabited().await;
    let mut browser = house.logged_in("anna").await;
    let before = browser.cookie.clone();
    browser.log_in("ben", PASSWORD).await;
    assert!(browser.get("/account").await.body.contains("<h1>ben</h1>"));
    browser.cookie = before;
    assert!(browser.get("/account").await.status.is_redirection());
}

#[tokio::test]
async fn other_sites_cannot_act_for_who_is_logged_in() {
    let house = House::inhabited().await;
    let mut browser = house.logged_in("anna").await;
    let form = [("current", PASSWORD), ("password", "stolen horse"), ("again", "stolen horse")];
    for origin in [Some("https://evil.example"), Some("null"), None] {
        browser.origin = origin.map(ToOwned::to_owned);
        for path in ["/account/password", "/account/users", "/logout", "/login"] {
            assert_eq!(
                browser.post(path, &form).await.status,
                StatusCode::FORBIDDEN,
                "{path} from {origin:?}"
            );
        }
    }
    assert!(browser.get("/account").await.status.is_success(), "still logged in");
}

#[tokio::test]
async fn guessing_gets_slow_for_the_guesser_and_not_for_others() {
    let house = House::inhabited().await;
    let mut guesser = house.browser_at("203.0.113.5");
    for _ in 0..3 {
        assert_eq!(guesser.log_in("anna", "wrong horse").await.status, StatusCode::UNAUTHORIZED);
    }
    let refused = guesser.log_in("anna", PASSWORD).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("1")));
    assert!(refused.body.contains("Wait 1 second and try again."), "{}", refused.body);
    assert_eq!(guesser.log_in("ben", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(house.browser().log_in("anna", PASSWORD).await.location(), "/", "elsewhere nothing is felt");

    house.ctx.clock.advance(Duration::from_secs(1));
    assert_eq!(guesser.log_in("anna", "wrong horse").await.status, StatusCode::UNAUTHORIZED);
    house.ctx.clock.advance(Duration::from_secs(1));
    assert_eq!(guesser.log_in("anna", PASSWORD).await.header("retry-after"), Some("1"));
    house.ctx.clock.advance(Duration::from_secs(1));
    assert_eq!(guesser.log_in("anna", PASSWORD).await.location(), "/", "never shut out for good");
    assert_eq!(
        guesser.log_in("anna", "wrong horse").await.status,
        StatusCode::UNAUTHORIZED,
        "and starts afresh"
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_counts_for_itself() {
    let house = House::with_config("[account]\ntrusted_proxies = [\"127.0.0.1\"]\n").await;
    house.settle_in().await;
    let mut guesser = house.browser_at("127.0.0.1");
    guesser.headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.5"));
    for _ in 0..3 {
        guesser.log_in("anna", "wrong horse").await;
    }
    assert_eq!(guesser.log_in("anna", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut owner = house.browser_at("127.0.0.1");
    owner.headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.7"));
    assert_eq!(owner.log_in("anna", PASSWORD).await.location(), "/");
    assert!(owner.get("/account").await.body.contains("192.0.2.7"));
}

#[tokio::test]
async fn a_direct_client_cannot_make_up_its_address() {
    let house = House::inhabited().await;
    let mut guesser = house.browser_at("203.0.113.5");
    for n in 0..4_u8 {
        let made_up = HeaderValue::from_str(&format!("198.51.100.{n}")).unwrap();
        guesser.headers.insert("x-forwarded-for", made_up);
        let expected = if n < 3 { StatusCode::UNAUTHORIZED } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(guesser.log_in("anna", "wrong horse").await.status, expected);
    }
    assert!(remembered(&house.ctx).told_of_proxy.load(std::sync::atomic::Ordering::Relaxed));
}

#[tokio::test]
async fn sessions_slide_and_end() {
    const DAY: Duration = Duration::from_secs(86_400);
    let house = House::inhabited().await;
    let mut browser = house.logged_in("anna").await;
    for _ in 0..8 {
        house.ctx.clock.advance(DAY * 22);
        assert!(browser.get("/account").await.status.is_success());
    }
    house.ctx.clock.advance(DAY * 4);
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER, "180 days are the end");

    let mut idle = house.logged_in("anna").await;
    house.ctx.clock.advance(DAY * 30);
    assert_eq!(idle.get("/account").await.status, StatusCode::SEE_OTHER);
    let report = crate::jobs::expire(&house.ctx).await.unwrap();
    assert_eq!(report, "Deleted 2 expired sessions and 0 old tokens.");
}
