//! The dispatcher: the one listener that takes up notices, plans them, and sends what is due.
//!
//! Every look has one order: take up, plan, write, then send. What was written is sent after a crash, too; what was sent
//! and not yet written may be sent twice, with the same key, which services that know such keys take once. While the
//! database refuses, everything goes on in memory and is written when it accepts again.

use crate::book::{Book, Flight, Gate, REMEMBERED};
use crate::desk::{Desk, site};
use crate::model::news::{Kind, News};
use crate::model::queue::{Delivery, GIVE_UP, Outcome};
use crate::model::route::{Heard, House, plan_after};
use crate::send::{Message, feel, send};
use crate::store::{self, Query};
use channels::Sender;
use hob_base::resource::Moment;
use hob_base::silence::{Labels, labels_of};
use hob_base::{Error, IncidentId, ResourceId, Result, Timestamp};
use hob_feature::{Ctx, Notice};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often notices are looked for that nobody handed over.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How soon a database that refused is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How long the database may take.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// What is on its way when Hob stops has so long to arrive.
const FINISH_MAX: Duration = Duration::from_millis(2500);
/// What was decided shortly before Hob first ran is told all the same.
const FIRST_RUN: Duration = Duration::from_secs(60);
/// The most resources of an incident that rules look at.
const ABOUT_MAX: usize = 100;
/// The most that `due` gives at once.
const DUE_MAX: usize = 10_000;
/// A clock that differs by so many milliseconds from what it should show was set.
const CLOCK_WAS_SET: u64 = 30_000;
/// Since when notices are told.
const SINCE: &str = "since";

/// Runs until Hob stops.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = ctx.memory.of::<Desk>();
    // Listens before it reads, so that nothing comes between the two.
    let mut handed = ctx.notices.hand_over();
    let mut dispatcher = Dispatcher::load(ctx.clone(), desk.clone()).await?;
    loop {
        let pause = dispatcher.work().await;
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(landed) = dispatcher.flights.join_next_with_id(), if !dispatcher.flights.is_empty() => {
                dispatcher.land(landed).await;
            }
            notice = handed.recv() => {
                if !dispatcher.hear(notice, &mut handed) {
                    break;
                }
            }
            () = desk.bell.notified() => {}
            () = ctx.clock.sleep(pause) => {}
        }
    }
    dispatcher.finish().await;
    Ok(())
}

type Landed = (Outcome, Option<String>);

struct Dispatcher {
    ctx: Ctx,
    desk: Arc<Desk>,
    sender: Sender,
    book: Book,
    /// Notices from then on are told.
    since: Timestamp,
    flights: JoinSet<Landed>,
    in_flight: HashMap<Id, Flight>,
    heard: Vec<Arc<Notice>>,
    /// When notices are to be looked for next.
    look_at: Timestamp,
    /// When it last looked at the clock.
    last: Moment,
    /// What incidents are about, for when they cannot be read.
    subjects: HashMap<IncidentId, (Timestamp, About)>,
    refused: bool,
}

/// The cause of an incident, and the labels of all of its resources, the cause first.
type About = (Option<ResourceId>, Vec<Labels>);

impl Dispatcher {
    async fn load(ctx: Ctx, desk: Arc<Desk>) -> Result<Self> {
        let now = ctx.clock.now();
        desk.setup(&ctx).await?;
        let marks = store::list_marks(&ctx.db).await?;
        let since = match marks.get(SINCE).and_then(|text| text.parse().ok()) {
            // A clock that was ahead when Hob first ran must not keep anything from being told.
            Some(ms) => Timestamp::from_millis(ms).min(now),
            None => {
                let since = now.minus(FIRST_RUN);
                store::save_mark(&ctx.db, SINCE, &since.millis().to_string()).await?;
                since
            }
        };
        let memory = now.minus(REMEMBERED);
        let recent = Query { since: Some(memory), limit: 5000, ..Query::default() };
        let recent = store::list_deliveries(&ctx.db, &recent).await?;
        let open = store::list_open(&ctx.db).await?;
        let taken = store::list_taken(&ctx.db, memory).await?;
        Ok(Self {
            book: Book::restore(open, &recent, taken, now),
            sender: Sender::new(http_probe::Client::new()),
            since,
            flights: JoinSet::new(),
            in_flight: HashMap::new(),
            heard: Vec::new(),
            look_at: now,
            last: ctx.clock.moment(),
            subjects: HashMap::new(),
            refused: false,
            ctx,
            desk,
        })
    }

