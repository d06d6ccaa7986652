//! The one that writes: takes all messages that wait, writes them in one transaction, then acknowledges them and hands
//! them to the broker in the same order.
//!
//! So one wait for the disk serves as many publishers as came meanwhile, a message is in the table before its sender
//! hears that it is, and subscribers see the order of the table.

use crate::delivery::Delivery;
use crate::desk::{Desk, desk};
use crate::files::Kept;
use crate::routes::unavailable;
use crate::store::messages::{self, Row, Step};
use crate::store::{attachments, inbox};
use hob_base::{Error, Result, Timestamp};
use hob_db::is_disk_full;
use hob_feature::Ctx;
use ntfy_protocol::{Event, Message, Refusal};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How many orders may wait for the writer.
pub(crate) const WAITING_MAX: usize = 4096;
/// How many are written at once.
const BATCH: usize = 500;
/// Where many listen, batches begin no sooner after one another: each of them is woken once for several messages.
const PACE: Duration = Duration::from_millis(4);
/// How many are many.
const LISTENERS_MANY: usize = 16;
/// How long a publisher waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);
/// How long a publisher waits for its turn and then for the database, which is asked several times.
const PATIENCE: Duration = Duration::from_secs(40);
/// After which the database is asked again.
const AGAIN: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// What is to become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// It goes to subscribers, and is kept.
    Now,
    /// It goes to subscribers, and is not kept.
    NowUnkept,
    /// It is kept, and goes to subscribers when it is due.
    Later(Timestamp),
}

/// A message that somebody publishes.
pub(crate) struct Publication {
    /// What it says.
    pub(crate) message: Message,
    /// What becomes of it.
    pub(crate) when: When,
    /// When it was taken.
    pub(crate) at: Timestamp,
    /// When it is forgotten.
    pub(crate) expires_at: Timestamp,
    /// Who publishes; empty for somebody unknown.
    pub(crate) publisher: String,
    /// The file that came with it.
    pub(crate) file: Option<Filed>,
}

/// A file that came with a message. It stays on disk when the message is kept, whoever still waits to hear that, and goes
/// when it is not.
pub(crate) struct Filed {
    /// As the table has it.
    pub(crate) row: attachments::Row,
    /// As it is on disk.
    pub(crate) kept: Kept,
}

/// What the writer is asked for.
pub(crate) enum Order {
    /// To publish, if its turn comes before this moment: whoever asked is told that it did not otherwise, and sends it again.
    Publish(Box<Publication>, Instant, oneshot::Sender<Outcome>),
    /// To deliver what was for later and is due: id and message.
    Deliver(Vec<(String, Message)>, oneshot::Sender<Result<usize, Refusal>>),
}

/// What became of a publication.
pub(crate) type Outcome = Result<Arc<Delivery>, Refusal>;

/// Publishes, and returns when it is kept.
pub(crate) async fn publish(ctx: &Ctx, publication: Publication) -> Outcome {
    let desk = desk(ctx);
    let (sender, receiver) = oneshot::channel();
    let order = Order::Publish(Box::new(publication), Instant::now() + TURN_WITHIN, sender);
    let turn = tokio::time::timeout(PATIENCE, async {
        desk.orders.send(order).await.ok()?;
        receiver.await.ok()
    });
    let outcome = match turn.await {
        Ok(Some(outcome)) => outcome,
        // The writer went away with the message: it is being restarted.
        Ok(None) | Err(_) => Err(busy()),
    };
    match &outcome {
        Ok(_) => desk.figures(ctx).published.inc(),
        Err(_) => desk.figures(ctx).refused.inc(),
    };
    outcome
}

fn busy() -> Refusal {
    unavailable("The push server is busy. Try again in a moment.")
}

/// Delivers what is due, and returns when that is written. Gives how many were delivered.
pub(crate) async fn deliver(ctx: &Ctx, due: Vec<(String, Message)>) -> Result<usize, Refusal> {
    let (sender, receiver) = oneshot::channel();
    let gone = || unavailable("The push server is being restarted.");
    desk(ctx).orders.send(Order::Deliver(due, sender)).await.map_err(|_| gone())?;
    receiver.await.map_err(|_| gone())?
}

