//! ntfy's API of one's own account: `/v1/account` and below, as its web page and its phone apps ask it.
//!
//! Where it differs: people are added by administrators (there is no signing up), nobody deletes their own account, there
//! are no tiers, and a token is shown once: lists have its beginning and its end, which stand for it in later requests.

pub(super) mod tokens;

use super::asking::{Answered, Asking, PersonAsking, Told, body, json, success};
use crate::model::access::{NotReserved, Pattern, Permission, Rule, Subject};
use crate::model::account::{Prefs, RESERVATIONS_MAX, SYNCED_MAX, Synced};
use crate::model::limits::Refill;
use crate::store::{access, tokens as store};
use crate::visitor::{Porter, Visitor, porter, refusal_of};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::routing::{delete, get, patch, post};
use hob_base::{Error, Result};
use hob_feature::{Ctx, NameAndPassword};
use ntfy_protocol::refusal::{self, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json as json_value;

pub(crate) fn routes(ctx: &Ctx) -> Router {
    let subscription = post(add_synced).patch(rename_synced).delete(remove_synced);
    Router::new()
        .route("/v1/account", get(show).post(sign_up).delete(leave))
        .route("/v1/account/password", post(change_password))
        .route("/v1/account/token", post(tokens::make).patch(tokens::change).delete(tokens::remove))
        .route("/v1/account/settings", patch(change_settings))
        .route("/v1/account/subscription", subscription)
        .route("/v1/account/reservation", post(reserve))
        .route("/v1/account/reservation/{topic}", delete(give_up))
        .route("/v1/stats", get(stats))
        .route("/v1/tiers", get(tiers))
        .with_state(ctx.clone())
}

/// ntfy's `apiAccountResponse`, in its order.
#[derive(Debug, Serialize)]
struct Account {
    username: String,
    role: &'static str,
    #[serde(flatten)]
    prefs: Prefs,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions: Vec<Synced>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reservations: Vec<Reservation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<tokens::Shown>,
    limits: Limits,
    stats: Stats,
}

#[derive(Debug, Serialize, Deserialize)]
struct Reservation {
    #[serde(default)]
    topic: String,
    #[serde(default)]
    everyone: String,
}

#[derive(Debug, Serialize)]
struct Limits {
    basis: &'static str,
    messages: u64,
    messages_expiry_duration: u64,
    emails: u64,
    calls: u64,
    reservations: u64,
    attachment_total_size: u64,
    attachment_file_size: u64,
    attachment_expiry_duration: u64,
    attachment_bandwidth: u64,
}

#[derive(Debug, Serialize)]
struct Stats {
    messages: u64,
    messages_remaining: u64,
    emails: u64,
    emails_remaining: u64,
    calls: u64,
    calls_remaining: u64,
    reservations: u64,
    reservations_remaining: u64,
    attachment_total_size: u64,
    attachment_total_size_remaining: u64,
}

impl Limits {
    fn of(porter: &Porter, is_person: bool) -> Self {
        let settings = porter.settings();
        let visitor = &settings.visitor;
        let requests = Refill { size: visitor.requests, every: visitor.request_every };
        let emails = Refill { size: visitor.emails, every: visitor.email_every };
        Self {
            basis: "ip",
            // Without a limit of its own it is that of the requests, as in ntfy.
            messages: if visitor.messages == 0 { requests.per_day() } else { visitor.messages },
            messages_expiry_duration: settings.keep.as_secs(),
            emails: if visitor.emails == 0 { 0 } else { emails.per_day() },
            calls: 0,
            reservations: if is_person { RESERVATIONS_MAX as u64 } else { 0 },
            attachment_total_size: visitor.attachments,
            attachment_file_size: settings.attachment_file_size,
            attachment_expiry_duration: settings.attachment_expiry.as_secs(),
            // Fetching is not limited, so it is that of sending.
            attachment_bandwidth: visitor.attachments,
        }
    }
}

impl Stats {
    fn of(visitor: &Visitor, ctx: &Ctx, limits: &Limits, reservations: usize, attachments: u64) -> Self {
        let (used, reservations) = (visitor.used(ctx), reservations as u64);
        Self {
            messages: used.messages,
            messages_remaining: limits.messages.saturating_sub(used.messages),
            emails: used.emails,
            emails_remaining: limits.emails.saturating_sub(used.emails),
            calls: 0,
            calls_remaining: 0,
            reservations,
            reservations_remaining: limits.reservations.saturating_sub(reservations),
            attachment_total_size: attachments,
            attachment_total_size_remaining: limits.attachment_total_size.saturating_sub(attachments),
        }
    }
}

async fn show(asking: Asking) -> Answered {
    json(&account_of(&asking).await?)
}

async fn account_of(asking: &Asking) -> Result<Account> {
    let (ctx, visitor) = (&asking.ctx, &asking.visitor);
    let porter = porter(ctx);
    let person = visitor.known().and_then(|known| known.person.as_deref());
    let attachments = access::attachment_bytes(&ctx.db, &visitor.key()).await?;
    let limits = Limits::of(&porter, person.is_some());
    let (role, username) = match visitor.known() {
        None => ("anonymous", "*"),
        Some(known) if known.is_admin => ("admin", known.name.as_str()),
        Some(known) => ("user", known.name.as_str()),
    };
    let mut account = Account {
        username: username.to_owned(),
        role,
        prefs: Prefs::default(),
        subscriptions: Vec::new(),
        reservations: Vec::new(),
        tokens: Vec::new(),
        stats: Stats::of(visitor, ctx, &limits, 0, attachments),
        limits,
    };
    let Some(id) = person else { return Ok(account) };
    let table = porter.table(ctx).await?;
    let reservation = |(topic, everyone): (&str, Permission)| Reservation {
        topic: topic.to_owned(),
        everyone: everyone.as_str().to_owned(),
    };
    account.reservations = table.reservations(id).map(reservation).collect();
    account.stats = Stats::of(visitor, ctx, &account.limits, account.reservations.len(), attachments);
    account.prefs = prefs_of(ctx, id).await?;
    account.subscriptions = store::synced(&ctx.db, id).await?;
    account.tokens = tokens::list(ctx, id).await?;
    Ok(account)
}

async fn prefs_of(ctx: &Ctx, person: &str) -> Result<Prefs> {
    let kept = store::prefs(&ctx.db, person).await?;
    // What an older program wrote and this one cannot read is as good as not there.
    Ok(kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

#[derive(Deserialize)]
struct NewAccount {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

/// Nobody signs up by themselves; administrators may add people this way, as in ntfy.
async fn sign_up(asking: Asking, request: Body) -> Answered {
    match asking.visitor.known() {
        Some(known) if known.is_admin => {}
        Some(_) => return Err(Told(refusal::UNAUTHORIZED)),
        None => return Err(Told(refusal::SIGNUP_NOT_ENABLED)),
    }
    let new: NewAccount = body(request).await?;
    super::users::add_person(&asking.ctx, &new.username, &new.password).await?;
    success()
}

async fn leave(_: PersonAsking) -> Answered {
    Err(Told(refusal::FORBIDDEN.with_detail("an administrator removes accounts, on Hob's page of users")))
}

#[derive(Deserialize)]
struct PasswordChange {
    #[serde(default)]
    password: String,
    #[serde(default)]
    new_password: String,
}

async fn change_password(person: PersonAsking, request: Body) -> Answered {
    let change: PasswordChange = body(request).await?;
    if change.password.is_empty() || change.new_password.is_empty() {
        return Err(Told(refusal::BAD_REQUEST));
    }
    let (ctx, name) = (&person.asking.ctx, person.known()?.name.clone());
    let gate = ctx.gate().ok_or(Told(refusal::NOT_FOUND))?;
    let address = person.asking.visitor.address();
    let shown = NameAndPassword { name: name.clone(), password: change.password, address };
    if (gate.by_password)(ctx.clone(), shown).await?.is_none() {
        return Err(Told(refusal::INCORRECT_PASSWORD_CONFIRMATION));
    }
    (gate.set_password)(ctx.clone(), name, change.new_password).await?;
    success()
}

async fn change_settings(person: PersonAsking, request: Body) -> Answered {
    let new: Prefs = body(request).await?;
    let ctx = &person.asking.ctx;
    let mut prefs = prefs_of(ctx, &person.id).await?;
    prefs.change(new);
    let text = serde_json::to_string(&prefs).map_err(|_| Told(refusal::INTERNAL_ERROR))?;
    store::save_prefs(&ctx.db, &person.id, &text).await?;
    success()
}

async fn add_synced(person: PersonAsking, request: Body) -> Answered {
    let new: Synced = body(request).await?;
    let new = new.checked().ok_or(Told(refusal::BAD_REQUEST))?;
    let ctx = &person.asking.ctx;
    if !store::add_synced(&ctx.db, &person.id, &new, ctx.clock.now(), SYNCED_MAX).await? {
        let own = store::synced(&ctx.db, &person.id).await?;
        let same = own.iter().any(|own| (&own.base_url, &own.topic) == (&new.base_url, &new.topic));
        return Err(Told(if same { refusal::SUBSCRIPTION_EXISTS } else { refusal::LIMIT_SUBSCRIPTIONS }));
    }
    json(&new)
}

async fn rename_synced(person: PersonAsking, request: Body) -> Answered {
    let changed: Synced = body(request).await?;
    let changed = changed.checked().ok_or(Told(refusal::BAD_REQUEST))?;
    if !store::rename_synced(&person.asking.ctx.db, &person.id, &changed).await? {
        return Err(Told(refusal::NOT_FOUND));
    }
    json(&changed)
}

/// The address and the topic are in headers, since not every client sends a body with a deletion.
async fn remove_synced(person: PersonAsking) -> Answered {
    let asking = &person.asking;
    let base_url = asking.header(&["x-baseurl", "baseurl"]).unwrap_or_default();
    let topic = asking.header(&["x-topic", "topic"]).unwrap_or_default();
    store::remove_synced(&asking.ctx.db, &person.id, base_url, topic).await?;
    success()
}

async fn reserve(person: PersonAsking, request: Body) -> Answered {
    let wanted: Reservation = body(request).await?;
    let everyone = wanted.everyone.parse().map_err(|()| Told(refusal::PERMISSION_INVALID));
    // The topic first, as in ntfy.
    ntfy_protocol::Topic::new(&wanted.topic)?;
    let (ctx, known) = (&person.asking.ctx, person.known()?);
    let most = if known.is_admin { usize::MAX } else { RESERVATIONS_MAX };
    reserve_topic(ctx, (&person.id, &known.name), &wanted.topic, everyone?, most).await?;
    success()
}

/// Makes a topic a person's (id and name) own, or changes what everybody may there.
pub(super) async fn reserve_topic(
    ctx: &Ctx,
    (person, name): (&str, &str),
    topic: &str,
    everyone: Permission,
    most: usize,
) -> std::result::Result<(), Refusal> {
    let told = |error: Error| refusal_of(&error);
    let porter = porter(ctx);
    let table = porter.table(ctx).await.map_err(told)?;
    let refused = |why| match why {
        NotReserved::Spoken => refusal::TOPIC_RESERVED,
        NotReserved::TooMany => refusal::LIMIT_RESERVATIONS,
    };
    // Before the table is asked who wrote; it counts what is the case when it is saved.
    table.may_reserve(person, topic, most).map_err(refused)?;
    let own = table.owner_of(topic) == Some(person);
    if !own && access::others_wrote(&ctx.db, topic, name).await.map_err(told)? {
        return Err(refusal::TOPIC_RESERVED.with_detail("others have written to this topic"));
    }
    let pattern = Pattern::new(topic).ok_or(refusal::TOPIC_INVALID)?;
    let owner = Some(person.to_owned());
    let of = |subject, allow| Rule { subject, pattern: pattern.clone(), allow, owner: owner.clone() };
    let rules = [of(Subject::Person(person.to_owned()), Permission::BOTH), of(Subject::Everyone, everyone)];
    porter.reserve(ctx, (person, topic), most, &rules).await.map_err(told)?.map_err(refused)
}

async fn give_up(person: PersonAsking, Path(topic): Path<String>) -> Answered {
    ntfy_protocol::Topic::new(&topic)?;
    let ctx = &person.asking.ctx;
    if !porter(ctx).remove_reservation(ctx, &person.id, &topic).await? {
        return Err(Told(refusal::UNAUTHORIZED));
    }
    success()
}

async fn stats(State(ctx): State<Ctx>, _: Asking) -> Answered {
    let (messages, rate) = porter(&ctx).published(ctx.clock.monotonic());
    json(&json_value!({ "messages": messages, "messages_rate": rate }))
}

/// There are none: nobody pays in a household.
async fn tiers(_: Asking) -> Answered {
    json(&json_value!([]))
}
