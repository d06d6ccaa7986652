//! Gates for the tests of features that need to know only what somebody may: one without accounts, and one with four.

use hob_base::Error;
use hob_feature::identity::Via;
use hob_feature::{Credential, Ctx, Gate, Identity, IdentityChanges, Person, Scope, boxed};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Knows a token for each scope, of the scope's name; as a session's cookie, too. Nobody has an account.
pub const BY_SCOPE: Gate = Gate {
    identify: |_, credential| {
        boxed(async move {
            let (via, token) = match credential {
                Credential::Bearer(token) => (Via::Token(token.clone()), token),
                Credential::Cookie(token) => (Via::Session(token.clone()), token),
            };
            let scope = token.parse::<Scope>().ok();
            Ok(scope.map(|scope| Identity { user_id: None, name: token, scopes: vec![scope], via }))
        })
    },
    is_set_up: |_| boxed(async { Ok(true) }),
    people: |_| boxed(async { Ok(Vec::new()) }),
    by_password: |_, _| boxed(async { Ok(None) }),
    add_person: |_, _, _| boxed(async { Err(nobody()) }),
    remove_person: |_, _| boxed(async { Err(nobody()) }),
    set_password: |_, _, _| boxed(async { Err(nobody()) }),
    login_path: "/login",
    setup_path: "/setup",
};

fn nobody() -> Error {
    Error::Forbidden("Nobody has an account here.".to_owned())
}

/// The password of everybody whom [`WITH_PEOPLE`] knows from the beginning.
pub const PASSWORD: &str = "correct horse";

/// Knows the tokens of [`BY_SCOPE`], behind `hob_` where they come without cookie, and people: `anna` manages the hub, `ben`,
/// `carla` and `dora` do not. Their ids are `u-` and the name; a session's cookie `u-ben` is Ben's. Nothing is slowed down.
pub const WITH_PEOPLE: Gate = Gate {
    identify: |ctx, credential| {
        boxed(async move {
            match credential {
                Credential::Cookie(id) => {
                    let name =
                        id.strip_prefix("u-").filter(|name| in_house(&ctx, |map| map.contains_key(*name)));
                    Ok(name.map(|name| identity_of(name, Via::Session(id.clone()))))
                }
                Credential::Bearer(token) => {
                    let scope = token.strip_prefix("hob_").unwrap_or(&token).to_owned();
                    (BY_SCOPE.identify)(ctx, Credential::Bearer(scope)).await
                }
            }
        })
    },
    people: |ctx| {
        boxed(async move { Ok(in_house(&ctx, |map| map.keys().map(|name| person(name)).collect())) })
    },
    by_password: |ctx, shown| {
        boxed(async move {
            let name = shown.name.to_lowercase();
            let fits = in_house(&ctx, |map| map.get(&name).is_some_and(|own| *own == shown.password));
            Ok(fits.then(|| identity_of(&name, Via::Password)))
        })
    },
    add_person: |ctx, name, password| {
        boxed(async move {
            if password.chars().count() < 8 {
                return Err(Error::invalid("password", "Use at least 8 characters."));
            }
            if in_house(&ctx, |map| map.contains_key(&name)) {
                return Err(Error::Conflict(format!("There is already a user “{name}”.")));
            }
            in_house(&ctx, |map| map.insert(name.clone(), password));
            Ok(person(&name))
        })
    },
    remove_person: |ctx, name| {
        boxed(async move {
            in_house(&ctx, |map| map.remove(&name)).ok_or_else(|| Error::not_found("user", &name))?;
            ctx.memory.of::<IdentityChanges>().note(&person(&name).id);
            Ok(())
        })
    },
    set_password: |ctx, name, password| {
        boxed(async move {
            let known = in_house(&ctx, |map| map.get_mut(&name).map(|own| *own = password));
            known.ok_or_else(|| Error::not_found("user", &name))?;
            ctx.memory.of::<IdentityChanges>().note(&person(&name).id);
            Ok(())
        })
    },
    ..BY_SCOPE
};

fn person(name: &str) -> Person {
    Person { id: format!("u-{name}"), name: name.to_owned(), is_admin: name == "anna" }
}

fn identity_of(name: &str, via: Via) -> Identity {
    let person = person(name);
    let scope = if person.is_admin { Scope::Admin } else { Scope::Read };
    Identity { user_id: Some(person.id), name: person.name, scopes: vec![scope], via }
}

/// Names and passwords.
struct House(Mutex<BTreeMap<String, String>>);

impl Default for House {
    fn default() -> Self {
        let people = ["anna", "ben", "carla", "dora"];
        Self(Mutex::new(people.map(|name| (name.to_owned(), PASSWORD.to_owned())).into()))
    }
}

fn in_house<T>(ctx: &Ctx, with: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> T {
    with(&mut ctx.memory.of::<House>().0.lock().unwrap_or_else(PoisonError::into_inner))
}
