//! What one subscriber gets: that it is open, what was kept, what comes, and now and then that the connection lives.
//!
//! Nothing is lost or told twice between what was kept and what comes: the subscriber listens before the table is read,
//! and what then comes is left out when its place is among what was read. Who has to catch up with more than a page
//! listens only when the last page was read, so that its mailbox does not fill meanwhile.

use crate::broker::{End, Listening};
use crate::delivery::Delivery;
use crate::desk::desk;
use crate::store::messages::{self, From, Kept};
use crate::visitor::{SubscriptionPlace, Visitor};
use bytes::Bytes;
use hob_base::{Result, Timestamp};
use hob_feature::Ctx;
use ntfy_protocol::{Event, Filter, Format, Message, Since, SubscribeRequest, Topic, Topics};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

/// How many kept messages are read at a time.
const PAGE: usize = 200;
/// How many scheduled messages of a topic are shown.
const SCHEDULED_MAX: i64 = 1000;

/// A subscription that was allowed.
pub(crate) struct Feed {
    ctx: Ctx,
    visitor: Visitor,
    topics: Box<[Topic]>,
    format: Format,
    // Most subscriptions have none.
    filter: Option<Box<Filter>>,
    listening: Option<Listening>,
    /// What comes with a place up to here was read from the table.
    floor: i64,
    _place: Option<SubscriptionPlace>,
}

/// What of the past a subscriber still has to get.
pub(crate) struct Past {
    poll: bool,
    since: Since,
    scheduled: bool,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Pages(From),
    Scheduled,
    Done,
}

/// What came of looking for what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Something may have been added.
    Go {
        /// Whether this subscriber was to be told that the connection lives.
        ticked: bool,
    },
    /// The subscription ends from this side.
    End(End),
}

impl Feed {
    /// Begins to listen, unless only the past is wanted.
    pub(crate) fn new(
        ctx: &Ctx,
        visitor: Visitor,
        topics: Topics,
        format: Format,
        request: SubscribeRequest,
        place: Option<SubscriptionPlace>,
    ) -> (Self, Past) {
        let SubscribeRequest { poll, since, scheduled, filter } = request;
        let filter = (filter != Filter::default()).then(|| Box::new(filter));
        let mut feed = Self {
            ctx: ctx.clone(),
            visitor,
            topics: topics.into_vec().into_boxed_slice(),
            format,
            filter,
            listening: None,
            floor: 0,
            _place: place,
        };
        if !poll {
            feed.listen();
        }
        (feed, Past { poll, since, scheduled, stage: Stage::Begin })
    }