    /// Does what is to be done now. Returns how long nothing is.
    async fn work(&mut self) -> Duration {
        self.mind_the_clock();
        for channel in self.desk.take_moved() {
            self.book.forget_threads(&channel);
        }
        let now = self.ctx.clock.now();
        self.desk.looked_now(&self.ctx, self.book.len());
        for notice in std::mem::take(&mut self.heard) {
            self.take(&notice, now).await;
        }
        // A clock that was set back must not put off the next look.
        self.look_at = self.look_at.min(now.plus(LOOK_EVERY));
        if self.look_at <= now {
            self.look(now).await;
        }
        for (news, plan) in self.desk.take() {
            self.book.add(&news, plan, now);
        }
        let flights = self.begin().await;
        self.save().await;
        for flight in flights {
            self.launch(flight);
        }
        let now = self.ctx.clock.now();
        let next = self.book.next_due(now).map_or(self.look_at, |due| due.min(self.look_at));
        let pause = next.since(now);
        let most = if self.refused { RETRY } else { self.look_at.since(now).max(Duration::from_millis(100)) };
        pause.clamp(Duration::from_millis(10), most)
    }

    /// A clock that was set, or stood still while the machine slept, makes nothing too old to be told and nothing wait.
    fn mind_the_clock(&mut self) {
        let now = self.ctx.clock.moment();
        let passed = now.monotonic.saturating_sub(self.last.monotonic);
        let by = now.wall.millis().saturating_sub(self.last.wall.plus(passed).millis());
        self.last = now;
        if by.unsigned_abs() < CLOCK_WAS_SET {
            return;
        }
        info!(
            milliseconds = by,
            "the clock was set: what waits to be told goes on waiting as long as before"
        );
        self.book.clock_was_set(by);
        self.since = self.since.min(now.wall);
    }

    /// Notices that were handed over. Returns false when there are no more.
    fn hear(
        &mut self,
        first: std::result::Result<Arc<Notice>, RecvError>,
        handed: &mut Receiver<Arc<Notice>>,
    ) -> bool {
        match first {
            Ok(notice) => self.heard.push(notice),
            // What was missed is due.
            Err(RecvError::Lagged(_)) => self.look_at = Timestamp::from_millis(0),
            Err(RecvError::Closed) => return false,
        }
        loop {
            match handed.try_recv() {
                Ok(notice) => self.heard.push(notice),
                Err(TryRecvError::Lagged(_)) => self.look_at = Timestamp::from_millis(0),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return true,
            }
        }
    }

    /// Takes up whatever is due and was not yet, however late it was written.
    async fn look(&mut self, now: Timestamp) {
        self.look_at = now.plus(LOOK_EVERY);
        let mut from = now.minus(GIVE_UP);
        loop {
            let due = match in_time(self.ctx.notices.due(from, now.plus(Duration::from_millis(1)))).await {
                Ok(due) => due,
                Err(error) => {
                    warn!(error = error.chain(), "notices cannot be read; it will be tried again");
                    self.look_at = now.plus(RETRY);
                    return;
                }
            };
            for notice in &due {
                self.take(notice, now).await;
            }
            let last =
                due.last().map(|notice| notice.due).filter(|last| due.len() >= DUE_MAX && *last > from);
            let Some(last) = last else { break };
            from = last;
        }
        self.book.forget_old(now);
        self.subjects.retain(|_, (at, _)| now.since(*at) < GIVE_UP);
    }

