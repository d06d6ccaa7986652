//! E-mail and calls that a message asks for: what leaves the house.
//!
//! A copy by mail goes through the server of the section `[mail]`. It is tried three times within some minutes; a hub that
//! stops forgets it. Nobody who publishes waits for it, and the message is published whatever becomes of it.

use crate::desk::desk;
use crate::visitor::{Cost, Visitor};
use hob_base::Result;
use hob_feature::mail::{Encryption, MailSettings};
use hob_feature::{Ctx, Problems};
use mail::{Address, Mailer, Mood, News, NoteView, Password, Smtp};
use ntfy_protocol::{Email, Message, PublishRequest, Refusal, refusal};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Mails that may wait to be sent.
const WAITING_MAX: usize = 200;
/// Mails that are sent at the same time.
const AT_ONCE: usize = 4;
/// How long to wait before the second and before the third try.
const TRIES_AFTER: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(240)];

/// A mail, and to whom.
#[derive(Debug, Clone)]
struct Order {
    view: NoteView,
    to: Address,
}

/// Mails on their way out.
struct Outbox {
    orders: mpsc::Sender<Order>,
    /// Held by the listener while it runs.
    ordered: tokio::sync::Mutex<mpsc::Receiver<Order>>,
}

impl Default for Outbox {
    fn default() -> Self {
        let (orders, ordered) = mpsc::channel(WAITING_MAX);
        Self { orders, ordered: tokio::sync::Mutex::new(ordered) }
    }
}

/// Whether this push server can send mail.
pub(crate) fn sends_mail(ctx: &Ctx) -> bool {
    settings(ctx).is_some()
}

fn settings(ctx: &Ctx) -> Option<MailSettings> {
    // Mistakes were reported before the hub started.
    hob_feature::mail::read(&ctx.config, &Problems::default())
}

/// Refuses what is asked for and cannot be done, before anything is written.
///
/// # Errors
/// 40001, 40032, 40050, 40052, 40053, 42902.
pub(crate) fn check(ctx: &Ctx, visitor: &Visitor, request: &PublishRequest) -> Result<(), Refusal> {
    if let Some(email) = &request.email {
        if !sends_mail(ctx) {
            return Err(refusal::EMAIL_DISABLED);
        }
        // Mail goes out in the owner's name: strangers are not to write to whom they like.
        if visitor.known().is_none() && !visitor.is_exempt() {
            return Err(refusal::ANONYMOUS_EMAIL_NOT_ALLOWED);
        }
        match email {
            // Hob keeps no addresses of its users.
            Email::Own => return Err(refusal::EMAIL_ADDRESS_NOT_VERIFIED),
            Email::Address(to) => drop(Address::parse(to).map_err(|_| refusal::EMAIL_ADDRESS_INVALID)?),
        }
        visitor.pay(ctx, Cost::Email)?;
    }
    if request.call.is_some() {
        return Err(refusal::PHONE_CALLS_DISABLED);
    }
    Ok(())
}

/// Sends a copy by mail. The message is published whatever becomes of it.
pub(crate) fn mail(ctx: &Ctx, visitor: &Visitor, message: &Message, email: &Email) {
    let Email::Address(to) = email else { return };
    let Ok(to) = Address::parse(to) else { return };
    let page = format!("{}/{}", desk(ctx).base_url(ctx, None), message.topic);
    let at = hob_base::Timestamp::from_millis(message.time.saturating_mul(1000));
    let when = at.zoned(&ctx.zone).strftime("%-d %B %Y, %H:%M").to_string();
    let order = Order { view: view(message, visitor.name(), page, when), to };
    if ctx.memory.of::<Outbox>().orders.try_send(order).is_err() {
        warn!(topic = message.topic, "a copy by mail was left out: too many wait to be sent");
    }
}

/// The mail which a message is.
fn view(message: &Message, publisher: Option<&str>, page: String, when: String) -> NoteView {
    let by = publisher.map_or_else(String::new, |name| format!(" by {name}"));
    let title = if message.title.is_empty() { first_line(&message.message) } else { message.title.clone() };
    let links = [("Link of the message", &message.click), ("Attached file", &attached(message))]
        .into_iter()
        .filter(|(_, address)| !address.is_empty())
        .map(|(name, address)| (name.to_owned(), address.clone()))
        .collect();
    NoteView {
        news: News::Message,
        mood: if message.priority >= 5 { Mood::Critical } else { Mood::Fine },
        title,
        body: message.message.clone(),
        link: Some(page),
        links,
        at: message.time.saturating_mul(1000),
        when,
        sender: format!("Sent{by} to the topic {}", message.topic),
        key: format!("message/{}", message.id),
        list: Some(format!("{}.topics.hob", message.topic)),
        ..NoteView::default()
    }
}

fn attached(message: &Message) -> String {
    message.attachment.as_ref().map(|attachment| attachment.url.clone()).unwrap_or_default()
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("A message");
    tls_probe::words::cut(line, 100)
}

/// Sends mails until the hub stops.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let outbox = ctx.memory.of::<Outbox>();
    let mut ordered = outbox.ordered.lock().await;
    let mailer = Mailer::default();
    let mut tasks = JoinSet::new();
    loop {
        let order = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            order = ordered.recv(), if tasks.len() < AT_ONCE => order,
        };
        // The outbox holds the other end, so there is always one.
        let Some(order) = order else { return Ok(()) };
        tasks.spawn(send(ctx.clone(), mailer.clone(), order));
    }
}

async fn send(ctx: Ctx, mailer: Mailer, order: Order) {
    let letter = mail::letter_for(&order.view);
    let mut waits = TRIES_AFTER.iter();
    loop {
        let smtp = match smtp(&ctx, order.to.clone()) {
            Ok(smtp) => smtp,
            Err(problem) => return warn!(problem, "a copy by mail was not sent"),
        };
        let error = match mailer.send(&smtp, &letter).await {
            Ok(sent) => return info!(answer = sent.answer, "a copy was sent by mail"),
            Err(error) => error,
        };
        match waits.next().filter(|_| error.worth_trying_again()) {
            Some(wait) => ctx.clock.sleep(*wait).await,
            None => return warn!(%error, "a copy by mail was not sent"),
        }
    }
}

/// The server of the settings.
fn smtp(ctx: &Ctx, to: Address) -> Result<Smtp, String> {
    let settings = settings(ctx).ok_or("the section [mail] of hob.toml is not there any more")?;
    let password = settings.password()?.map(|password| Password::new(password.reveal()));
    Ok(Smtp {
        from: Address::parse(&settings.from)?,
        host: settings.host,
        port: settings.port,
        encryption: match settings.encryption {
            Encryption::StartTls => mail::Encryption::StartTls,
            Encryption::Tls => mail::Encryption::Tls,
            Encryption::None => mail::Encryption::None,
        },
        user: settings.login.map(|(user, _)| user),
        password,
        to: vec![to],
        accept_any_certificate: settings.accept_any_certificate,
    })
}
