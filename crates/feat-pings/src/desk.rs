//! The one book of this hub, and how it is opened: from the database and `hob.toml`, when it is first asked for.

use crate::book::{Book, CodeHash, Job, Writes};
use crate::config::{self, FileJob};
use crate::model::address::{hex, random_uuid, uuid};
use crate::model::definition::{Definition, Origin, handle_for};
use crate::model::judge::resource_of;
use crate::model::limit::Strangers;
use crate::model::state::State;
use crate::model::{JOBS_MAX, SOURCE};
use crate::store::{self, Damaged, Row};
use hob_base::resource::Moment;
use hob_base::{Error, Health, Observation, Result};
use hob_feature::{Ctx, Problems};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Notify, OnceCell};
use tracing::{error, info, warn};

/// For what secrets are sealed.
const CODE: &str = "pings.code";
const KEY: &str = "pings.key";
/// How long a word holds that nobody repeats.
const FOR_GOOD: Duration = Duration::from_secs(10 * 366 * 86_400);
/// The shortest token that somebody else may choose, in characters.
const TOKEN_CHARS_MIN: usize = 16;

/// What was taken out of the book to be written. Where that fails, or the request for which it was done is given up,
/// it goes back.
struct Taken<'a> {
    desk: &'a Desk,
    writes: Option<Writes>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(writes) = self.writes.take() {
            self.desk.with(|book| book.put_back(writes));
        }
    }
}

/// Where all of this feature meets.
#[derive(Default)]
pub(crate) struct Desk {
    book: OnceCell<Mutex<Book>>,
    strangers: Mutex<Strangers>,
    /// Held while jobs are made, changed or deleted, so that the table and the book agree.
    editing: AsyncMutex<()>,
    /// Held while pings are written, so that they are written in order.
    writing: AsyncMutex<()>,
    /// Rung when there is something to tell or to hurry for.
    pub(crate) bell: Notify,
    refused: AtomicBool,
}

/// The desk, with its book open.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn desk(ctx: &Ctx) -> Result<Arc<Desk>> {
    let desk = ctx.memory.of::<Desk>();
    desk.book.get_or_try_init(|| async { load(ctx).await.map(Mutex::new) }).await?;
    Ok(desk)
}

/// The desk, if its book is open: it is from the hub's first moments on.
pub(crate) fn open_desk(ctx: &Ctx) -> Option<Arc<Desk>> {
    let desk = ctx.memory.of::<Desk>();
    desk.book.initialized().then_some(desk)
}

impl Desk {
    /// Opens the book for a short time. What is done with it must not wait.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&mut Book) -> T) -> Option<T> {
        // Who has a desk has it from `desk`, which opens the book.
        let book = self.book.get()?;
        Some(read(&mut book.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The same, for who needs an answer.
    ///
    /// # Errors
    /// When the book is not open.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut Book) -> T) -> Result<T> {
        self.with(read)
            .ok_or_else(|| Error::Unavailable("Hob is still reading its scheduled jobs.".to_owned()))
    }

    /// Whether a stranger is told once more that there is nothing.
    pub(crate) fn may_ask(&self, client: IpAddr, now: Moment) -> bool {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).may_ask(client, now.monotonic)
    }

