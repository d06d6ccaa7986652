//! Browsers that get messages without any app: web push.
//!
//! Two kinds are in one table. A browser of a person was added on Hob's page `/messages/devices`: it gets what Hob has to
//! say to that person ([`to_browsers`]) and the topics which they chose. A browser of a client of the protocol was added
//! over ntfy's API (`/v1/webpush`): it gets its topics.
//!
//! Data flow: the listener `push.browsers` (`post.rs`) hears every message that is delivered and asks the book
//! (`book.rs`, all of the table in memory) who wants it. For each browser the letter (`letter.rs`) goes into its lane of
//! the outbox (`outbox.rs`), from where a few at a time are sent. What push services answer changes the book; the pass
//! `push.browsers-tidy` forgets who was silent for too long.
//!
//! Invariants:
//! - Publishing waits for none of this: what does not fit is dropped and counted.
//! - Letters to one browser go in order, one at a time; a push service that fails holds up nobody else.
//! - A browser that says that it is gone is forgotten at once.
//! - Letters that wait are in memory only: after a restart the messages are in the table and on the page.

pub(crate) mod actions;
pub(crate) mod book;
pub(crate) mod letter;
pub(crate) mod life;
mod outbox;
pub(crate) mod post;
pub(crate) mod rights;

use crate::config;
use crate::store::browsers as store;
use book::{Book, Browser};
use futures_util::{StreamExt, stream};
use hob_base::error::Doing;
use hob_base::{Error, Result};
use hob_feature::{BoxFuture, BrowserPush, Ctx, PushMessage, boxed};
use outbox::Outbox;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};
use webpush::{Contact, Reach, Sender, Vapid};

/// How many browsers are told something at once when Hob itself asks.
const AT_ONCE: usize = 8;
/// How long Hob waits for them all.
const ALL_WITHIN: Duration = Duration::from_secs(45);
/// How many failures are told by name.
const FAILURES_TOLD: usize = 20;

/// Everything about browsers, in memory.
#[derive(Default)]
pub(crate) struct Desk {
    opened: OnceCell<Opened>,
    outbox: Mutex<Outbox>,
    /// Rung when something was put into the outbox.
    bell: Notify,
    /// Who may read what, by the accounts as they were last seen.
    readers: Mutex<Option<Arc<rights::Readers>>>,
}

struct Opened {
    sender: Arc<Sender>,
    book: Mutex<Book>,
}

/// The desk, with the table read.
///
/// # Errors
/// When the database does not answer, or the key cannot be opened.
pub(crate) async fn desk(ctx: &Ctx) -> Result<Arc<Desk>> {
    let desk = ctx.memory.of::<Desk>();
    desk.opened.get_or_try_init(|| open(ctx)).await?;
    Ok(desk)
}

async fn open(ctx: &Ctx) -> Result<Opened> {
    let vapid = key(ctx).await?;
    let reach = Reach::with(&config::settings(ctx).webpush_hosts);
    let sender = Arc::new(Sender::new(tls_probe::Client::new(), vapid, reach));
    let book = Book::new(store::list(&ctx.db, &ctx.sealer).await?);
    Ok(Opened { sender, book: Mutex::new(book) })
}

/// The key of this hub, made when it is first needed.
async fn key(ctx: &Ctx) -> Result<Vapid> {
    let doing = || "Opening the key for web push".to_owned();
    if let Some(bytes) = store::key(&ctx.db, &ctx.sealer).await? {
        return Vapid::from_bytes(&bytes).doing(doing);
    }
    let (_, bytes) = Vapid::generate().doing(|| "Making a key for web push".to_owned())?;
    // Another process may have been quicker: the one that is kept counts.
    let kept = store::keep_key(&ctx.db, &ctx.sealer, &bytes, ctx.clock.now()).await?;
    Vapid::from_bytes(&kept).doing(doing)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Looks at, or changes, what is known of browsers. Nothing before the table was read.
    pub(crate) fn book<T>(&self, with: impl FnOnce(&mut Book) -> T) -> Option<T> {
        self.opened.get().map(|opened| with(&mut locked(&opened.book)))
    }

    /// Who sends.
    ///
    /// # Errors
    /// Before the table was read.
    pub(crate) fn sender(&self) -> Result<Arc<Sender>> {
        let opened = self.opened.get().map(|opened| opened.sender.clone());
        opened.ok_or_else(|| Error::Unavailable("Web push is not ready yet.".to_owned()))
    }
}

/// Whom push services can ask about this hub: what the owner says, or where the browser was added.
fn contact(ctx: &Ctx, browser: &Browser) -> Contact {
    let settings = config::settings(ctx);
    let named = settings.webpush_contact.as_deref().and_then(Contact::read);
    named
        .or_else(|| Contact::of_site(settings.base_url.as_deref()?))
        .or_else(|| Contact::of_site(&browser.site))
        .unwrap_or_else(Contact::nobody)
}

/// Sends a message to every browser of this person, or of anybody.
pub(crate) fn to_browsers(
    ctx: Ctx,
    person: Option<String>,
    message: PushMessage,
) -> BoxFuture<Result<BrowserPush>> {
    boxed(async move {
        let desk = desk(&ctx).await?;
        let person = match person {
            None => None,
            Some(name) => match person_id(&ctx, &name).await? {
                Some(id) => Some(id),
                None => return Ok(BrowserPush::default()),
            },
        };
        let browsers = desk.book(|book| book.of_person(person.as_deref())).unwrap_or_default();
        let letter = letter::of_house(&ctx, &message)?;
        let sending = stream::iter(browsers)
            .map(|browser| {
                let (ctx, desk, letter) = (&ctx, &desk, &letter);
                async move {
                    let result = post::send(ctx, desk, &browser, letter).await;
                    post::note(ctx, desk, &browser.id, &result).await;
                    result.map_err(|failure| format!("{}: {failure}", browser.name))
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>();
        let results = tokio::time::timeout(ALL_WITHIN, sending).await.map_err(|_| {
            Error::Unavailable("The push services of the browsers did not answer in time.".to_owned())
        })?;
        let reached = results.iter().filter(|result| result.is_ok()).count();
        let failed = results.into_iter().filter_map(std::result::Result::err).take(FAILURES_TOLD).collect();
        Ok(BrowserPush { reached, failed })
    })
}

/// The id of the person of this name, if there is one.
async fn person_id(ctx: &Ctx, name: &str) -> Result<Option<String>> {
    let Some(gate) = ctx.gate() else { return Ok(None) };
    let people = (gate.people)(ctx.clone()).await?;
    Ok(people.into_iter().find(|person| person.name.eq_ignore_ascii_case(name)).map(|person| person.id))
}

/// The public key with which browsers recognise this hub, as `/v1/config` shows it; `None` while there is none.
pub(crate) fn public_key(ctx: &Ctx) -> Option<String> {
    ctx.memory.of::<Desk>().opened.get().map(|opened| opened.sender.public_key())
}

#[cfg(test)]
mod tests;
