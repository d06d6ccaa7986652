//! The limit on silences.

use super::*;
use hob_base::silence::Matcher;
use hob_db::Location;

fn silence(id: usize, starts_at: Timestamp) -> Silence {
    Silence {
        id: id.to_string(),
        matchers: vec![Matcher::new("kind", "service", false, true).unwrap()],
        starts_at,
        ends_at: Some(starts_at.plus(Duration::from_secs(60))),
        recurs: None,
        maintenance: false,
        created_by: "anna".to_owned(),
        comment: "Works".to_owned(),
        updated_at: starts_at,
    }
}

#[tokio::test]
async fn silences_that_ended_make_room_for_new_ones_and_others_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap();
    let clock = Clock::fake(Timestamp::from_millis(1_790_000_000_000));
    hob_db::migrate(&db, &[("hob", crate::BASE_MIGRATIONS)], clock.now()).await.unwrap();
    let silences = Silences::new(db, TimeZone::UTC);
    silences.load(&clock).await.unwrap();
    for id in 0..SILENCES_MAX {
        silences.save(silence(id, clock.now())).await.unwrap();
    }
    assert!(matches!(silences.save(silence(SILENCES_MAX, clock.now())).await, Err(Error::Conflict(_))));
    clock.advance(Duration::from_secs(61));
    silences.save(silence(SILENCES_MAX, clock.now())).await.unwrap();
    assert_eq!(silences.active(clock.now()).len(), 1);
    clock.advance(KEPT_FOR);
    for id in 0..SILENCES_MAX {
        silences.save(silence(SILENCES_MAX + id, clock.now())).await.unwrap();
    }
    assert!(silences.list().len() <= SILENCES_MAX);
}