    /// Whether a ping may make one more job.
    pub(crate) fn may_make(&self, now: Moment) -> bool {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner).may_make(now.monotonic)
    }

    /// Writes what waits. What cannot be written waits on.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn flush(&self, ctx: &Ctx) -> Result<usize> {
        let _writing = self.writing.lock().await;
        let (writes, states) = self.read(Book::take_writes)?;
        let mut taken = Taken { desk: self, writes: Some(writes) };
        let Some(writes) = &taken.writes else { return Ok(0) };
        if writes.lost > 0 {
            warn!(lost = writes.lost, "the database refused for too long; the oldest pings were given up");
        }
        let count = writes.pings.len();
        if count == 0 && states.is_empty() {
            return Ok(0);
        }
        match store::write_batch(&ctx.db, writes, &states).await {
            Ok(()) => {
                taken.writes = None;
                if self.refused.swap(false, Ordering::Relaxed) {
                    info!("pings can be written again; all that waited has been");
                }
                Ok(count)
            }
            Err(refusal) => {
                if !self.refused.swap(true, Ordering::Relaxed) {
                    error!(reason = refusal.chain(), "pings cannot be written; they wait in memory");
                }
                Err(refusal)
            }
        }
    }

    /// Makes a job.
    ///
    /// # Errors
    /// When there are too many, it is not right, or the database refuses.
    pub(crate) async fn add(&self, ctx: &Ctx, definition: Definition, code: Option<&str>) -> Result<Job> {
        let _editing = self.editing.lock().await;
        // Two pings may have asked for the same job.
        if definition.origin == Origin::Ping {
            let there = self
                .read(|book| book.of_slug(&definition.slug).first().and_then(|id| book.get(*id)).cloned())?;
            if let Some(there) = there {
                return Ok(there);
            }
        }
        self.check(&definition, None)?;
        let code = match code {
            Some(code) => code.to_owned(),
            None => random_uuid(ctx.sealer.random_bytes()?),
        };
        let job = self.read(|book| {
            if book.len() >= JOBS_MAX {
                return Err(Error::Conflict(format!(
                    "There are {JOBS_MAX} scheduled jobs already, which is the most that Hob keeps. Delete some first."
                )));
            }
            Ok(Job {
                id: book.next_id(),
                handle: handle_for(&definition, |handle| book.has_handle(handle)).into(),
                code: code.as_str().into(),
                code_hash: CodeHash::of(&code),
                created_at: ctx.clock.now(),
                definition: Arc::new(definition),
                state: State::default(),
            })
        })??;
        self.keep(ctx, job.clone()).await?;
        Ok(job)
    }

    /// Gives a job another definition.
    ///
    /// # Errors
    /// When it is not right, is set in `hob.toml`, has gone, or the database refuses.
    pub(crate) async fn redefine(&self, ctx: &Ctx, handle: &str, definition: Definition) -> Result<Job> {
        let _editing = self.editing.lock().await;
        let mut job = self.find(handle)?;
        may_change(&job)?;
        self.check(&definition, Some(&job))?;
        let slug = definition.slug != job.definition.slug;
        let plan = definition.schedule != job.definition.schedule || definition.grace != job.definition.grace;
        if slug {
            let taken = |handle: &str| {
                *handle != *job.handle && self.with(|book| book.has_handle(handle)).unwrap_or_default()
            };
            job.handle = handle_for(&definition, taken).into();
        }
        job.definition = Arc::new(definition);
        if plan {
            let zone = self.read(|book| book.zone().clone())?;
            job.state.replan(ctx.clock.now(), &job.definition, &zone);
        }
        self.keep(ctx, job.clone()).await?;
        Ok(job)
    }

    async fn keep(&self, ctx: &Ctx, mut job: Job) -> Result<()> {
        let row = row_of(ctx, &job)?;
        store::save_jobs(&ctx.db, &[row]).await?;
        self.read(|book| {
            // Pings may have come while it was written.
            if let Some(state) =
                book.get(job.id).map(|now| now.state.clone()).filter(|now| now.pings > job.state.pings)
            {
                job.state = state;
            }
            book.put(job, ctx.clock.moment());
        })?;
        self.bell.notify_one();
        Ok(())
    }

    /// Deletes a job with all its pings.
    ///
    /// # Errors
    /// When it is set in `hob.toml`, has gone, or the database refuses.
    pub(crate) async fn delete(&self, ctx: &Ctx, handle: &str) -> Result<Job> {
        let _editing = self.editing.lock().await;
        let job = self.find(handle)?;
        may_change(&job)?;
        let _writing = self.writing.lock().await;
        store::delete_jobs(&ctx.db, &[job.id]).await?;
        self.read(|book| book.remove(job.id))?;
        self.bell.notify_one();
        Ok(job)
    }

    /// Pauses a job.
    ///
    /// # Errors
    /// When it has gone.
    pub(crate) fn pause(&self, ctx: &Ctx, handle: &str, by: &str) -> Result<Job> {
        self.turn(ctx, handle, |state| {
            state.pause(by);
            Ok(())
        })
    }

    /// Lets a paused job begin anew.
    ///
    /// # Errors
    /// When it has gone or is not paused.
    pub(crate) fn resume(&self, ctx: &Ctx, handle: &str) -> Result<Job> {
        self.turn(ctx, handle, |state| {
            if state.resume() { Ok(()) } else { Err(Error::Conflict("This job is not paused.".to_owned())) }
        })
    }

    fn turn(&self, ctx: &Ctx, handle: &str, change: impl FnOnce(&mut State) -> Result<()>) -> Result<Job> {
        let id = self.find(handle)?.id;
        let now = ctx.clock.moment();
        self.read(|book| book.change(id, now, |state, _, _| change(state)))?
            .ok_or_else(|| Error::not_found("scheduled job", handle))??;
        self.bell.notify_one();
        self.find(handle)
    }

    /// One job by the name of its page.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(&self, handle: &str) -> Result<Job> {
        self.read(|book| book.by_handle(handle).cloned())?
            .ok_or_else(|| Error::not_found("scheduled job", handle.chars().take(100).collect::<String>()))
    }

    fn check(&self, definition: &Definition, own: Option<&Job>) -> Result<()> {
        definition.check().map_err(|(field, problem)| Error::invalid(field, problem))?;
        // Through the API several jobs may share a slug, as with healthchecks.
        if definition.origin != Origin::Page || definition.slug.is_empty() {
            return Ok(());
        }
        let other = self.read(|book| {
            book.of_slug(&definition.slug).iter().any(|id| own.is_none_or(|own| own.id != *id))
        })?;
        if other {
            return Err(Error::invalid("slug", "Another job has this slug already. Choose another one."));
        }
        Ok(())
    }

    /// Makes another ping key. Addresses with the old one open nothing any more.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn rotate_key(&self, ctx: &Ctx) -> Result<()> {
        let _editing = self.editing.lock().await;
        let key = make_key(ctx).await?;
        self.read(|book| book.set_key(&key))
    }
}

