//! What Hob has to say reaches people: from a resource that breaks to services outside, and to a second Hob when the first
//! one says nothing any more.

use crate::incidents::{AT_ONCE, break_it, mend, open};
use crate::support::{eventually, house_with, id, level};
use bytes::Bytes;
use hob_base::{Clock, Level, Timestamp};
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A service on a real socket that takes everything and remembers it.
struct Service {
    address: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
    _work: JoinSet<()>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let got: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = got.clone();
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let seen = seen.clone();
                let answer = service_fn(move |request: Request<Incoming>| {
                    let seen = seen.clone();
                    async move {
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        seen.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{\"id\":7}"))))
                    }
                });
                connections.spawn(async move {
                    let http = hyper::server::conn::http1::Builder::new();
                    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { address, got, _work: work }
    }

    fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

/// What the built-in push server keeps of the topic `hob`.
async fn pushed(hub: &TestHub) -> Vec<Value> {
    let mut phone = Client::new(hub.address()).with("host", "push.test");
    let answer = phone.get("/hob/json?poll=1&since=all").await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let lines = answer.text();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_incident_reaches_three_channels_once_each_and_so_does_its_end() {
    let (hook, gotify) = (Service::start().await, Service::start().await);
    let secrets = tempfile::tempdir().unwrap();
    let secret = |name: &str, value: String| {
        let path = secrets.path().join(name);
        std::fs::write(&path, value).unwrap();
        path.display().to_string()
    };
    // A hub that is in a hurry tells of itself, too: not here.
    let route = |to: &str| format!("[[route]]\nmatch = ['resource=\"service/nas/80\"']\nto = [\"{to}\"]\n");
    let config = format!(
        "{AT_ONCE}[push]\nlisten = \"none\"\nhostname = \"push.test\"\ndefault_access = \"read-write\"\n\
         [[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = {{ file = \"{}\" }}\n\
         [[channel]]\nname = \"gotify\"\nkind = \"gotify\"\nserver = \"http://{}\"\ntoken = {{ file = \"{}\" }}\n\
         {}{}{}",
        secret("hook", format!("http://{}/hook", hook.address)),
        gotify.address,
        secret("token", "Asecret".to_owned()),
        route("hook"),
        route("gotify"),
        route("push"),
    );
    let hub = house_with(&config).start().await;
    let mut anna = hub.set_up().await;
    let incident = break_it(&hub, "service/nas/80", "It does not answer.", &[]).await;
    let told = async || (hook.got().len() == 1 && gotify.got().len() == 1).then_some(());
    eventually("both services were told", told).await;
    eventually("the phone was told", async || (pushed(&hub).await.len() == 1).then_some(())).await;
    // What was told is told on the page of the incident.
    let path = format!("/incidents/{}", incident.id);
    eventually("the page says so", async || {
        let page = anna.get(&path).await.text();
        (page.contains("through hook") && page.contains("through Built-in push")).then_some(())
    })
    .await;
    // A restart between the two, which also looks for what was not told.
    let hub = hub.stop().await.start().await;
    mend(&hub, "service/nas/80").await;
    let told = async || (hook.got().len() >= 2 && gotify.got().len() >= 2).then_some(());
    eventually("both services were told that it is over", told).await;
    let all =
        eventually("so was the phone", async || Some(pushed(&hub).await).filter(|all| all.len() >= 2)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let counts = (hook.got().len(), gotify.got().len(), pushed(&hub).await.len());
    assert_eq!(counts, (2, 2, 2), "{:#?}", hook.got());
    assert!(hook.got()[1].contains("Over:"), "{:?}", hook.got());
    assert!(all[0]["title"].as_str().is_some_and(|title| title.contains("does not answer")), "{all:?}");
    assert_eq!(all[0]["sequence_id"], all[1]["sequence_id"]);
}

#[tokio::test]
async fn a_second_hob_says_so_when_the_first_one_stops() {
    let secrets = tempfile::tempdir().unwrap();
    let token = secrets.path().join("token");
    let uuid = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";
    std::fs::write(&token, uuid).unwrap();
    let clock = Clock::fake(Timestamp::from_millis(1_795_435_200_000));
    let watching = format!(
        "{AT_ONCE}[[job]]\nname = \"Hob on nas\"\nschedule = \"every 1m\"\ngrace = \"1m\"\ntoken = {{ file = \"{}\" }}\n",
        token.display()
    );
    let second = house_with(&watching).clock(clock.clone()).start().await;
    let _anna = second.set_up().await;
    let config =
        format!("[dead_man]\nping = \"{}\"\nevery = \"10s\"\n", second.url(&format!("/ping/{uuid}")));
    let first = house_with(&config).start().await;
    first.set_up().await;
    eventually("the first one says that it works", async || {
        first.ctx().jobs.run("notify.dead-man").await?.ok()
    })
    .await;
    // Hob's own jobs run by this clock, too, and are missed where it jumps: an incident of another thing is none here.
    let watched = id("job/ping/hob-on-nas");
    let about_it = || open(second.ctx()).iter().find(|incident| incident.has(&watched)).cloned();
    clock.advance(Duration::from_secs(50));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(about_it().is_none(), "{:?}", about_it());
    let stopped = first.stop().await;
    // Whoever gathers what happens within a moment waits by this clock, too.
    let passing = || clock.advance(Duration::from_secs(3));
    let incident = eventually("the second one opens an incident", async || {
        passing();
        about_it()
    })
    .await;
    let member = incident.members.iter().find(|member| member.resource == watched).unwrap();
    assert_eq!((member.name.as_str(), member.level), ("Hob on nas", Level::Critical));
    let first = stopped.start().await;
    eventually("the first one works again", async || first.ctx().jobs.run("notify.dead-man").await?.ok())
        .await;
    eventually("the second one sees it", async || {
        passing();
        (level(second.ctx(), watched.as_str()) == Some(Level::Ok)).then_some(())
    })
    .await;
}
