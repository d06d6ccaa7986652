//! What the visitors' side remembers: who was recognised, the table of rules, and what everybody has used up.

use super::Known;
use super::credential::Credential;
use super::remembered::{Mark, Remembered};
use crate::config::{self, DefaultAccess, Settings};
use crate::model::access::{NotReserved, Permission, Rule, Subject, Table};
use crate::model::account::{is_push_token, token_hash};
use crate::model::limits::{Meters, Recent, Refill, address_key};
use crate::pages::Flash;
use crate::routes::unavailable;
use crate::store::{access, tokens};
use arc_swap::ArcSwap;
use hob_base::{Error, Result};
use hob_feature::identity::Via;
use hob_feature::{Ctx, Identity, IdentityChanges, NameAndPassword, Scope};
use ntfy_protocol::refusal::{self, Refusal};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tracing::{info, warn};

/// That a token was used is written no more often than this.
const TOKEN_TOUCH_MS: i64 = 60_000;
/// Wrong credentials from one address: so many at once, and one more each minute, as in ntfy. Passwords are slowed down much
/// sooner by the throttle of the login page.
const FAILURES: Refill = Refill { size: 30, every: Duration::from_secs(60) };

/// What is to be shown once is forgotten after this long; some of it is a new token.
const FLASH_KEPT: Duration = Duration::from_secs(300);
const FLASHES_MAX: usize = 1000;

/// The memory of the visitors' side.
pub(crate) struct Porter {
    settings: OnceLock<Arc<Settings>>,
    changes: OnceLock<Arc<IdentityChanges>>,
    key: OnceLock<hmac::Key>,
    remembered: Mutex<Remembered<Arc<Known>>>,
    meters: Mutex<Meters>,
    table: ArcSwap<Table>,
    table_is_read: AtomicBool,
    is_set_up: AtomicBool,
    flashes: Mutex<HashMap<String, (Duration, Flash)>>,
    /// Held while rules are written and read again, so that the table in memory is never older than the one written.
    changing: tokio::sync::Mutex<()>,
    /// Counts the changes of the table.
    rules_number: AtomicU64,
    /// Messages published since the hub started, and lately.
    published: Mutex<(u64, Recent)>,
}

impl Default for Porter {
    fn default() -> Self {
        Self {
            settings: OnceLock::new(),
            changes: OnceLock::new(),
            key: OnceLock::new(),
            remembered: Mutex::default(),
            meters: Mutex::default(),
            table: ArcSwap::from_pointee(Table::default()),
            table_is_read: AtomicBool::new(false),
            is_set_up: AtomicBool::new(false),
            flashes: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            rules_number: AtomicU64::new(0),
            published: Mutex::default(),
        }
    }
}

/// The memory of the visitors' side.
pub(crate) fn porter(ctx: &Ctx) -> Arc<Porter> {
    let porter: Arc<Porter> = ctx.memory.of();
    porter.changes.get_or_init(|| ctx.memory.of());
    porter.settings.get_or_init(|| config::settings(ctx));
    porter
}