/// Writes until the hub stops; what waits then is written still.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx);
    let mut ordered = desk.ordered.lock().await;
    let last = messages::last_position(&ctx.db).await?;
    let last = desk.placed.fetch_max(last, Ordering::Relaxed).max(last);
    // What had these places is gone, and new messages get them: nobody has read those.
    if let Err(error) = inbox::unread_after(&ctx.db, last).await {
        warn!(error = %error.chain(), "what people have read could not be put right");
    }
    let mut began = None;
    loop {
        let mut batch = Vec::new();
        tokio::select! {
            _ = ordered.recv_many(&mut batch, BATCH) => {}
            () = stop.cancelled() => break,
        }
        if desk.broker.subscribers() >= LISTENERS_MANY {
            pace(&mut began, &mut ordered, &mut batch).await;
        }
        write(&ctx, &desk, batch).await;
    }
    let mut rest = Vec::new();
    while let Ok(order) = ordered.try_recv() {
        rest.push(order);
    }
    write(&ctx, &desk, rest).await;
    Ok(())
}

/// Waits a moment when the last batch began just now, and takes what came meanwhile.
async fn pace(began: &mut Option<Instant>, ordered: &mut mpsc::Receiver<Order>, batch: &mut Vec<Order>) {
    if let Some(next) = began.map(|at| at + PACE).filter(|next| *next > Instant::now()) {
        tokio::time::sleep_until(next).await;
        while batch.len() < BATCH {
            let Ok(order) = ordered.try_recv() else { break };
            batch.push(order);
        }
    }
    *began = Some(Instant::now());
}

/// Writes a batch, acknowledges it and hands it on.
async fn write(ctx: &Ctx, desk: &Desk, batch: Vec<Order>) {
    if batch.is_empty() {
        return;
    }
    let mut plan = Plan::new(desk.placed.load(Ordering::Relaxed));
    for order in batch {
        plan.add(order);
    }
    // Also when it fails: a database that went away while it was told may have kept what these places were given to.
    desk.placed.store(plan.position, Ordering::Relaxed);
    let outcome = if plan.steps.is_empty() { Ok(Vec::new()) } else { apply(ctx, &plan.steps).await };
    match outcome {
        Ok(changed) => plan.finish(desk, &changed),
        Err(error) if plan.pending.len() > 1 && !is_away(&error) => one_by_one(ctx, desk, plan).await,
        Err(error) => {
            warn!(error = %error.chain(), messages = plan.pending.len(), "messages could not be kept");
            plan.refuse(&error);
        }
    }
}

/// One of them is the reason why all were refused, and the others are not to suffer for it.
async fn one_by_one(ctx: &Ctx, desk: &Desk, plan: Plan) {
    for pending in plan.pending {
        let steps = plan.steps.get(pending.steps.clone()).unwrap_or_default().to_vec();
        let single = Plan { steps, pending: vec![pending.alone()], position: plan.position };
        match apply_once(ctx, &single.steps).await {
            Ok(changed) => single.finish(desk, &changed),
            Err(error) => {
                warn!(error = %error.chain(), "a message could not be kept");
                single.refuse(&error);
            }
        }
    }
}

/// Whether the database as a whole is away, and not one message at fault.
fn is_away(error: &Error) -> bool {
    if is_disk_full(error) {
        return true;
    }
    let Error::Internal { source, .. } = error else { return true };
    let Some(sqlx::Error::Database(told)) = source.downcast_ref::<sqlx::Error>() else { return true };
    let code = told.code().unwrap_or_default();
    // PostgreSQL's classes 22 and 23, SQLite's SQLITE_TOOBIG, SQLITE_CONSTRAINT and SQLITE_MISMATCH, which may carry more
    // in their upper bits: these tell of a value. Everything else tells of the database.
    let of_value = match (code.len(), code.parse::<u32>()) {
        (1..=4, Ok(number)) => matches!(number & 0xff, 18..=20),
        _ => code.starts_with("22") || code.starts_with("23"),
    };
    !of_value
}

