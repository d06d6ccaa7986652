//! A database that refuses for a while.

use super::*;
use hob_db::{Location, on};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn notice(key: &str, due: Timestamp) -> Notice {
    Notice {
        key: key.to_owned(),
        kind: NoticeKind::Opened,
        at: NOW,
        due,
        incident: Some(IncidentId(1)),
        severity: Level::Critical,
        title: "The NAS does not answer".to_owned(),
        body: String::new(),
        path: "/incidents/1".to_owned(),
        to: None,
    }
}

struct Shaky {
    notices: Notices,
    db: Db,
    _dir: tempfile::TempDir,
}

impl Shaky {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap();
        hob_db::migrate(&db, &[("hob", crate::BASE_MIGRATIONS)], NOW).await.unwrap();
        Self { notices: Notices::new(db.clone()), db, _dir: dir }
    }

    /// Every notice is refused, as by a disk that is full, but can be read.
    async fn refuse(&self) {
        const SQL: &str =
            "CREATE TRIGGER refuse BEFORE INSERT ON hob_notice BEGIN SELECT RAISE(ABORT, 'full'); END";
        on!(write &self.db, p => sqlx::query(SQL).execute(p).await.map(|_| ())).unwrap();
    }

    async fn accept(&self) {
        on!(write &self.db, p => sqlx::query("DROP TRIGGER refuse").execute(p).await.map(|_| ())).unwrap();
    }

    async fn keys(&self) -> Vec<String> {
        let all = self.notices.of_incident(IncidentId(1)).await.unwrap();
        all.into_iter().map(|notice| notice.key).collect()
    }
}

fn handed(receiver: &mut broadcast::Receiver<Arc<Notice>>) -> Vec<String> {
    std::iter::from_fn(|| receiver.try_recv().ok()).map(|notice| notice.key.clone()).collect()
}

#[tokio::test]
async fn what_the_database_refuses_is_handed_over_once_and_saved_later() {
    let house = Shaky::new().await;
    let mut receiver = house.notices.hand_over();
    house.notices.add(&[notice("a", NOW)]).await.unwrap();
    house.notices.add(&[notice("a", NOW)]).await.unwrap();
    assert_eq!(handed(&mut receiver), ["a"]);
    house.refuse().await;
    house.notices.add(&[notice("a", NOW), notice("b", NOW)]).await.unwrap();
    house.notices.add(&[notice("b", NOW), notice("c", NOW)]).await.unwrap();
    assert!(house.notices.save_waiting().await.is_err());
    assert_eq!(handed(&mut receiver), ["b", "c"], "at once, and once");
    assert_eq!(house.keys().await, ["a", "b", "c"], "as if it were written");
    assert_eq!(house.notices.due(NOW, NOW.plus(Duration::from_secs(1))).await.unwrap().len(), 3);
    // A second hub on the same database, or the next run, knows nothing of what was not written.
    assert_eq!(Notices::new(house.db.clone()).of_incident(IncidentId(1)).await.unwrap().len(), 1);
    house.accept().await;
    house.notices.save_waiting().await.unwrap();
    assert_eq!((house.notices.waiting(), handed(&mut receiver).len()), (0, 0));
    assert_eq!(Notices::new(house.db.clone()).of_incident(IncidentId(1)).await.unwrap().len(), 3);
    assert_eq!(house.notices.last_incident().await.unwrap(), IncidentId(1));
}

#[tokio::test]
async fn what_is_taken_back_stays_so_whether_the_database_took_it_or_not() {
    let house = Shaky::new().await;
    let later = NOW.plus(Duration::from_secs(3600));
    let of = |key: &str, person: &str| Notice { to: Some(person.to_owned()), ..notice(key, later) };
    house.notices.add(&[of("anna", "anna"), of("ben", "ben"), notice("all", NOW)]).await.unwrap();
    house.notices.withdraw_undue(IncidentId(1), NOW, Some(&[Some("ben".to_owned())])).unwrap();
    house.notices.save_waiting().await.unwrap();
    assert_eq!(house.keys().await, ["all", "anna"]);
    house.refuse().await;
    house.notices.add(&[of("ben 2", "ben")]).await.unwrap();
    house.notices.withdraw_undue(IncidentId(1), NOW, None).unwrap();
    house.notices.add(&[of("ben 3", "ben")]).await.unwrap();
    assert_eq!(house.keys().await, ["all", "ben 3"]);
    house.accept().await;
    house.notices.save_waiting().await.unwrap();
    assert_eq!(house.keys().await, ["all", "ben 3"]);
    assert_eq!(Notices::new(house.db.clone()).of_incident(IncidentId(1)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_backlog_is_bounded() {
    let house = Shaky::new().await;
    house.refuse().await;
    let all: Vec<Notice> = (0..JOURNAL_MAX).map(|n| notice(&n.to_string(), NOW)).collect();
    house.notices.add(&all).await.unwrap();
    assert!(matches!(house.notices.add(&[notice("more", NOW)]).await, Err(Error::Unavailable(_))));
}