fn may_change(job: &Job) -> Result<()> {
    if job.definition.origin == Origin::File {
        return Err(Error::Conflict("This job is set in hob.toml and can only be changed there.".to_owned()));
    }
    Ok(())
}

fn row_of(ctx: &Ctx, job: &Job) -> Result<Row> {
    Ok(Row {
        id: job.id,
        handle: job.handle.to_string(),
        code_hash: job.code_hash.text(),
        code: ctx.sealer.seal(CODE, job.code.as_bytes())?,
        created_at: job.created_at,
        definition: Definition::clone(&job.definition),
        state: job.state.clone(),
    })
}

async fn make_key(ctx: &Ctx) -> Result<String> {
    let key = hex(&ctx.sealer.random_bytes::<16>()?);
    store::save_key(&ctx.db, &ctx.sealer.seal(KEY, key.as_bytes())?, ctx.clock.now()).await?;
    Ok(key)
}

async fn load(ctx: &Ctx) -> Result<Book> {
    let key = match store::find_key(&ctx.db).await? {
        None => make_key(ctx).await?,
        Some(sealed) => match open_secret(ctx, KEY, &sealed) {
            Some(key) => key,
            None => make_key(ctx).await?,
        },
    };
    let mut book = Book::new(ctx.zone.clone(), &key);
    let now = ctx.clock.moment();
    let (rows, damaged) = store::list_jobs(&ctx.db).await?;
    for row in rows {
        let code_hash = store::hash_of(&row.code_hash)?;
        let code = open_secret(ctx, CODE, &row.code).unwrap_or_default().into();
        let Row { id, handle, created_at, definition, state, .. } = row;
        let definition = Arc::new(definition);
        let handle = handle.into();
        book.put(Job { id, handle, code, code_hash, created_at, definition, state }, now);
    }
    take_in_file(ctx, &mut book, now).await?;
    book.rebase(now);
    book.wake(now);
    let is_damaged = |name: &str| damaged.iter().any(|job| job.handle == name);
    for resource in ctx.resources.of_kind("job") {
        let name = resource.id.name();
        if resource.id.scope() == "ping" && !book.has_handle(name) && !is_damaged(name) {
            ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
        }
    }
    for Damaged { handle, problem } in damaged {
        error!(handle, problem, "a scheduled job in the database cannot be read; nobody watches it");
        let health = Health::critical("Hob cannot read what it knows of this job, so nobody watches it.")
            .with_evidence(problem)
            .with_remedy("Look at the evidence. If it names a time zone, this machine no longer knows that.");
        let told = Observation::new(SOURCE, resource_of(&handle), FOR_GOOD).judged(health);
        ctx.resources.observe(told).await;
    }
    Ok(book)
}

