//! The house in which messages are told.

use crate::FEATURE;
use crate::desk::Desk;
use crate::model::queue::{Delivery, State};
use crate::store::{self, Query};
use hob_base::incident::{Cause, Member, Role};
use hob_base::{Clock, Error, Incident, IncidentId, Level, ResourceId, Timestamp};
use hob_feature::{
    BrowserPush, Ctx, Feature, Gate, IncidentReader, Notice, NoticeKind, Person, PushDoor, PushMessage, boxed,
};
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::{TestHub, TestHubBuilder};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What the push server was given.
#[derive(Default)]
pub(super) struct Pushed {
    pub(super) published: Mutex<Vec<PushMessage>>,
    pub(super) browsers: Mutex<Vec<(Option<String>, PushMessage)>>,
    /// Whether it refuses.
    pub(super) refuses: AtomicBool,
}

/// Incidents that the reader knows.
#[derive(Default)]
struct Known(Mutex<Vec<Arc<Incident>>>);

/// Feature that stands for push server, accounts and incidents.
const STAND_IN: Feature = Feature {
    push: Some(PushDoor {
        publish: |ctx, message| {
            boxed(async move {
                let pushed = ctx.memory.of::<Pushed>();
                if pushed.refuses.load(Ordering::Relaxed) {
                    return Err(Error::Unavailable("The push server is full.".to_owned()));
                }
                pushed.published.lock().unwrap().push(message);
                Ok("abc".to_owned())
            })
        },
        to_browsers: |ctx, person, message| {
            boxed(async move {
                let pushed = ctx.memory.of::<Pushed>();
                // Only anna has a browser.
                let reached = usize::from(person.as_deref().is_none_or(|person| person == "anna"));
                if reached > 0 {
                    pushed.browsers.lock().unwrap().push((person, message));
                }
                Ok(BrowserPush { reached, failed: Vec::new() })
            })
        },
    }),
    gate: Some(Gate {
        people: |_| {
            boxed(async {
                let person =
                    |name: &str| Person { id: name.into(), name: name.into(), is_admin: name == "anna" };
                Ok(vec![person("anna"), person("ben")])
            })
        },
        ..BY_SCOPE
    }),
    incidents: Some(IncidentReader {
        open: |_| Arc::default(),
        changes: |_| tokio::sync::watch::channel(0).1,
        find: |ctx, id| {
            boxed(async move {
                let known = ctx.memory.of::<Known>();
                let known = known.0.lock().unwrap();
                Ok(known.iter().find(|incident| incident.id == id).cloned())
            })
        },
        list: |_, _| boxed(async { Ok(Vec::new()) }),
        timeline: |_, _| boxed(async { Ok(Vec::new()) }),
        preview: |ctx, resource, level, at| {
            // Ben sleeps until an hour later.
            let for_one = |person: &str, later: u64| Notice {
                key: format!("incident/0/0/{person}"),
                at,
                due: at.plus(Duration::from_secs(later)),
                severity: level,
                title: format!("{} is {level}", resource.name),
                ..notice(ctx, 0, 0, NoticeKind::Opened, Some(person))
            };
            vec![for_one("anna", 0), for_one("ben", 3600)]
        },
    }),
    ..Feature::new("standin", "Stand-in")
};

const FEATURES: &[Feature] = &[FEATURE, STAND_IN];

/// 23 November 2026, 12:00 UTC.
pub(super) const NOON: Timestamp = Timestamp::from_millis(1_795_435_200_000);

/// A hub whose clock stands still at noon.
pub(super) fn hub(clock: &Clock) -> TestHubBuilder {
    TestHub::with(FEATURES).clock(clock.clone())
}

/// A clock that stands still at noon.
pub(super) fn noon() -> Clock {
    Clock::fake(NOON)
}

/// A notice about an incident, due now.
pub(super) fn notice(ctx: &Ctx, incident: i64, number: u32, kind: NoticeKind, to: Option<&str>) -> Notice {
    let now = ctx.clock.now();
    Notice {
        key: format!("incident/{incident}/{number}/{}", to.unwrap_or("everybody")),
        kind,
        at: now,
        due: now,
        incident: Some(IncidentId(incident)),
        severity: Level::Critical,
        title: format!("Headline {incident}.{number}"),
        body: format!("Sentence {incident}.{number}."),
        path: format!("/incidents/{incident}"),
        to: to.map(str::to_owned),
    }
}