    /// Takes up one notice, if it is due and was not taken up yet.
    async fn take(&mut self, notice: &Notice, now: Timestamp) {
        if notice.due > now {
            // Until then it may be taken back.
            self.look_at = self.look_at.min(notice.due);
            return;
        }
        if self.book.has_taken(&notice.key) || notice.at < self.since || now.since(notice.due) >= GIVE_UP {
            return;
        }
        let (subject, about) = match notice.incident {
            Some(incident) => self.about(incident, now).await,
            None => (None, Vec::new()),
        };
        let news = News::of(notice, subject);
        let Ok(setup) = self.desk.setup(&self.ctx).await else { return };
        let people = self.desk.people(&self.ctx).await;
        let house =
            House { rules: &setup.rules, channels: &setup.faces(), people: &people, zone: &self.ctx.zone };
        let heard = match (news.kind, news.incident) {
            (Kind::Closed, Some(incident)) => self.heard(incident).await,
            _ => Vec::new(),
        };
        let plan = plan_after(&house, &news, &about, now, &heard);
        self.book.take(&notice.key, now);
        self.book.add(&news, plan, now);
    }

    /// Who was told of an incident, or is just being told. Of what cannot be read memory says what it knows.
    async fn heard(&self, incident: IncidentId) -> Vec<Heard> {
        let kept = in_time(store::list_of_incident(&self.ctx.db, incident)).await.unwrap_or_default();
        let told =
            kept.iter().chain(self.book.of_incident(incident)).filter(|delivery| !delivery.steps.is_empty());
        let heard = |delivery: &Delivery| Heard {
            rule: delivery.rule.clone(),
            person: delivery.person.clone(),
            at: delivery.arrived().cloned(),
        };
        // What has not arrived says nothing of where.
        let (arrived, others): (Vec<Heard>, Vec<Heard>) =
            told.map(heard).partition(|heard| heard.at.is_some());
        others.into_iter().chain(arrived).collect()
    }

    async fn about(&mut self, incident: IncidentId, now: Timestamp) -> About {
        let Some(reader) = self.ctx.incidents() else { return (None, Vec::new()) };
        match in_time((reader.find)(self.ctx.clone(), incident)).await {
            Ok(Some(found)) => {
                let about = about(&self.ctx, &found);
                self.subjects.insert(incident, (now, about.clone()));
                about
            }
            _ => self.subjects.get(&incident).map(|(_, about)| about.clone()).unwrap_or_default(),
        }
    }

    async fn begin(&mut self) -> Vec<Flight> {
        let Ok(setup) = self.desk.setup(&self.ctx).await else { return Vec::new() };
        let gate = |name: &str| match setup.channel(name) {
            None => Gate::Gone,
            Some(channel) if channel.paused => Gate::Paused,
            Some(channel) => Gate::Open(channel.per_minute),
        };
        self.book.begin(self.ctx.clock.moment(), gate)
    }

    fn launch(&mut self, flight: Flight) {
        let (ctx, desk, sender, sent) =
            (self.ctx.clone(), self.desk.clone(), self.sender.clone(), flight.clone());
        let handle = self.flights.spawn(async move {
            let setup = match desk.setup(&ctx).await {
                Ok(setup) => setup,
                Err(error) => {
                    return (Outcome::Later { after: None, status: None, text: error.to_string() }, None);
                }
            };
            let Some(channel) = setup.channel(&sent.place.channel) else {
                let text = format!("There is no channel “{}” any more.", sent.place.channel);
                return (Outcome::Refused { status: None, text }, None);
            };
            let previous = match (&sent.previous, sent.news.incident) {
                (Some(previous), _) => Some(previous.clone()),
                (None, Some(incident)) => {
                    in_time(store::find_thread(&ctx.db, incident, &sent.place)).await.ok().flatten()
                }
                (None, None) => None,
            };
            let message = Message {
                news: &sent.news,
                person: sent.place.person.as_deref(),
                dedupe: &sent.dedupe,
                previous: previous.as_deref(),
            };
            let landed = send(&ctx, &sender, &site(&ctx, &setup.settings), channel, &message).await;
            feel(&ctx, &desk, channel, &landed.0).await;
            landed
        });
        self.in_flight.insert(handle.id(), flight);
    }