/// What was sealed with a key file that is lost is lost too, but the addresses go on working by their hashes.
fn open_secret(ctx: &Ctx, purpose: &str, sealed: &[u8]) -> Option<String> {
    let opened = ctx.sealer.open_sealed(purpose, sealed);
    let opened =
        opened.inspect_err(|error| warn!(purpose, reason = error.chain(), "a secret cannot be opened"));
    String::from_utf8(opened.ok()?).ok()
}

/// Jobs of `hob.toml` are as it says; those that it no longer names are gone.
async fn take_in_file(ctx: &Ctx, book: &mut Book, now: Moment) -> Result<()> {
    let wanted = config::read(&ctx.config, &Problems::default());
    let mut there: HashMap<String, Job> = book
        .jobs()
        .filter(|job| job.definition.origin == Origin::File)
        .map(|job| (job.definition.slug.clone(), job.clone()))
        .collect();
    let mut rows = Vec::new();
    for FileJob { definition, token } in wanted {
        let before = there.remove(&definition.slug);
        let code = match token.and_then(|source| read_token(&definition, source.resolve())) {
            Some(code) => code,
            None => match before.as_ref().filter(|before| !before.code.is_empty()) {
                Some(before) => before.code.to_string(),
                None => random_uuid(ctx.sealer.random_bytes()?),
            },
        };
        let same = before.as_ref().is_some_and(|old| *old.definition == definition && *old.code == *code);
        if same {
            continue;
        }
        let mut job = before.unwrap_or_else(|| Job {
            id: book.next_id(),
            handle: handle_for(&definition, |handle| book.has_handle(handle)).into(),
            code: "".into(),
            code_hash: CodeHash::of(&code),
            created_at: now.wall,
            definition: Arc::new(Definition::default()),
            state: State::default(),
        });
        job.code = code.as_str().into();
        job.code_hash = CodeHash::of(&code);
        job.definition = Arc::new(definition);
        job.state.replan(now.wall, &job.definition, &ctx.zone);
        rows.push(row_of(ctx, &job)?);
        book.put(job, now);
    }
    let gone: Vec<_> = there.into_values().map(|job| job.id).collect();
    for id in &gone {
        book.remove(*id);
    }
    if !gone.is_empty() {
        store::delete_jobs(&ctx.db, &gone).await?;
    }
    if rows.is_empty() { Ok(()) } else { store::save_jobs(&ctx.db, &rows).await }
}

/// A token that can be part of an address, and is long enough not to be guessed.
fn read_token(
    definition: &Definition,
    resolved: std::result::Result<hob_feature::secrets::Secret, String>,
) -> Option<String> {
    let problem = match resolved {
        Err(problem) => problem,
        Ok(secret) => {
            let token = secret.reveal().trim();
            let plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            if plain && (TOKEN_CHARS_MIN..=100).contains(&token.len()) {
                return Some(uuid(token).unwrap_or_else(|| token.to_owned()));
            }
            format!(
                "it must be a UUID, or at least {TOKEN_CHARS_MIN} letters, digits, hyphens and underscores"
            )
        }
    };
    warn!(
        job = definition.slug,
        problem, "the token of a job in hob.toml cannot be used; it gets one of its own"
    );
    None
}