async fn apply(ctx: &Ctx, steps: &[Step]) -> Result<Vec<u64>> {
    for pause in AGAIN {
        match apply_once(ctx, steps).await {
            Err(error) if !is_disk_full(&error) && is_away(&error) => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    apply_once(ctx, steps).await
}

async fn apply_once(ctx: &Ctx, steps: &[Step]) -> Result<Vec<u64>> {
    messages::apply(&ctx.db, steps).await
}

/// What a batch consists of.
struct Plan {
    steps: Vec<Step>,
    pending: Vec<Pending>,
    position: i64,
}

struct Pending {
    /// Which steps are this order's.
    steps: std::ops::Range<usize>,
    asked: Asked,
}

enum Asked {
    Publish(Arc<Delivery>, When, Option<Kept>, oneshot::Sender<Outcome>),
    Deliver(Vec<Arc<Delivery>>, oneshot::Sender<Result<usize, Refusal>>),
}

impl Pending {
    /// The same as the only one of a plan.
    fn alone(mut self) -> Self {
        self.steps = 0..self.steps.len();
        self
    }
}

impl Plan {
    fn new(position: i64) -> Self {
        Self { steps: Vec::new(), pending: Vec::new(), position }
    }

    fn next(&mut self) -> i64 {
        self.position += 1;
        self.position
    }

    fn add(&mut self, order: Order) {
        let first = self.steps.len();
        let asked = match order {
            Order::Publish(_, until, answer) if until <= Instant::now() => {
                return drop(answer.send(Err(busy())));
            }
            Order::Publish(publication, _, answer) => self.add_publication(*publication, answer),
            Order::Deliver(due, answer) => {
                let deliveries = due.into_iter().map(|(id, message)| {
                    let position = self.next();
                    self.steps.push(Step::Deliver { id, position });
                    Arc::new(Delivery::new(position, message))
                });
                Asked::Deliver(deliveries.collect(), answer)
            }
        };
        self.pending.push(Pending { steps: first..self.steps.len(), asked });
    }

    fn add_publication(&mut self, publication: Publication, answer: oneshot::Sender<Outcome>) -> Asked {
        let Publication { message, when, at, expires_at, publisher, file } = publication;
        let of_sequence = !message.sequence_id.is_empty() && message.sequence_id != message.id;
        let replaces = of_sequence && message.event != Event::MessageClear;
        if replaces && when != When::NowUnkept {
            let (topic, sequence_id) = (message.topic.clone(), message.sequence_id.clone());
            self.steps.push(Step::Cancel { topic, sequence_id });
        }
        if when == When::NowUnkept {
            return Asked::Publish(Arc::new(Delivery::new(0, message)), when, None, answer);
        }
        let position = self.next();
        let (at, delivered) = match when {
            When::Later(due) => (due, false),
            When::Now | When::NowUnkept => (at, true),
        };
        let row = Row { position, at, expires_at, delivered, publisher, message: message.clone() };
        let (file, kept) = file.map(|Filed { row, kept }| (Box::new(row), kept)).unzip();
        self.steps.push(Step::Insert(Box::new(row), file));
        Asked::Publish(Arc::new(Delivery::new(position, message)), when, kept, answer)
    }

    /// All of it is written: hand it on, and say so.
    fn finish(self, desk: &Desk, changed: &[u64]) {
        let (mut out, mut answers) = (Vec::new(), Vec::new());
        for pending in self.pending {
            let rows = changed.get(pending.steps).unwrap_or_default();
            match pending.asked {
                Asked::Publish(delivery, when, kept, answer) => {
                    if let Some(kept) = kept {
                        kept.stays();
                    }
                    match when {
                        When::Later(_) => desk.due.notify_one(),
                        When::Now | When::NowUnkept => out.push(delivery.clone()),
                    }
                    answers.push((answer, delivery));
                }
                Asked::Deliver(deliveries, answer) => {
                    // One that was taken back meanwhile changed no row.
                    let due = deliveries.into_iter().zip(rows).filter(|(_, rows)| **rows > 0);
                    let before = out.len();
                    out.extend(due.map(|(delivery, _)| delivery));
                    let _ = answer.send(Ok(out.len() - before));
                }
            }
        }
        for (answer, delivery) in answers {
            let _ = answer.send(Ok(delivery));
        }
        desk.broker.deliver(&out);
    }

    fn refuse(self, error: &Error) {
        let why = if is_disk_full(error) {
            unavailable("The message could not be kept: the disk of the push server is full.")
        } else {
            unavailable(
                "The message could not be kept: the database of the push server does not take it at the moment.",
            )
        };
        for pending in self.pending {
            match pending.asked {
                Asked::Publish(.., answer) => drop(answer.send(Err(why.clone()))),
                Asked::Deliver(_, answer) => drop(answer.send(Err(why.clone()))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(until: Instant) -> (Order, oneshot::Receiver<Outcome>) {
        let (answer, heard) = oneshot::channel();
        let (at, message) = (Timestamp::default(), Message::default());
        let publication = Publication {
            message,
            when: When::Now,
            at,
            expires_at: at,
            publisher: String::new(),
            file: None,
        };
        (Order::Publish(Box::new(publication), until, answer), heard)
    }

    #[tokio::test]
    async fn what_was_given_up_is_not_published_after_all() {
        let mut plan = Plan::new(7);
        let (late, heard) = order(Instant::now());
        plan.add(late);
        assert_eq!((plan.steps.len(), plan.pending.len(), plan.position), (0, 0, 7));
        assert_eq!(heard.await.unwrap().map(|_| ()).unwrap_err().http, 503);
        let (early, _heard) = order(Instant::now() + TURN_WITHIN);
        plan.add(early);
        assert_eq!((plan.steps.len(), plan.pending.len(), plan.position), (1, 1, 8));
    }
}
