//! Background work: fetching what is due, and telling the home page.

use crate::config::{self, Widgets};
use crate::fetch::{fetch, get};
use crate::model::weather::{self, Report};
use crate::model::{Fetched, agenda};
use futures_util::StreamExt as _;
use hob_base::wording::counted;
use hob_base::{Health, Observation, ResourceId, Result, Timestamp};
use hob_feature::{Ctx, Job, Problems};
use http_probe::Client;
use ics_calendar::Calendar;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use web_feed::{Feed, NotAFeed};

/// How often to look what is due, and whether what is shown (“Today”) has become another.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often the weather and calendars are asked for.
const ASK_EVERY: Duration = Duration::from_secs(1800);
/// How many sources are asked at once.
const AT_ONCE: usize = 4;
/// How long what is said of a source holds.
const HOLDS: Duration = Duration::from_secs(15 * 60);

/// Everything that was fetched.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) weather: Vec<Fetched<Report>>,
    pub(crate) calendars: Vec<Fetched<Arc<Calendar>>>,
    pub(crate) feeds: Vec<Fetched<Feed>>,
    /// What is ahead in all calendars.
    pub(crate) agenda: Vec<agenda::Day>,
}

/// The widgets of this hub, in its memory.
#[derive(Default)]
pub(crate) struct Shelf {
    widgets: OnceLock<Widgets>,
    found: Mutex<Arc<Found>>,
}

impl Shelf {
    /// What the owner wrote down.
    pub(crate) fn widgets(&self, ctx: &Ctx) -> &Widgets {
        // What is wrong was reported when the hub started.
        self.widgets.get_or_init(|| config::read(&ctx.config, &Problems::default()))
    }

    /// Makes everything due again.
    #[cfg(test)]
    pub(crate) fn forget_when_asked(&self) {
        let mut shelved = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Arc::make_mut(&mut shelved);
        found.weather.iter_mut().for_each(|it| it.asked = None);
        found.calendars.iter_mut().for_each(|it| it.asked = None);
        found.feeds.iter_mut().for_each(|it| it.asked = None);
    }

    /// What was fetched.
    pub(crate) fn found(&self) -> Arc<Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    let widgets = ctx.memory.of::<Shelf>().widgets(ctx).clone();
    if widgets.weather.is_empty() && widgets.calendars.is_empty() && widgets.feeds.is_empty() {
        return Vec::new();
    }
    let client = Client::new();
    vec![Job::pass("widgets.fetch", LOOK_EVERY, move |ctx| run(ctx, client.clone()))]
}

/// What came of one question.
enum Answer {
    Weather(usize, std::result::Result<Report, String>),
    Calendar(usize, std::result::Result<Arc<Calendar>, String>),
    Feed(usize, std::result::Result<Feed, String>),
}

async fn run(ctx: Ctx, client: Client) -> Result<String> {
    let shelf = ctx.memory.of::<Shelf>();
    let widgets = shelf.widgets(&ctx);
    let mut found = Found::clone(&shelf.found());
    found.weather.resize_with(widgets.weather.len(), Fetched::default);
    found.calendars.resize_with(widgets.calendars.len(), Fetched::default);
    found.feeds.resize_with(widgets.feeds.len(), Fetched::default);
    let questions = due(widgets, &found, ctx.clock.now());
    let asked = questions.len();
    let client = &client;
    let asking = questions.into_iter().map(|question| ask(client, widgets, question));
    let mut answers = futures_util::stream::iter(asking).buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        take_in(&mut found, answer, ctx.clock.now());
        show(&ctx, &shelf, widgets, &mut found);
    }
    show(&ctx, &shelf, widgets, &mut found);
    tell(&ctx, widgets, &found).await;
    Ok(format!("{} asked.", counted(asked, "source")))
}

#[derive(Clone, Copy)]
enum Question {
    Weather(usize),
    Calendar(usize),
    Feed(usize),
}

fn due(widgets: &Widgets, found: &Found, now: Timestamp) -> Vec<Question> {
    let weather = found.weather.iter().enumerate().filter(|(_, it)| it.is_due(ASK_EVERY, now));
    let calendars = found.calendars.iter().enumerate().filter(|(_, it)| it.is_due(ASK_EVERY, now));
    let feeds = found.feeds.iter().zip(&widgets.feeds).enumerate();
    let feeds = feeds.filter(|(_, (it, feed))| it.is_due(feed.every, now));
    weather
        .map(|(n, _)| Question::Weather(n))
        .chain(calendars.map(|(n, _)| Question::Calendar(n)))
        .chain(feeds.map(|(n, _)| Question::Feed(n)))
        .collect()
}

