//! A small house of fake hosts and services, in which one thing after another is pulled. Each time there is exactly one
//! incident, with the right cause and the right words.
//!
//! Two hosts and two places outside are addresses of this machine; what runs on them are servers of the testkit that
//! speak as much of SSH, PostgreSQL, TLS, HTTP and a container registry as a probe asks for.

use crate::support::{QUIET, eventually, told};
use hob_base::{IncidentId, Level};
use hob_feature::NoticeKind;
use hob_testkit::client::Client;
use hob_testkit::fake_peer::{FakePeer, Speaks};
use hob_testkit::hub::TestHub;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

const NAS: Ipv4Addr = Ipv4Addr::new(127, 0, 41, 1);
const PI: Ipv4Addr = Ipv4Addr::new(127, 0, 41, 2);
const OUTSIDE: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 49, 1), Ipv4Addr::new(127, 0, 49, 2)];

/// Everything that can be pulled.
struct House {
    nas: FakePeer,
    pi: FakePeer,
    photos: FakePeer,
    books: FakePeer,
    papers: FakePeer,
    database: FakePeer,
    site: FakePeer,
    registry: FakePeer,
    blog: FakePeer,
    outside: [FakePeer; 2],
    hub: TestHub,
    client: Client,
}

impl House {
    async fn start() -> Self {
        let page = || Speaks::page(200, "<title>Well</title>");
        let nas = FakePeer::start(NAS, Speaks::Banner("SSH-2.0-OpenSSH_9.2p1")).await;
        let pi = FakePeer::start(PI, Speaks::Banner("SSH-2.0-OpenSSH_9.2p1")).await;
        let (photos, books) = (FakePeer::start(NAS, page()).await, FakePeer::start(NAS, page()).await);
        let papers = FakePeer::start(NAS, page()).await;
        let database = FakePeer::start(PI, Speaks::Postgres).await;
        let site = FakePeer::start(PI, Speaks::Tls { from_days: -10, to_days: 200 }).await;
        let registry = FakePeer::start(PI, Speaks::registry("right")).await;
        let blog = FakePeer::start(PI, page()).await;
        let outside = [FakePeer::start(OUTSIDE[0], page()).await, FakePeer::start(OUTSIDE[1], page()).await];
        let mut config = String::from(QUIET);
        config.push_str(
            "[incidents]\nopen_after = \"4s\"\nopen_after_warning = \"4s\"\nclose_after = \"0s\"\n\
             [internet]\noutside = [\"127.0.49.0/24\"]\n",
        );
        let address = |peer: &FakePeer| format!("host = \"{}\"\nport = {}", peer.address().ip(), peer.port());
        let url = |peer: &FakePeer| format!("url = \"http://{}/\"", peer.address());
        let mut check = |kind: &str, name: &str, what: &str, needs: &[&str]| {
            let needs: Vec<String> = needs.iter().map(|id| format!("\"{id}\"")).collect();
            config.push_str(&format!(
                "[[check]]\nkind = \"{kind}\"\nname = \"{name}\"\n{what}\ndepends_on = [{}]\ninterval = \"1s\"\ntimeout = \"2s\"\n",
                needs.join(", ")
            ));
        };
        check("ssh", "NAS", &format!("{}\nas = \"host\"", address(&nas)), &[]);
        check("ssh", "Pi", &format!("{}\nas = \"host\"", address(&pi)), &[]);
        check("postgres", "Database", &address(&database), &["host/config/pi"]);
        for (name, peer) in [("Photos", &photos), ("Books", &books), ("Papers", &papers)] {
            check("http", name, &url(peer), &["host/config/nas", "database/config/database"]);
        }
        let days = "warn_days = 21\ncritical_days = 7\ntrusted = false\nserver_name = \"home.test\"";
        check("tls", "Certificate", &format!("{}\n{days}", address(&site)), &["host/config/pi"]);
        let site_url = format!("url = \"https://{}/\"\ntrusted = false", site.address());
        check("http", "Site", &site_url, &["certificate/config/certificate", "host/config/pi"]);
        let image = format!(
            "image = \"{}/app:1\"\nuser = \"me\"\npassword = {{ file = \"TOKEN\" }}",
            registry.address()
        );
        check("registry", "Pull token", &image, &[]);
        check("http", "Blog", &url(&blog), &["credential/config/pull-token", "host/config/pi"]);
        for (name, peer) in [("Far", &outside[0]), ("Away", &outside[1])] {
            check("http", name, &url(peer), &[]);
        }
        let token = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(token.path(), "right\n").unwrap();
        // The hub reads the secret whenever it asks; the file is kept for as long as the test's process lives.
        let token = token.into_temp_path().keep().unwrap();
        let config = config.replace("TOKEN", &token.display().to_string());
        let hub = TestHub::with(hob::FEATURES).config(&config).start().await;
        let client = hub.set_up().await;
        Self { nas, pi, photos, books, papers, database, site, registry, blog, outside, hub, client }
    }

    /// Every incident that is open, as the API tells.
    async fn open(&mut self) -> Vec<Value> {
        let answer = self.client.get("/api/v1/incidents?state=open").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["incidents"].as_array().unwrap().clone()
    }