/// An error of Hob's in the words of the protocol. What went wrong inside is for the log.
pub(crate) fn refusal_of(error: &Error) -> Refusal {
    match error {
        Error::Invalid { problem, .. } | Error::Conflict(problem) => {
            refusal::BAD_REQUEST.with_detail(problem)
        }
        Error::NotFound { .. } => refusal::NOT_FOUND,
        Error::Forbidden(problem) => refusal::FORBIDDEN.with_detail(problem),
        Error::Unauthenticated(problem) => refusal::UNAUTHORIZED.with_detail(problem),
        Error::TooMany { problem, .. } => refusal::LIMIT_AUTH_FAILURE.with_detail(problem),
        Error::Unavailable(problem) => unavailable(problem.clone()),
        Error::Internal { .. } => {
            warn!(reason = error.chain(), "a request to the push server failed");
            unavailable(
                "Hob's database does not answer at this moment; the log says why. Try again in a while.",
            )
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Porter {
    /// The settings.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.get_or_init(Arc::default).clone()
    }

    pub(super) fn changes(&self) -> &IdentityChanges {
        self.changes.get_or_init(Arc::default)
    }

    /// Refuses everybody until there is a first user, as the rest of the hub does.
    pub(super) async fn check_set_up(&self, ctx: &Ctx) -> Result<(), Refusal> {
        if self.is_set_up.load(Ordering::Relaxed) {
            return Ok(());
        }
        let set_up = match ctx.gate() {
            Some(gate) => (gate.is_set_up)(ctx.clone()).await.map_err(|error| refusal_of(&error))?,
            None => true,
        };
        // That never changes back.
        self.is_set_up.store(set_up, Ordering::Relaxed);
        let refused = || unavailable("Hob is not set up yet: open it in a browser first.");
        if set_up { Ok(()) } else { Err(refused()) }
    }

    /// Counts every change of rules, users and tokens.
    pub(super) fn generation(&self) -> u64 {
        self.rules_number.load(Ordering::Acquire).wrapping_add(self.changes().number())
    }

    /// What everybody has used up, for one expression.
    pub(crate) fn metered<T>(&self, with: impl FnOnce(&mut Meters) -> T) -> T {
        with(&mut locked(&self.meters))
    }

    /// Whether somebody has reserved a topic, as far as memory knows.
    pub(crate) fn is_reserved(&self, topic: &str) -> bool {
        self.table.load().owner_of(topic).is_some()
    }

    /// Leaves something for the next page that the same person opens.
    pub(crate) fn leave(&self, key: String, now: Duration, flash: Flash) {
        let mut flashes = locked(&self.flashes);
        flashes.retain(|_, (at, _)| now.saturating_sub(*at) < FLASH_KEPT);
        if flashes.len() < FLASHES_MAX {
            flashes.insert(key, (now, flash));
        }
    }

    /// Takes what was left, so that it is shown once.
    pub(crate) fn take(&self, key: &str, now: Duration) -> Option<Flash> {
        let (at, flash) = locked(&self.flashes).remove(key)?;
        (now.saturating_sub(at) < FLASH_KEPT).then_some(flash)
    }

    /// Notes that a message was published.
    pub(super) fn count_message(&self, now: Duration) {
        let (all, recent) = &mut *locked(&self.published);
        *all += 1;
        recent.count(now);
    }

    /// Messages published since the hub started, and how many a second lately.
    pub(crate) fn published(&self, now: Duration) -> (u64, f64) {
        let (all, recent) = *locked(&self.published);
        (all, recent.per_second(now))
    }

    /// What who is not logged in may where no rule says anything.
    pub(crate) fn default_access(&self) -> Permission {
        match self.settings().default_access {
            DefaultAccess::DenyAll => Permission::DENY,
            DefaultAccess::ReadOnly => Permission::READ,
            DefaultAccess::WriteOnly => Permission::WRITE,
            DefaultAccess::ReadWrite => Permission::BOTH,
        }
    }

    /// The rules. Reads the database only the first time.
    ///
    /// # Errors
    /// When they could never be read.
    pub(crate) async fn table(&self, ctx: &Ctx) -> Result<Arc<Table>> {
        if !self.table_is_read.load(Ordering::Acquire) {
            let _turn = self.changing.lock().await;
            if !self.table_is_read.load(Ordering::Acquire) {
                self.read_table(ctx).await?;
            }
        }
        Ok(self.table.load_full())
    }

    /// The rules as they are in memory; empty before anybody asked [`Porter::table`].
    pub(super) fn table_in_memory(&self) -> Arc<Table> {
        self.table.load_full()
    }

    async fn read_table(&self, ctx: &Ctx) -> Result<()> {
        // After a change that was written, the old rules must not go on to count: they are read when somebody next asks.
        let unread = |_: &Error| self.table_is_read.store(false, Ordering::Release);
        let rules = access::rules(&ctx.db).await.inspect_err(unread)?;
        self.table.store(Arc::new(Table::new(rules)));
        self.table_is_read.store(true, Ordering::Release);
        self.rules_number.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Saves rules; they count when this returns.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there are too many; when the database refuses.
    pub(crate) async fn save_rules(&self, ctx: &Ctx, rules: &[Rule]) -> Result<()> {
        self.table(ctx).await?;
        let _turn = self.changing.lock().await;
        self.save(ctx, rules).await
    }

    /// Makes a topic a person's own by these rules. It is decided and saved in one turn, so that no topic has two owners.
    ///
    /// # Errors
    /// As [`Porter::save_rules`]; within, why the topic cannot be reserved.
    pub(crate) async fn reserve(
        &self,
        ctx: &Ctx,
        (person, topic): (&str, &str),
        most: usize,
        rules: &[Rule],
    ) -> Result<Result<(), NotReserved>> {
        self.table(ctx).await?;
        let _turn = self.changing.lock().await;
        if let Err(why) = self.table.load().may_reserve(person, topic, most) {
            return Ok(Err(why));
        }
        self.save(ctx, rules).await.map(Ok)
    }

    async fn save(&self, ctx: &Ctx, rules: &[Rule]) -> Result<()> {
        const RULES_MAX: usize = 5000;
        if self.table.load().rules().len() + rules.len() > RULES_MAX {
            return Err(Error::Conflict(format!(
                "There are {RULES_MAX} rules already. Remove some, or use patterns such as home-*."
            )));
        }
        access::save_rules(&ctx.db, rules, ctx.clock.now()).await?;
        self.read_table(ctx).await
    }

    /// Removes a rule; `false` when there is none.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn remove_rule(&self, ctx: &Ctx, subject: &Subject, pattern: &str) -> Result<bool> {
        let _turn = self.changing.lock().await;
        let removed = access::remove_rule(&ctx.db, subject, pattern).await?;
        self.read_table(ctx).await?;
        Ok(removed)
    }

    /// Removes every rule of a subject, and its reservations.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn remove_rules_of(&self, ctx: &Ctx, subject: &Subject) -> Result<()> {
        let _turn = self.changing.lock().await;
        access::remove_rules_of(&ctx.db, subject).await?;
        self.read_table(ctx).await
    }

    /// Gives up a reservation; `false` when it is not this person's.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn remove_reservation(&self, ctx: &Ctx, person: &str, topic: &str) -> Result<bool> {
        let _turn = self.changing.lock().await;
        let removed = access::remove_reservation(&ctx.db, person, topic).await?;
        self.read_table(ctx).await?;
        Ok(removed)
    }

    /// Whose credential this is; from memory where it was seen a moment ago.
    pub(super) async fn whose(
        &self,
        ctx: &Ctx,
        credential: Credential,
        address: Option<IpAddr>,
    ) -> Result<Arc<Known>, Refusal> {
        let mark = self.mark(&credential)?;
        if let Some(found) = self.find(ctx, &mark) {
            return found;
        }
        let turn = locked(&self.remembered).turn(mark);
        let _turn = turn.lock().await;
        if let Some(found) = self.find(ctx, &mark) {
            return found;
        }
        let number = self.changes().number();
        let found = self.look_at(ctx, credential, address).await;
        let lasting = !matches!(&found, Err(refusal) if refusal.code != refusal::UNAUTHORIZED.code);
        if lasting {
            locked(&self.remembered).keep(mark, ctx.clock.monotonic(), number, &found);
        }
        found
    }

    fn find(&self, ctx: &Ctx, mark: &Mark) -> Option<Result<Arc<Known>, Refusal>> {
        let changes = self.changes();
        let changed = |known: &Arc<Known>, since| known.changed_since(changes, since);
        locked(&self.remembered).find(mark, ctx.clock.monotonic(), changes.number(), changed)
    }

    /// A keyed hash, so that nobody who sees the memory learns a password by trying.
    fn mark(&self, credential: &Credential) -> Result<Mark, Refusal> {
        let key = match self.key.get() {
            Some(key) => key,
            None => {
                let mut random = [0; 32];
                let filled = SystemRandom::new().fill(&mut random);
                filled.map_err(|_| unavailable("The system gives no random bytes."))?;
                self.key.get_or_init(|| hmac::Key::new(hmac::HMAC_SHA256, &random))
            }
        };
        let tag = hmac::sign(key, &credential.bytes());
        tag.as_ref().try_into().map_err(|_| refusal::INTERNAL_ERROR)
    }

    async fn look_at(
        &self,
        ctx: &Ctx,
        credential: Credential,
        address: Option<IpAddr>,
    ) -> Result<Arc<Known>, Refusal> {
        let (now, place) = (ctx.clock.monotonic(), failures_of(address));
        let wait = self.metered(|meters| meters.of(&place, now).failures.wait(now, FAILURES));
        if !wait.is_zero() {
            let detail = format!("try again in {} seconds", wait.as_secs() + 1);
            return Err(refusal::LIMIT_AUTH_FAILURE.with_detail(&detail));
        }
        let found = self.recognise(ctx, credential, address).await;
        let found = found.map_err(|error| refusal_of(&error))?;
        found.map(Arc::new).ok_or_else(|| {
            // The wait was looked at before; this one is counted whether it fits or not.
            let _ = self.metered(|meters| meters.of(&place, now).failures.take(now, FAILURES));
            info!(address = place, "the push server refused wrong credentials");
            refusal::UNAUTHORIZED
        })
    }

    async fn recognise(
        &self,
        ctx: &Ctx,
        credential: Credential,
        address: Option<IpAddr>,
    ) -> Result<Option<Known>> {
        let (name, password) = match credential {
            Credential::Token(token) => return self.by_token(ctx, token, address).await,
            Credential::Password { name, password } => (name, password),
        };
        // A token may be shown as the password of anybody; what only looks like one may still be a password.
        if (is_push_token(&password) || password.starts_with("hob_"))
            && let Some(known) = self.by_token(ctx, password.clone(), address).await?
        {
            return Ok(Some(known));
        }
        let Some(gate) = ctx.gate() else { return Ok(None) };
        let shown = NameAndPassword { name, password, address };
        Ok((gate.by_password)(ctx.clone(), shown).await?.map(|who| Known::of(&who)))
    }

    async fn by_token(&self, ctx: &Ctx, token: String, address: Option<IpAddr>) -> Result<Option<Known>> {
        let Some(gate) = ctx.gate() else { return Ok(None) };
        if !is_push_token(&token) {
            let who = (gate.identify)(ctx.clone(), hob_feature::Credential::Bearer(token)).await?;
            return Ok(who.map(|who| Known::of(&who)));
        }
        let now = ctx.clock.now();
        let found = tokens::find_token(&ctx.db, &token_hash(&token)).await?;
        let Some(found) = found.filter(|token| token.is_live(now)) else { return Ok(None) };
        let people = (gate.people)(ctx.clone()).await?;
        let Some(person) = people.into_iter().find(|person| person.id == found.person) else {
            return Ok(None);
        };
        let stale = found.last_access_at.is_none_or(|at| now.millis() - at.millis() >= TOKEN_TOUCH_MS);
        if stale {
            let origin = address.map_or_else(String::new, |address| address.to_canonical().to_string());
            // A full disk must not keep anybody out.
            if let Err(error) = tokens::touch_token(&ctx.db, &found.id, now, &origin).await {
                warn!(reason = error.chain(), "it could not be noted that a push token was used");
            }
        }
        let scope = if person.is_admin { Scope::Admin } else { Scope::Read };
        let who = Identity {
            user_id: Some(person.id),
            name: person.name,
            scopes: vec![scope],
            via: Via::Token(found.id.clone()),
        };
        Ok(Some(Known { push_token: Some(found.id), expires_at: found.expires_at, ..Known::of(&who) }))
    }
}

/// Under which wrong credentials of an address are counted: apart from what its requests use up.
fn failures_of(address: Option<IpAddr>) -> String {
    address
        .map_or_else(|| "failures local".to_owned(), |address| format!("failures {}", address_key(address)))
}
