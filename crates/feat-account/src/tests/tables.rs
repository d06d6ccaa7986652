//! Every query on both databases.

use super::house::{PASSWORD, START};
use crate::actions::{self, NewUser};
use crate::model::Session;
use crate::password::Hasher;
use crate::random::hash_token;
use crate::store::{self, Account};
use crate::{FEATURE, User, cli};
use hob_base::{Clock, Error, Timestamp};
use hob_db::{Db, Location, migrate};
use hob_feature::Scope;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// SQLite always; PostgreSQL where `HOB_TEST_POSTGRES` names a server on which databases may be created.
async fn both() -> Vec<(Db, Option<tempfile::TempDir>)> {
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![];
    if let Ok(url) = std::env::var("HOB_TEST_POSTGRES") {
        let Db::Postgres(admin) = Db::open(&Location::Postgres(url.clone())).await.unwrap() else {
            unreachable!()
        };
        let unique = dir.path().file_name().unwrap().to_string_lossy().replace('.', "").to_lowercase();
        let name = format!("hob_account_{}_{unique}", std::process::id());
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\"")))
            .execute(&admin)
            .await
            .unwrap();
        let base = url.rsplit_once('/').unwrap().0;
        all.push((Db::open(&Location::Postgres(format!("{base}/{name}"))).await.unwrap(), None));
    }
    all.push((Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap(), Some(dir)));
    for (db, _) in &all {
        migrate(db, &[("account", FEATURE.migrations)], START).await.unwrap();
    }
    all
}

fn account(id: &str, name: &str, is_admin: bool) -> Account {
    let user = User { id: id.into(), name: name.into(), is_admin, disabled: false, created_at: START };
    Account { user, password_hash: format!("hash of {name}") }
}

fn session(id: &str, at: Timestamp) -> Session {
    Session {
        id: id.into(),
        created_at: at,
        last_seen_at: at,
        expires_at: Session::end(at, at),
        user_agent: "curl/8".into(),
        address: "192.0.2.1".into(),
    }
}

#[tokio::test]
async fn users_are_found_whatever_the_case_and_names_are_taken_once() {
    for (db, _dir) in both().await {
        assert!(!store::any_user(&db).await.unwrap());
        assert!(store::add_user(&db, &account("1", "Änna", true)).await.unwrap());
        assert!(store::any_user(&db).await.unwrap());
        assert!(!store::add_user(&db, &account("2", "änna", false)).await.unwrap());
        assert!(store::add_user(&db, &account("3", "ben", false)).await.unwrap());
        let found = store::find_user(&db, "ÄNNA").await.unwrap().unwrap();
        assert_eq!((found.user.id.as_str(), found.password_hash.as_str()), ("1", "hash of Änna"));
        assert_eq!(found.user, account("1", "Änna", true).user);
        assert!(store::find_user(&db, "1").await.unwrap().is_none(), "an id is no name");
        assert_eq!(store::find_user_by_id(&db, "3").await.unwrap().unwrap().user.name, "ben");
        let mut names: Vec<String> =
            store::list_users(&db).await.unwrap().into_iter().map(|u| u.name).collect();
        assert!(store::find_user(&db, "be\0n").await.unwrap().is_none());
        assert!(store::find_user_by_id(&db, "\0").await.unwrap().is_none());
        assert!(!store::delete_session(&db, "3", "\0").await.unwrap());
        // Where Ä belongs is up to the database's locale.
        names.sort();
        assert_eq!(names, ["ben", "Änna"]);
    }
}

#[tokio::test]
async fn a_race_for_the_first_account_has_one_winner() {
    for (db, _dir) in both().await {
        let accounts: Vec<Account> =
            (0..6).map(|n| account(&n.to_string(), &format!("user{n}"), true)).collect();
        let tries = [&accounts[0], &accounts[1], &accounts[2], &accounts[3], &accounts[4], &accounts[5]]
            .map(|account| store::add_first_user(&db, account));
        let [a, b, c, d, e, f] = tries;
        let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
        let winners = [a, b, c, d, e, f].into_iter().filter(|won| *won.as_ref().unwrap()).count();
        assert_eq!((winners, store::list_users(&db).await.unwrap().len()), (1, 1));
    }
}