    /// Waits until all is well and nothing is open.
    async fn until_well(&mut self) {
        for _ in 0..600 {
            let bad = told(&mut self.client, "?health=bad").await;
            if bad.is_empty() && self.open().await.is_empty() && told(&mut self.client, "").await.len() > 12 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (bad, open) = (told(&mut self.client, "?health=bad").await, self.open().await);
        panic!("not well: {bad:#?} {open:#?}");
    }

    /// Waits until there is an incident of so many resources, and then a while longer, in which nothing more may happen.
    async fn the_one_incident(&mut self, affected: usize) -> Value {
        let mut house = std::panic::AssertUnwindSafe(&mut *self);
        eventually("an incident of everything that is affected", async || {
            let open = house.open().await;
            let all: usize = open.iter().map(|one| one["affected"].as_array().map_or(0, Vec::len)).sum();
            (!open.is_empty() && all >= affected).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let mut open = self.open().await;
        assert_eq!(open.len(), 1, "{open:#?}");
        open.remove(0)
    }

    /// What people were told since the hub was started: kinds, by incident.
    async fn notices(&self, incident: &Value) -> Vec<NoticeKind> {
        let id = IncidentId(incident["id"].as_i64().unwrap());
        self.hub.ctx().notices.of_incident(id).await.unwrap().iter().map(|notice| notice.kind).collect()
    }
}

fn names(incident: &Value) -> BTreeSet<String> {
    let affected = incident["affected"].as_array().unwrap();
    affected.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_thing_after_another_is_pulled_and_each_is_one_incident_with_its_cause() {
    let mut house = House::start().await;
    house.until_well().await;
    a_host(&mut house).await;
    a_database(&mut house).await;
    a_certificate(&mut house).await;
    a_registry_credential(&mut house).await;
    the_internet(&mut house).await;
    everything(&mut house).await;
}

async fn a_host(house: &mut House) {
    for peer in [&house.nas, &house.photos, &house.books, &house.papers] {
        peer.pull();
    }
    let incident = house.the_one_incident(3).await;
    assert_eq!(incident["cause"]["id"], "host/config/nas");
    assert_eq!(names(&incident), set(&["Photos", "Books", "Papers"]));
    assert_eq!(incident["severity"], "critical");
    let title = incident["title"].as_str().unwrap();
    assert!(title.starts_with("NAS: "), "{title}");
    assert_eq!(house.notices(&incident).await, [NoticeKind::Opened]);
    for peer in [&house.nas, &house.photos, &house.books, &house.papers] {
        peer.plug_in().await;
    }
    house.until_well().await;
    assert_eq!(house.notices(&incident).await, [NoticeKind::Opened, NoticeKind::Closed]);
}

async fn a_database(house: &mut House) {
    house.database.pull();
    let broken = || Speaks::page(500, "no database");
    for peer in [&house.photos, &house.books, &house.papers] {
        peer.say(broken()).await;
    }
    let incident = house.the_one_incident(3).await;
    assert_eq!(incident["cause"]["id"], "database/config/database");
    assert_eq!(names(&incident), set(&["Photos", "Books", "Papers"]));
    let reason = incident["cause"]["reason"].as_str().unwrap();
    assert!(reason.contains("Nothing listens") || reason.contains("nothing listens"), "{reason}");
    house.database.plug_in().await;
    for peer in [&house.photos, &house.books, &house.papers] {
        peer.say(Speaks::page(200, "well again")).await;
    }
    house.until_well().await;
}

async fn a_certificate(house: &mut House) {
    house.site.say(Speaks::Tls { from_days: -90, to_days: -2 }).await;
    let incident = house.the_one_incident(0).await;
    assert_eq!(incident["cause"]["id"], "certificate/config/certificate");
    let reason = incident["cause"]["reason"].as_str().unwrap();
    assert!(reason.contains("expired"), "{reason}");
    house.site.say(Speaks::Tls { from_days: -1, to_days: 89 }).await;
    house.until_well().await;
}

async fn a_registry_credential(house: &mut House) {
    house.registry.say(Speaks::registry("another")).await;
    // What cannot be pulled cannot be started again.
    house.blog.pull();
    let incident = house.the_one_incident(1).await;
    assert_eq!(incident["cause"]["id"], "credential/config/pull-token");
    assert_eq!(names(&incident), set(&["Blog"]));
    let reason = incident["cause"]["reason"].as_str().unwrap();
    assert!(reason.contains("reject"), "{reason}");
    assert!(
        incident["cause"]["remedy"].as_str().is_some_and(|remedy| remedy.contains("token")),
        "{incident:#}"
    );
    house.registry.say(Speaks::registry("right")).await;
    house.blog.plug_in().await;
    house.until_well().await;
}

async fn the_internet(house: &mut House) {
    house.outside.iter().for_each(FakePeer::pull);
    let incident = house.the_one_incident(2).await;
    assert_eq!(incident["cause"]["id"], "connection/home/internet");
    assert_eq!(names(&incident), set(&["Far", "Away"]));
    let title = incident["title"].as_str().unwrap();
    assert!(title.contains("Internet connection is down"), "{title}");
    let far = told(&mut house.client, "?q=Far").await;
    assert_eq!(far[0]["health"], Level::Unknown.as_str());
    for peer in &house.outside {
        peer.plug_in().await;
    }
    house.until_well().await;
}

async fn everything(house: &mut House) {
    let all = [
        &house.nas,
        &house.pi,
        &house.photos,
        &house.books,
        &house.papers,
        &house.database,
        &house.site,
        &house.registry,
        &house.blog,
        &house.outside[0],
        &house.outside[1],
    ];
    all.iter().for_each(|peer| peer.pull());
    let incident = house.the_one_incident(10).await;
    assert_eq!(incident["severity"], "critical");
    let cause = incident["cause"]["id"].as_str().unwrap();
    assert!(["host/config/nas", "host/config/pi"].contains(&cause), "{cause}");
    let title = incident["title"].as_str().unwrap();
    assert!(title.ends_with("broke at the same time"), "{title}");
}
