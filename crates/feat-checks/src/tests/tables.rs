//! Every query on both databases.

use crate::FEATURE;
use crate::model::adjust::Override;
use crate::model::definition::CheckDefinition;
use crate::store;
use hob_base::{ResourceId, Timestamp};
use hob_db::{Db, Location, migrate, on};
use hob_feature::CheckTarget;
use hob_testkit::hub::postgres;
use std::time::Duration;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_millis(1_795_444_920_000);

/// SQLite always; PostgreSQL where `HOB_TEST_POSTGRES` names a server.
async fn databases(dir: &TempDir) -> Vec<Db> {
    let mut locations = vec![Location::File(dir.path().join("hob.db"))];
    locations.extend(postgres().await);
    let mut all = Vec::new();
    for location in locations {
        let db = Db::open(&location).await.unwrap();
        migrate(&db, &[("checks", FEATURE.migrations)], NOW).await.unwrap();
        all.push(db);
    }
    all
}

fn check(name: &str) -> CheckDefinition {
    CheckDefinition::new(name, CheckTarget::tcp("nas", 22))
}

#[tokio::test]
async fn checks_are_kept_changed_paused_and_deleted() {
    let dir = tempfile::tempdir().unwrap();
    for db in databases(&dir).await {
        assert!(store::add_checks(&db, &[check("B"), check("A")], NOW).await.unwrap());
        assert!(!store::add_checks(&db, &[check("C"), check("A")], NOW).await.unwrap(), "all or none");
        let names =
            |all: &[store::Stored]| all.iter().map(|one| one.definition.name.clone()).collect::<Vec<_>>();
        let all = store::list_checks(&db).await.unwrap();
        assert_eq!(names(&all), ["A", "B"]);
        assert_eq!((all[0].updated_at, &all[0].definition), (NOW, &check("A")));

        let later = NOW.plus(Duration::from_secs(1));
        let changed = CheckDefinition { failures: 7, ..check("A") };
        assert!(store::change_check(&db, &changed, later).await.unwrap());
        assert!(store::enable_check(&db, "a", false, later).await.unwrap());
        let all = store::list_checks(&db).await.unwrap();
        assert_eq!(
            (all[0].definition.failures, all[0].definition.enabled, all[0].updated_at),
            (7, false, later)
        );
        assert!(!store::change_check(&db, &check("Nobody"), later).await.unwrap());
        assert!(!store::enable_check(&db, "nobody", true, later).await.unwrap());

        assert!(store::delete_check(&db, "a").await.unwrap());
        assert!(!store::delete_check(&db, "a").await.unwrap());
        assert_eq!(names(&store::list_checks(&db).await.unwrap()), ["B"]);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_hide_the_others() {
    const BREAK: &str =
        "UPDATE checks_check SET definition = '{\"kind\": \"from the future\"}' WHERE id = 'b'";
    let dir = tempfile::tempdir().unwrap();
    for db in databases(&dir).await {
        store::add_checks(&db, &[check("A"), check("B")], NOW).await.unwrap();
        on!(write &db, p => sqlx::query(BREAK).execute(p).await.map(|_| ())).unwrap();
        let all = store::list_checks(&db).await.unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].definition.name, "A");
    }
}

#[tokio::test]
async fn what_is_wanted_otherwise_is_kept_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let id = ResourceId::new("service", "nas", "3000");
    for db in databases(&dir).await {
        let wanted =
            Override { every: Some(Duration::from_millis(1500)), failures: Some(4), ..Override::default() };
        store::set_override(&db, &id, &Override { paused: true, ..wanted.clone() }, NOW).await.unwrap();
        store::set_override(&db, &id, &wanted, NOW).await.unwrap();
        let all = store::list_overrides(&db).await.unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [(id.clone(), wanted)]);
        store::set_override(&db, &id, &Override::default(), NOW).await.unwrap();
        assert!(store::list_overrides(&db).await.unwrap().is_empty());
    }
}