    async fn land(&mut self, landed: std::result::Result<(Id, Landed), JoinError>) {
        let (id, (outcome, reference)) = match landed {
            Ok(landed) => landed,
            Err(error) => {
                let text = "Hob failed while it was sending; its log has the details.".to_owned();
                (error.id(), (Outcome::Later { after: None, status: None, text }, None))
            }
        };
        let Some(flight) = self.in_flight.remove(&id) else { return };
        let jitter = self.ctx.sealer.random_bytes::<1>().map_or(0.5, |[byte]| f64::from(byte) / 255.0);
        self.book.landed(&flight, &outcome, reference, self.ctx.clock.now(), jitter);
        let channel = &flight.place.channel;
        // Strings and numbers: writing them as JSON cannot fail.
        let pulse = serde_json::to_string(&self.desk.pulse(channel)).unwrap_or_default();
        self.book.unsaved.marks.insert(format!("pulse/{channel}"), pulse);
    }

    /// Writes what is new; what cannot be written waits.
    async fn save(&mut self) {
        if self.book.unsaved.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.book.unsaved);
        let written = tokio::time::timeout(WRITE_MAX, store::write(&self.ctx.db, &batch)).await;
        let problem = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.chain()),
            Err(_) => Some("the database did not answer in time".to_owned()),
        };
        match problem {
            None if self.refused => {
                info!("the database accepts what was told to whom again");
                self.refused = false;
            }
            None => {}
            Some(error) => {
                if !self.refused {
                    warn!(
                        error,
                        "what was told to whom cannot be written; it is kept in memory and people are told all the same"
                    );
                }
                self.refused = true;
                self.book.put_back(batch);
            }
        }
    }

    /// Waits a moment for what is on its way, and writes what came of it. What has not arrived is sent again when Hob
    /// runs again.
    async fn finish(&mut self) {
        let waiting = async {
            while let Some(landed) = self.flights.join_next_with_id().await {
                self.land(landed).await;
            }
        };
        let _ = tokio::time::timeout(FINISH_MAX, waiting).await;
        self.flights.abort_all();
        // What was handed in since is kept for the next time: nobody hands it in again.
        let now = self.ctx.clock.now();
        for (news, plan) in self.desk.take() {
            self.book.add(&news, plan, now);
        }
        self.save().await;
    }
}

/// What the database says, unless it takes so long that others would wait for it.
async fn in_time<T>(asked: impl Future<Output = Result<T>> + Send) -> Result<T> {
    let late = || Error::Unavailable("The database did not answer in time.".to_owned());
    tokio::time::timeout(WRITE_MAX, asked).await.unwrap_or_else(|_| Err(late()))
}

/// What an incident is about, from memory.
pub(crate) fn about(ctx: &Ctx, incident: &hob_base::Incident) -> About {
    let mut members: Vec<&hob_base::incident::Member> = incident.members.iter().collect();
    members.sort_by_key(|member| member.resource != incident.cause.resource);
    let labels =
        members.into_iter().take(ABOUT_MAX).map(|member| match ctx.resources.get(&member.resource) {
            Some(resource) => labels_of(&resource),
            None => labels_of_absent(&member.resource, &member.name),
        });
    (Some(incident.cause.resource.clone()), labels.collect())
}

/// Of what is gone, its id says something.
fn labels_of_absent(id: &ResourceId, name: &str) -> Labels {
    let pairs = [
        ("kind", id.kind()),
        ("scope", id.scope()),
        ("name", id.name()),
        ("resource", id.as_str()),
        ("title", name),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
