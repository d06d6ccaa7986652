//! `hob user` and `hob token`, with and without a running hub.

use super::support::Place;
use hob_testkit::client::Client;

const PASSWORD: &str = "a kettle on the hob";

async fn log_in(client: &mut Client, name: &str, password: &str) -> u16 {
    client.post_form("/login", &[("name", name), ("password", password)]).await.status.as_u16()
}

fn add(place: &Place, name: &str) {
    let said =
        place.run_with(&["user", "add", name, "--admin", "--password-stdin"], &format!("{PASSWORD}\n"));
    assert_eq!(said.code, 0, "{said:?}");
}

#[tokio::test]
async fn a_user_who_is_added_before_the_first_start_replaces_the_setup_code() {
    let place = Place::new("");
    add(&place, "anna");
    let hub = place.serve();
    let mut client = hub.client();
    assert_eq!(client.get("/").await.header("location"), "/login?next=%2F");
    assert_eq!(log_in(&mut client, "anna", PASSWORD).await, 303);
    assert_eq!(client.get("/account/users").await.status, 200);
    assert!(!hub.printed().contains("Setup code"), "{}", hub.printed());
}

#[tokio::test]
async fn users_are_managed_without_a_hub() {
    let place = Place::new("");
    let nowhere = place.run(&["user", "list"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("There is no Hob in"), "{nowhere:?}");
    assert!(!place.data().exists(), "a mistyped directory is no new house");
    add(&place, "anna");
    let said = place.run_with(&["user", "add", "ben", "--password-stdin"], "another kettle\n");
    assert_eq!(said.code, 0, "{said:?}");
    let list = place.ok(&["user", "list"]);
    assert!(list.lines().count() == 2 && list.contains("anna") && list.contains("admin"), "{list}");
    place.ok(&["user", "disable", "ben"]);
    assert!(place.ok(&["user", "list"]).contains("(disabled)"));
    place.ok(&["user", "enable", "ben"]);
    for (arguments, input, expected) in [
        (&["user", "add", "anna", "--password-stdin"][..], "another kettle", "anna"),
        (&["user", "add", "carl", "--password-stdin"], "short", "8 characters"),
        (&["user", "disable", "nobody"], "", "nobody"),
        (&["user", "reset", "nobody", "--password-stdin"], "another kettle", "nobody"),
        (&["user", "disable", "anna"], "", "administrator"),
        (&["token", "revoke", "nothing"], "", "nothing"),
    ] {
        let said = place.run_with(arguments, input);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{arguments:?}");
        assert!(said.err.starts_with("hob: ") && said.err.contains(expected), "{arguments:?}: {}", said.err);
    }
}

#[tokio::test]
async fn what_commands_change_counts_at_once_in_a_running_hub() {
    let place = Place::new("");
    let mut hub = place.serve();
    hub.wait_for("Setup code: ");
    let mut anna = hub.client();
    assert_eq!(anna.get("/").await.header("location"), "/setup");
    add(&place, "anna");
    assert_eq!(anna.get("/").await.header("location"), "/login?next=%2F", "no setup any more");
    add(&place, "ben");
    let mut ben = hub.client();
    assert_eq!(log_in(&mut anna, "anna", PASSWORD).await, 303);
    assert_eq!(log_in(&mut ben, "ben", PASSWORD).await, 303);

    place.ok(&["user", "disable", "ben"]);
    assert_eq!(ben.get("/account").await.status, 303, "his session has ended");
    assert_eq!(log_in(&mut ben, "ben", PASSWORD).await, 401);
    let reset = place.run_with(&["user", "reset", "anna", "--password-stdin"], "another kettle\n");
    assert_eq!(reset.code, 0, "{reset:?}");
    assert_eq!(anna.get("/account").await.status, 303, "her session has ended");
    assert_eq!(log_in(&mut anna, "anna", "another kettle").await, 303);
}

#[tokio::test]
async fn a_token_is_printed_once_and_ends_when_it_is_revoked() {
    let place = Place::new("");
    add(&place, "anna");
    let before = place.ok(&["token", "create", "before", "--scope", "read"]);
    let hub = place.serve();
    let during = place.ok(&["token", "create", "during", "--scope", "read", "--expires", "90d"]);
    for token in [&before, &during] {
        assert_eq!(token.lines().count(), 1, "{token}");
        let mut client = hub.client().bearer(token.trim());
        assert_eq!(client.get("/api/v1/status").await.status, 200);
        assert_eq!(client.get("/api/v1/users").await.status, 403);
    }
    let list = place.ok(&["token", "list"]);
    assert!(list.contains("before") && list.contains("during") && list.contains("until "), "{list}");
    assert!(!list.contains(before.trim()) && !list.contains(during.trim()), "{list}");
    place.ok(&["token", "revoke", "before"]);
    assert_eq!(hub.client().bearer(before.trim()).get("/api/v1/status").await.status, 401);
    assert!(place.ok(&["token", "list"]).contains("revoked"));
    assert!(!hub.log().contains(during.trim()), "the log tells a token");
}
