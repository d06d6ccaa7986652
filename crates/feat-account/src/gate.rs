//! How people and programs are recognised.
//!
//! Every request asks the database: a user disabled or a token revoked by a command on another process counts at once.

use crate::actions::{self, NewUser};
use crate::memory::remembered;
use crate::model::{
    SESSION_TOUCH, Session, TOKEN_TOUCH, Try, User, may_be_password, name_key, throttle_address,
};
use crate::random::{TOKEN_PREFIX, hash_token};
use crate::store;
use hob_base::Result;
use hob_feature::identity::Via;
use hob_feature::{Credential, Ctx, Gate, Identity, IdentityChanges, NameAndPassword, Person, boxed};
use tracing::warn;

/// The longest text that can be a cookie or token of ours.
const CREDENTIAL_CHARS_MAX: usize = 128;

pub(crate) const GATE: Gate = Gate {
    identify: |ctx, credential| boxed(async move { identify(&ctx, credential).await }),
    people: |ctx| boxed(async move { people(&ctx).await }),
    by_password: |ctx, shown| boxed(async move { by_password(&ctx, &shown).await }),
    add_person: |ctx, name, password| boxed(async move { add_person(&ctx, &name, &password).await }),
    remove_person: |ctx, name| boxed(async move { remove_person(&ctx, &name).await }),
    set_password: |ctx, name, password| boxed(async move { set_password(&ctx, &name, &password).await }),
    is_set_up: |ctx| boxed(async move { store::any_user(&ctx.db).await }),
    login_path: "/login",
    setup_path: "/setup",
};

async fn identify(ctx: &Ctx, credential: Credential) -> Result<Option<Identity>> {
    match credential {
        Credential::Cookie(text) | Credential::Bearer(text) if text.len() > CREDENTIAL_CHARS_MAX => Ok(None),
        Credential::Cookie(text) => identify_session(ctx, &text).await,
        Credential::Bearer(text) if !text.starts_with(TOKEN_PREFIX) => Ok(None),
        Credential::Bearer(text) => identify_token(ctx, &text).await,
    }
}

async fn people(ctx: &Ctx) -> Result<Vec<Person>> {
    let users = store::list_users(&ctx.db).await?;
    Ok(users.into_iter().filter(|user| !user.disabled).map(person).collect())
}

fn person(user: User) -> Person {
    Person { id: user.id, name: user.name, is_admin: user.is_admin }
}

/// The user whose password this is. Unknown name, wrong password and disabled user are one answer after one time.
pub(crate) async fn user_by_password(ctx: &Ctx, this: Try<'_>, password: &str) -> Result<Option<User>> {
    let remembered = remembered(ctx);
    remembered.admit(ctx, this).await?;
    if !may_be_password(password) {
        return Ok(None);
    }
    let account = store::find_user(&ctx.db, this.name).await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let fits = remembered.hasher.verify(password, hash).await?;
    let user = account.map(|account| account.user).filter(|user| fits && !user.disabled);
    if user.is_some() {
        remembered.succeeded(this);
    }
    Ok(user)
}

async fn by_password(ctx: &Ctx, shown: &NameAndPassword) -> Result<Option<Identity>> {
    let address =
        shown.address.map_or_else(|| "local".to_owned(), |address| address.to_canonical().to_string());
    let (key, address) = (name_key(shown.name.trim()), throttle_address(&address));
    let user = user_by_password(ctx, Try { name: &key, address: &address }, &shown.password).await?;
    Ok(user.map(|user| Identity {
        scopes: vec![user.scope()],
        user_id: Some(user.id),
        name: user.name,
        via: Via::Password,
    }))
}

async fn add_person(ctx: &Ctx, name: &str, password: &str) -> Result<Person> {
    let new = NewUser { name, password, is_admin: false };
    Ok(person(actions::add_user(&ctx.db, &ctx.clock, &remembered(ctx).hasher, new).await?))
}

async fn remove_person(ctx: &Ctx, name: &str) -> Result<()> {
    let user = actions::find_user(&ctx.db, name).await?;
    // Nobody vanishes while they can still log in: this is where the last administrator stays.
    actions::set_disabled(&ctx.db, &user, true).await?;
    note_change(ctx, &user.id);
    actions::delete_user(&ctx.db, &user).await
}

async fn set_password(ctx: &Ctx, name: &str, password: &str) -> Result<()> {
    let user = actions::find_user(&ctx.db, name).await?;
    actions::set_password(&ctx.db, &remembered(ctx).hasher, &user, password, None).await?;
    note_change(ctx, &user.id);
    Ok(())
}

/// Who remembers this user or token is to ask again.
pub(crate) fn note_change(ctx: &Ctx, id: &str) {
    ctx.memory.of::<IdentityChanges>().note(id);
}

async fn identify_session(ctx: &Ctx, token: &str) -> Result<Option<Identity>> {
    let now = ctx.clock.now();
    let Some((session, user)) = store::find_session(&ctx.db, &hash_token(token), now).await? else {
        return Ok(None);
    };
    if now.since(session.last_seen_at) >= SESSION_TOUCH {
        let end = Session::end(session.created_at, now);
        // A full disk must not log everybody out.
        if let Err(error) = store::touch_session(&ctx.db, &session.id, now, end).await {
            warn!(reason = error.chain(), "it could not be noted that a session was seen");
        }
    }
    Ok(Some(session.identity(&user)))
}

async fn identify_token(ctx: &Ctx, text: &str) -> Result<Option<Identity>> {
    let now = ctx.clock.now();
    let Some(token) = store::find_token(&ctx.db, &hash_token(text)).await? else { return Ok(None) };
    let who = token.identity(now, &ctx.zone)?;
    if token.last_used_at.is_none_or(|at| now.since(at) >= TOKEN_TOUCH)
        && let Err(error) = store::touch_token(&ctx.db, &token.id, now).await
    {
        warn!(reason = error.chain(), "it could not be noted that a token was used");
    }
    Ok(Some(who))
}