/// Adds one notice, and lets the dispatcher look.
pub(super) async fn tell(hub: &TestHub, incident: i64, number: u32, kind: NoticeKind) {
    let notice = notice(hub.ctx(), incident, number, kind, None);
    hub.ctx().notices.add(&[notice]).await.unwrap();
}

/// Makes an incident known, of one resource.
pub(super) fn know(ctx: &Ctx, id: i64, resource: ResourceId) {
    let now = ctx.clock.now();
    let incident = Incident {
        id: IncidentId(id),
        began_at: now,
        opened_at: now,
        closed_at: None,
        severity: Level::Critical,
        title: "It broke".into(),
        cause: Cause {
            resource: resource.clone(),
            name: "It".into(),
            reason: "Broken.".into(),
            evidence: String::new(),
            remedy: None,
            named_at: now,
        },
        members: vec![Member {
            resource,
            name: "It".into(),
            role: Role::Cause,
            level: Level::Critical,
            worst: Level::Critical,
            reason: "Broken.".into(),
            since: now,
            recovered_at: None,
        }],
        flapping: None,
        acknowledged: None,
        hush: None,
        merged_into: None,
    };
    ctx.memory.of::<Known>().0.lock().unwrap().push(Arc::new(incident));
}

/// What was published on the built-in push server: headlines.
pub(super) fn published(hub: &TestHub) -> Vec<String> {
    let pushed = hub.ctx().memory.of::<Pushed>();
    let published = pushed.published.lock().unwrap();
    published.iter().map(|message| message.title.clone()).collect()
}

/// Waits, with real time, until something holds.
pub(super) async fn until(what: &str, check: impl Fn() -> bool) {
    for _ in 0..500 {
        if check() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not in time: {what}");
}

/// Lets everything that can happen without the clock happen.
pub(super) async fn settle() {
    tokio::time::sleep(Duration::from_millis(150)).await;
}

/// Every message of the log, oldest first.
pub(super) async fn log(hub: &TestHub) -> Vec<Delivery> {
    let query = Query { limit: 1000, ..Query::default() };
    let mut all = store::list_deliveries(&hub.ctx().db, &query).await.unwrap();
    all.reverse();
    all
}

/// Waits until so many messages of the log are in this state.
pub(super) async fn until_log(hub: &TestHub, state: State, count: usize) -> Vec<Delivery> {
    for _ in 0..500 {
        let found: Vec<Delivery> =
            log(hub).await.into_iter().filter(|delivery| delivery.state == state).collect();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not {count} messages became {state:?}: {:#?}", log(hub).await);
}

/// Moves the clock and gives everybody time to look.
pub(super) async fn pass(hub: &TestHub, clock: &Clock, seconds: u64) {
    clock.advance(Duration::from_secs(seconds));
    hub.ctx().memory.of::<Desk>().bell.notify_one();
    settle().await;
}

/// A request that a service was sent.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) head: String,
    pub(super) body: String,
}

impl Got {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// What a service answers to a request: status, further lines of the head, body. `None`: nothing, for ever.
type Answer = dyn Fn(usize, &Got) -> Option<(u16, String, String)> + Send + Sync;

/// A service on a real socket that remembers what it is sent.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    /// Ends with it.
    _work: JoinSet<()>,
}

impl Service {
    /// One that answers by this; the number counts its requests from 0.
    pub(super) async fn start(
        answer: impl Fn(usize, &Got) -> Option<(u16, String, String)> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let answer: Arc<Answer> = Arc::new(answer);
        let mut work = JoinSet::new();
        let seen = got.clone();
        work.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, answer) = (seen.clone(), answer.clone());
                connections.spawn(async move {
                    let Some(got) = read(&mut stream).await else { return };
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(got.clone());
                        seen.len() - 1
                    };
                    let Some((status, head, body)) = answer(number, &got) else {
                        return std::future::pending().await;
                    };
                    let text = format!(
                        "HTTP/1.1 {status} Words\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(text.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, got, _work: work }
    }

    /// One that takes everything.
    pub(super) async fn good() -> Self {
        Self::start(|_, _| Some((200, String::new(), "{\"id\":1}".to_owned()))).await
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was sent.
    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn read(stream: &mut tokio::net::TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
                return Some(Got { head, body });
            }
        }
        let count = stream.read(&mut chunk).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
}