#[tokio::test]
async fn the_last_administrator_who_can_log_in_stays() {
    for (db, _dir) in both().await {
        for account in [account("1", "anna", true), account("2", "ben", false), account("3", "carl", true)] {
            store::add_user(&db, &account).await.unwrap();
        }
        assert!(store::set_disabled(&db, "3", true).await.unwrap(), "another one is left");
        assert!(!store::set_disabled(&db, "1", true).await.unwrap());
        assert!(!store::set_admin(&db, "1", false).await.unwrap());
        assert!(!store::delete_user(&db, "1").await.unwrap());
        assert!(store::set_admin(&db, "3", false).await.unwrap(), "who is disabled is none of the last");
        assert!(store::set_disabled(&db, "2", true).await.unwrap());
        assert!(store::delete_user(&db, "2").await.unwrap());
        assert!(store::set_disabled(&db, "3", false).await.unwrap());
        assert!(store::set_admin(&db, "3", true).await.unwrap());
        // Both ask the other to stay.
        let (one, other) =
            tokio::join!(store::set_admin(&db, "1", false), store::set_disabled(&db, "3", true));
        assert!(one.unwrap() != other.unwrap(), "one of two at the same moment is refused");
    }
}

#[tokio::test]
async fn sessions_are_found_until_they_end_or_their_user_does() {
    for (db, _dir) in both().await {
        store::add_user(&db, &account("1", "anna", true)).await.unwrap();
        store::add_user(&db, &account("2", "ben", false)).await.unwrap();
        for (id, user) in [("a", "1"), ("b", "1"), ("c", "1"), ("d", "2")] {
            assert!(store::add_session(&db, user, &format!("hash {id}"), &session(id, START)).await.unwrap());
        }
        assert!(!store::add_session(&db, "nobody", "hash x", &session("x", START)).await.unwrap());
        let (found, user) = store::find_session(&db, "hash d", START).await.unwrap().unwrap();
        assert_eq!((found, user.name.as_str()), (session("d", START), "ben"));
        assert!(store::find_session(&db, "hash d", START.plus(DAY * 30)).await.unwrap().is_none());

        store::touch_session(&db, "d", START.plus(DAY), START.plus(DAY * 31)).await.unwrap();
        assert!(store::find_session(&db, "hash d", START.plus(DAY * 30)).await.unwrap().is_some());
        assert!(!store::delete_session(&db, "1", "d").await.unwrap(), "somebody else's");
        assert!(store::delete_session(&db, "1", "a").await.unwrap());
        store::set_password(&db, "1", "new", Some("b")).await.unwrap();
        let left: Vec<String> =
            store::list_sessions(&db, "1", START).await.unwrap().into_iter().map(|s| s.id).collect();
        assert_eq!(left, ["b"]);
        assert_eq!(store::find_user(&db, "anna").await.unwrap().unwrap().password_hash, "new");
        assert_eq!(store::delete_other_sessions(&db, "1", "b").await.unwrap(), 0);

        store::set_disabled(&db, "2", true).await.unwrap();
        store::set_disabled(&db, "2", false).await.unwrap();
        assert!(store::find_session(&db, "hash d", START).await.unwrap().is_none(), "ended for ever");
        assert_eq!(store::delete_expired_sessions(&db, START.plus(DAY * 30)).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn beyond_a_hundred_sessions_the_oldest_give_way() {
    for (db, _dir) in both().await {
        store::add_user(&db, &account("1", "anna", true)).await.unwrap();
        for n in 0..103 {
            let at = START.plus(Duration::from_secs(n));
            store::add_session(&db, "1", &format!("hash {n}"), &session(&n.to_string(), at)).await.unwrap();
        }
        let left = store::list_sessions(&db, "1", START).await.unwrap();
        assert_eq!((left.len(), left[0].id.as_str(), left[99].id.as_str()), (100, "102", "3"));
    }
}

#[tokio::test]
async fn tokens_end_free_their_name_and_are_forgotten_after_a_season() {
    for (db, _dir) in both().await {
        let clock = Clock::fake(START);
        let text = cli::create_token(&db, &clock, "nas", Scope::Agent, Some(DAY)).await.unwrap();
        let taken = cli::create_token(&db, &clock, "nas", Scope::Read, None).await.unwrap_err();
        assert!(taken.to_string().contains("already a token “nas”"), "{taken}");
        let found = store::find_token(&db, &hash_token(&text)).await.unwrap().unwrap();
        assert_eq!(
            (found.scope, found.expires_at, found.last_used_at),
            (Scope::Agent, Some(START.plus(DAY)), None)
        );
        store::touch_token(&db, &found.id, START).await.unwrap();
        assert_eq!(cli::list_tokens(&db).await.unwrap()[0].last_used_at, Some(START));

        clock.advance(DAY);
        cli::create_token(&db, &clock, "nas", Scope::Read, None).await.unwrap();
        cli::revoke_token(&db, &clock, "nas").await.unwrap();
        let tokens = cli::list_tokens(&db).await.unwrap();
        let revoked = tokens.iter().find(|token| token.scope == Scope::Read).unwrap();
        assert_eq!(revoked.revoked_at, Some(START.plus(DAY)), "the one in use is meant");
        let twice = cli::revoke_token(&db, &clock, &revoked.id).await.unwrap_err();
        assert!(matches!(twice, Error::Conflict(_)), "{twice}");
        assert!(matches!(cli::revoke_token(&db, &clock, "x").await, Err(Error::NotFound { .. })));

        let season = Duration::from_secs(90 * 86_400);
        assert_eq!(store::delete_old_tokens(&db, START.plus(DAY).minus(season)).await.unwrap(), 0);
        assert_eq!(store::delete_old_tokens(&db, START.plus(DAY)).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn commands_say_what_is_wrong() {
    for (db, _dir) in both().await {
        let clock = Clock::fake(START);
        cli::add_user(&db, &clock, "anna", PASSWORD, true).await.unwrap();
        let taken = cli::add_user(&db, &clock, "ANNA", PASSWORD, false).await.unwrap_err();
        assert!(taken.to_string().contains("already a user “ANNA”"), "{taken}");
        let short = cli::add_user(&db, &clock, "ben", "short", false).await.unwrap_err();
        assert!(short.to_string().contains("at least 8"), "{short}");
        let last = cli::disable_user(&db, "anna").await.unwrap_err();
        assert!(last.to_string().contains("last administrator"), "{last}");
        let demoted = cli::set_admin(&db, "anna", false).await.unwrap_err();
        assert!(demoted.to_string().contains("last administrator"), "{demoted}");
        assert_eq!(cli::enable_user(&db, "carl").await.unwrap_err().to_string(), "There is no user “carl”.");
        cli::reset_password(&db, "Anna", "another horse").await.unwrap();
        let account = store::find_user(&db, "anna").await.unwrap().unwrap();
        let hasher = Hasher::default();
        assert!(hasher.verify("another horse", Some(&account.password_hash)).await.unwrap());
        assert!(account.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(cli::list_users(&db).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_user_added_by_command_replaces_the_setup() {
    for (db, _dir) in both().await {
        let clock = Clock::fake(START);
        cli::add_user(&db, &clock, "anna", PASSWORD, true).await.unwrap();
        let new = NewUser { name: "mallory", password: PASSWORD, is_admin: true };
        assert_eq!(actions::add_first_user(&db, &clock, &Hasher::default(), new).await.unwrap(), None);
    }
}

#[tokio::test]
async fn no_password_fits_an_unknown_name() {
    let hasher = Hasher::default();
    for password in ["", PASSWORD] {
        assert!(!hasher.verify(password, None).await.unwrap());
    }
    assert!(
        hasher.verify(PASSWORD, Some("damaged")).await.is_err(),
        "a damaged hash is a fault, not a wrong password"
    );
}