async fn ask(client: &Client, widgets: &Widgets, question: Question) -> Answer {
    let gone = || "It is not in hob.toml any more.".to_owned();
    match question {
        Question::Weather(n) => Answer::Weather(
            n,
            match widgets.weather.get(n) {
                Some(at) => {
                    let url = weather::question(&at.server, at.latitude, at.longitude, at.imperial);
                    get(client, &url).await.and_then(|body| weather::read(&body))
                }
                None => Err(gone()),
            },
        ),
        Question::Calendar(n) => Answer::Calendar(
            n,
            match widgets.calendars.get(n) {
                Some(calendar) => fetch(client, &calendar.place).await.and_then(|body| {
                    let text = String::from_utf8_lossy(&body);
                    let parsed = ics_calendar::parse(&text);
                    parsed.map(Arc::new).ok_or_else(|| "What stands there is no calendar file.".to_owned())
                }),
                None => Err(gone()),
            },
        ),
        Question::Feed(n) => Answer::Feed(
            n,
            match widgets.feeds.get(n) {
                Some(feed) => fetch(client, &feed.place).await.and_then(|body| {
                    web_feed::parse(&body).map_err(|not| match not {
                        NotAFeed::Html => {
                            "It is a page for browsers, not a feed: look for “RSS” or “Atom” on that page."
                                .to_owned()
                        }
                        NotAFeed::Unknown => "What stands there is no feed.".to_owned(),
                    })
                }),
                None => Err(gone()),
            },
        ),
    }
}

fn take_in(found: &mut Found, answer: Answer, now: Timestamp) {
    match answer {
        Answer::Weather(n, answer) => {
            if let Some(slot) = found.weather.get_mut(n) {
                slot.take_in(answer, now);
            }
        }
        Answer::Calendar(n, answer) => {
            if let Some(slot) = found.calendars.get_mut(n) {
                slot.take_in(answer, now);
            }
        }
        Answer::Feed(n, answer) => {
            if let Some(slot) = found.feeds.get_mut(n) {
                slot.take_in(answer, now);
            }
        }
    }
}

/// Puts what was found on the shelf; the home page hears of it only when it would look different.
fn show(ctx: &Ctx, shelf: &Shelf, widgets: &Widgets, found: &mut Found) {
    let several = widgets.calendars.len() > 1;
    let calendars = found.calendars.iter().zip(&widgets.calendars).filter_map(|(fetched, settings)| {
        let (calendar, _) = fetched.value.as_ref()?;
        let name = settings.name.as_deref().or(calendar.name.as_deref());
        Some((&**calendar, name.filter(|_| several), settings.days))
    });
    found.agenda = agenda::agenda(calendars, ctx.clock.now(), &ctx.zone);
    let mut shelved = shelf.found.lock().unwrap_or_else(PoisonError::into_inner);
    // A remark with an age in it changes with time alone.
    let has_remark = found.weather.iter().any(|it| it.trouble.is_some())
        || found.calendars.iter().any(|it| it.trouble.is_some())
        || found.feeds.iter().any(|it| it.trouble.is_some());
    if has_remark || **shelved != *found {
        *shelved = Arc::new(found.clone());
        drop(shelved);
        ctx.home().changed();
    }
}

/// Says how the sources are.
async fn tell(ctx: &Ctx, widgets: &Widgets, found: &Found) {
    let now = ctx.clock.now();
    let weather = widgets.weather.iter().zip(&found.weather).enumerate();
    let weather = weather
        .map(|(n, (at, it))| (format!("weather/{}", n + 1), at.name.clone(), it.health(now, since(it, now))));
    let calendars = widgets.calendars.iter().zip(&found.calendars).enumerate().map(|(n, (settings, it))| {
        let own = it.value.as_ref().and_then(|(calendar, _)| calendar.name.clone());
        let name = settings.name.clone().or(own).unwrap_or_else(|| format!("Calendar {}", n + 1));
        (format!("calendar/{}", n + 1), name, it.health(now, since(it, now)))
    });
    let feeds = widgets.feeds.iter().zip(&found.feeds).enumerate().map(|(n, (settings, it))| {
        let own = it.value.as_ref().map(|(feed, _)| feed.title.clone()).filter(|title| !title.is_empty());
        let name = settings.name.clone().or(own).unwrap_or_else(|| format!("Feed {}", n + 1));
        (format!("feed/{}", n + 1), name, it.health(now, since(it, now)))
    });
    let all: Vec<(String, String, Health)> = weather.chain(calendars).chain(feeds).collect();
    for (id, name, health) in all {
        let resource = ResourceId::new("widget", "home", &id);
        ctx.resources.observe(Observation::new("widgets", resource, HOLDS).named(name).judged(health)).await;
    }
}

/// Since when a source that never answered has been asked: its failures tell, as far back as pauses go.
fn since<T>(fetched: &Fetched<T>, now: Timestamp) -> Timestamp {
    let spent: Duration =
        (0..fetched.failures.saturating_sub(1)).map(|n| Duration::from_secs(60 << n.min(8))).sum();
    now.minus(spent)
}