    /// In which form.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Its house.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    fn listen(&mut self) {
        let names = self.topics.iter().map(Topic::as_str);
        self.listening = Some(desk(&self.ctx).broker.listen(names));
    }

    fn names(&self) -> Vec<&str> {
        self.topics.iter().map(Topic::as_str).collect()
    }

    /// `open` or `keepalive`.
    pub(crate) fn signal(&self, event: Event) -> Arc<Delivery> {
        let id = desk(&self.ctx).new_id().unwrap_or_default();
        let time = self.ctx.clock.now().millis() / 1000;
        Arc::new(Delivery::new(0, Message::signal(event, id, time, &self.names().join(","))))
    }

    /// The next page of the past; `None` when there is no more, and it listens to what comes.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(crate) async fn past(&mut self, past: &mut Past) -> Result<Option<Vec<Arc<Delivery>>>> {
        loop {
            let rows = match past.stage {
                Stage::Begin => {
                    past.stage = self.first_stage(&past.since).await?;
                    if past.since != Since::Latest {
                        continue;
                    }
                    let rows = messages::latest(&self.ctx.db, &self.names(), self.now()).await?;
                    self.read_up_to(&rows);
                    rows
                }
                Stage::Pages(from) => self.page(past, from).await?,
                Stage::Scheduled => {
                    past.stage = Stage::Done;
                    if !past.scheduled {
                        continue;
                    }
                    messages::scheduled(&self.ctx.db, &self.names(), SCHEDULED_MAX).await?
                }
                Stage::Done => return Ok(None),
            };
            let page: Vec<Arc<Delivery>> =
                rows.into_iter().filter_map(revive).filter(|delivery| self.wants(delivery)).collect();
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.ctx.clock.now()
    }

    async fn first_stage(&self, since: &Since) -> Result<Stage> {
        Ok(match since {
            Since::None | Since::Latest => Stage::Done,
            Since::All => Stage::Pages(From::Position(0)),
            Since::Time(seconds) => {
                Stage::Pages(From::Time(Timestamp::from_millis(seconds.saturating_mul(1000)), 0))
            }
            // As ntfy: who names a message that is gone gets all there is.
            Since::Id(id) => {
                let position = messages::position_of(&self.ctx.db, id).await?;
                Stage::Pages(From::Position(position.unwrap_or(0)))
            }
        })
    }

    async fn page(&mut self, past: &mut Past, from: From) -> Result<Vec<Kept>> {
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let rows = messages::history(&self.ctx.db, &self.names(), from, self.now(), limit).await?;
        self.read_up_to(&rows);
        let next = match (from, rows.last()) {
            (from, None) => from,
            (From::Position(_), Some((last, _))) => From::Position(*last),
            (From::Time(since, _), Some((last, _))) => From::Time(since, *last),
        };
        past.stage = Stage::Pages(next);
        if rows.len() >= PAGE {
            self.listening = None;
        } else if past.poll || self.listening.is_some() {
            past.stage = Stage::Scheduled;
        } else {
            // From here on it listens; what came between is read once more.
            self.listen();
        }
        Ok(rows)
    }

    fn read_up_to(&mut self, rows: &[Kept]) {
        self.floor = rows.iter().fold(self.floor, |floor, (position, _)| floor.max(*position));
    }

    /// Whether its filter lets this pass.
    fn wants(&self, delivery: &Delivery) -> bool {
        match &self.filter {
            Some(filter) if delivery.message.event == Event::Message => filter.passes(&delivery.message),
            _ => true,
        }
    }

    /// Whether this came after what was read.
    fn is_new(&self, delivery: &Delivery) -> bool {
        delivery.position == 0 || delivery.position > self.floor
    }

    /// Waits for what comes and adds it to `out`, in the form that `write` chooses.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        write: fn(&Delivery, Format) -> Bytes,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Turn> {
        let Some(listening) = &self.listening else { return Poll::Ready(Turn::End(End::Stopping)) };
        let mut came = VecDeque::new();
        let Poll::Ready(found) = listening.poll_take(cx, &mut came) else { return Poll::Pending };
        if !came.is_empty() && !self.visitor.still_may_read(&self.ctx, &self.topics) {
            return Poll::Ready(Turn::End(End::Stopping));
        }
        for delivery in came {
            if self.is_new(&delivery) && self.wants(&delivery) {
                out.push_back(write(&delivery, self.format));
            }
        }
        Poll::Ready(match found.end {
            Some(end) => Turn::End(end),
            None => Turn::Go { ticked: found.ticks > 0 },
        })
    }

    /// Waits until time passes or the end comes; messages stay where they are, and count against the limit.
    pub(crate) fn poll_signals(&self, cx: &mut Context<'_>) -> Poll<Turn> {
        let Some(listening) = &self.listening else { return Poll::Ready(Turn::End(End::Stopping)) };
        let Poll::Ready(found) = listening.poll_signals(cx) else { return Poll::Pending };
        Poll::Ready(match found.end {
            Some(end) => Turn::End(end),
            None => Turn::Go { ticked: found.ticks > 0 },
        })
    }
}

impl Past {
    /// Whether the subscription ends with the past.
    pub(crate) fn is_all(&self) -> bool {
        self.poll
    }
}

/// A kept message; one that cannot be read any more is left out.
fn revive((position, json): Kept) -> Option<Arc<Delivery>> {
    let message = Message::from_json(json.as_bytes()).ok()?;
    Some(Arc::new(Delivery::new(position, message)))
}
