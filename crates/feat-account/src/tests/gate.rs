//! What other doors ask the gate: name and password with every request, and ntfy's API of users.

use super::house::{House, PASSWORD};
use crate::gate::GATE;
use crate::{cli, jobs};
use hob_base::{Error, Result};
use hob_feature::identity::Via;
use hob_feature::{Identity, IdentityChanges, NameAndPassword, Scope};

async fn show(house: &House, name: &str, password: &str, address: &str) -> Result<Option<Identity>> {
    let (name, password) = (name.to_owned(), password.to_owned());
    let shown = NameAndPassword { name, password, address: Some(address.parse().unwrap()) };
    (GATE.by_password)(house.ctx.clone(), shown).await
}

#[tokio::test]
async fn name_and_password_are_recognised_whatever_the_case_of_the_name() {
    let house = House::inhabited().await;
    let anna = show(&house, "aNNa", PASSWORD, "192.0.2.1").await.unwrap().unwrap();
    assert_eq!((anna.name.as_str(), &anna.via), ("Anna", &Via::Password));
    assert!(anna.may(Scope::Admin) && anna.user_id.is_some());
    let ben = show(&house, "ben", PASSWORD, "192.0.2.1").await.unwrap().unwrap();
    assert!(ben.may(Scope::Read) && !ben.may(Scope::Write));
    assert_eq!(show(&house, "ben", "wrong horse", "192.0.2.1").await.unwrap(), None);
    assert_eq!(show(&house, "nobody", PASSWORD, "192.0.2.1").await.unwrap(), None);
}

#[tokio::test]
async fn who_guesses_waits_and_somebody_elsewhere_does_not() {
    let house = House::inhabited().await;
    for _ in 0..3 {
        assert_eq!(show(&house, "ben", "wrong horse", "192.0.2.1").await.unwrap(), None);
    }
    let refused = show(&house, "ben", PASSWORD, "192.0.2.1").await;
    assert!(matches!(refused, Err(Error::TooMany { .. })), "{refused:?}");
    assert!(show(&house, "ben", PASSWORD, "192.0.2.2").await.unwrap().is_some());
}

#[tokio::test]
async fn people_are_added_changed_and_removed_by_the_rules_of_the_pages() {
    let house = House::inhabited().await;
    let ctx = &house.ctx;
    let add = |name: &str, password: &str| (GATE.add_person)(ctx.clone(), name.into(), password.into());
    assert!(matches!(add("carla", "short").await, Err(Error::Invalid { .. })));
    assert!(matches!(add("not valid", PASSWORD).await, Err(Error::Invalid { .. })));
    assert!(matches!(add("BEN", PASSWORD).await, Err(Error::Conflict(_))));
    let carla = add("carla", PASSWORD).await.unwrap();
    assert!(!carla.is_admin);

    let changes = ctx.memory.of::<IdentityChanges>();
    let before = changes.number();
    (GATE.set_password)(ctx.clone(), "carla".into(), "another horse".into()).await.unwrap();
    assert!(changes.changed_since(&carla.id, before));
    assert_eq!(show(&house, "carla", PASSWORD, "192.0.2.1").await.unwrap(), None);
    assert!(show(&house, "carla", "another horse", "192.0.2.1").await.unwrap().is_some());

    let before = changes.number();
    (GATE.remove_person)(ctx.clone(), "carla".into()).await.unwrap();
    assert!(changes.changed_since(&carla.id, before));
    assert_eq!(show(&house, "carla", "another horse", "192.0.2.1").await.unwrap(), None);
    assert!(matches!((GATE.remove_person)(ctx.clone(), "carla".into()).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let house = House::inhabited().await;
    let refused = (GATE.remove_person)(house.ctx.clone(), "Anna".into()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    assert!(show(&house, "anna", PASSWORD, "192.0.2.1").await.unwrap().is_some());
}

#[tokio::test]
async fn what_the_pages_change_is_noted_for_those_who_remember() {
    let house = House::inhabited().await;
    let changes = house.ctx.memory.of::<IdentityChanges>();
    let ben = show(&house, "ben", PASSWORD, "192.0.2.1").await.unwrap().unwrap().user_id.unwrap();
    let mut anna = house.logged_in("Anna").await;
    for action in ["promote", "demote", "disable", "enable"] {
        let before = changes.number();
        anna.post(&format!("/account/users/{ben}/{action}"), &[]).await;
        assert!(changes.changed_since(&ben, before), "{action}");
    }
    let before = changes.number();
    anna.post(&format!("/account/users/{ben}/password"), &[("password", "another horse")]).await;
    assert!(changes.changed_since(&ben, before));
}

#[tokio::test]
async fn what_a_command_changes_is_noted_soon() {
    let house = House::inhabited().await;
    let (ctx, db) = (&house.ctx, &house.ctx.db);
    let changes = ctx.memory.of::<IdentityChanges>();
    let id = show(&house, "ben", PASSWORD, "192.0.2.1").await.unwrap().unwrap().user_id.unwrap();
    cli::create_token(db, &ctx.clock, "phone", Scope::Read, None).await.unwrap();
    let token = cli::list_tokens(db).await.unwrap().remove(0);
    jobs::look(ctx).await.unwrap();
    let before = changes.number();
    jobs::look(ctx).await.unwrap();
    assert_eq!(changes.number(), before, "nothing has changed");

    cli::reset_password(db, "ben", "another horse").await.unwrap();
    jobs::look(ctx).await.unwrap();
    assert!(changes.changed_since(&id, before) && !changes.changed_since(&token.id, before));

    let before = changes.number();
    cli::revoke_token(db, &ctx.clock, "phone").await.unwrap();
    jobs::look(ctx).await.unwrap();
    assert!(changes.changed_since(&token.id, before) && !changes.changed_since(&id, before));

    let before = changes.number();
    cli::disable_user(db, "ben").await.unwrap();
    cli::add_user(db, &ctx.clock, "carla", PASSWORD, false).await.unwrap();
    jobs::look(ctx).await.unwrap();
    let carla = show(&house, "carla", PASSWORD, "192.0.2.1").await.unwrap().unwrap().user_id.unwrap();
    assert!(changes.changed_since(&id, before) && changes.changed_since(&carla, before));
}
