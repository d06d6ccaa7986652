//! A whole hub in a test: on a free port, in a temporary data directory, with the clock the test wants.

use crate::browser::{BrowserError, Page};
use crate::client::Client;
use hob_base::Clock;
use hob_db::{Db, Location, on};
use hob_feature::{Config, Ctx, Feature};
use hob_web::hub::check_config;
use hob_web::{Hub, HubOptions, StartError};
use jiff::tz::TimeZone;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The name of the user that [`TestHub::set_up`] makes.
pub const USER: &str = "anna";
/// The password of that user.
pub const PASSWORD: &str = "a kettle on the hob";
/// The name that test hubs have, whatever machine they run on.
pub const HOSTNAME: &str = "nas";

/// What a test hub is started with.
pub struct TestHubBuilder {
    features: &'static [Feature],
    config: String,
    clock: Clock,
    data: Option<Arc<TempDir>>,
    database: Option<Location>,
    listen: SocketAddr,
}

/// A running hub. When dropped without [`TestHub::stop`] its work ends with the test's runtime.
pub struct TestHub {
    hub: Hub,
    data: Arc<TempDir>,
    builder: TestHubBuilder,
}

impl TestHubBuilder {
    /// The text of `hob.toml`.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config = toml.to_owned();
        self
    }

    /// Another clock than the real one.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Another database than a SQLite file in the data directory.
    #[must_use]
    pub fn database(mut self, location: Location) -> Self {
        self.database = Some(location);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When the configuration has mistakes: those are tested where the configuration is read.
    ///
    /// # Errors
    /// What keeps a hub from starting.
    pub async fn try_start(self) -> Result<TestHub, StartError> {
        let data = self
            .data
            .clone()
            .unwrap_or_else(|| Arc::new(tempfile::tempdir().expect("a temporary directory")));
        let text = format!("{}{}", self.config, nothing_by_itself(self.features, &self.config));
        let config = Config::parse(Path::new("hob.toml"), &text).expect("the test's configuration is TOML");
        let problems = check_config(self.features, &config, &[]);
        assert!(problems.is_empty(), "the test's configuration has mistakes: {problems:?}");
        let options = HubOptions {
            features: self.features,
            config,
            data: data.path().to_owned(),
            listen: self.listen,
            database: self.database.clone().unwrap_or_else(|| Location::File(data.path().join("hob.db"))),
            clock: self.clock.clone(),
            zone: TimeZone::UTC,
            hostname: HOSTNAME.to_owned(),
        };
        let hub = Hub::start(options).await?;
        Ok(TestHub { hub, data, builder: self })
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(self) -> TestHub {
        match self.try_start().await {
            Ok(hub) => hub,
            Err(error) => panic!("the hub does not start: {error}"),
        }
    }
}

/// Settings that keep features from finding clusters or containers by themselves: no test may ever read the kubeconfig of
/// whoever runs it. Every feature that looks around has a section `[…_auto]` with `enabled`; one that the test writes
/// itself is left as it is.
fn nothing_by_itself(features: &[Feature], written: &str) -> String {
    let sections = features.iter().flat_map(|feature| feature.config).map(|section| section.key);
    sections
        .filter(|key| key.ends_with("_auto") || *key == "kubernetes_registries")
        .filter(|key| !written.contains(&format!("[{key}]")))
        .map(|key| format!("\n[{key}]\nenabled = false\n"))
        .collect()
}

impl TestHub {
    /// A hub of these features, with the real clock and no configuration.
    pub fn with(features: &'static [Feature]) -> TestHubBuilder {
        TestHubBuilder {
            features,
            config: String::new(),
            clock: Clock::system(),
            data: None,
            database: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    /// The house.
    pub fn ctx(&self) -> &Ctx {
        self.hub.ctx()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.hub.address()
    }

    /// The whole address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// A client without a login.
    pub fn client(&self) -> Client {
        Client::new(self.address())
    }

    /// What it printed on its console.
    pub async fn greeting(&self) -> Vec<String> {
        self.hub.greeting().await
    }

    /// The code on the console with which the first account is made.
    ///
    /// # Panics
    /// When there is none: the hub is set up already, or has no accounts.
    pub async fn setup_code(&self) -> String {
        let lines = self.greeting().await;
        let line = lines
            .iter()
            .find_map(|line| line.strip_prefix("Setup code: "))
            .expect("a setup code on the console");
        line.split_whitespace().next().unwrap_or_default().to_owned()
    }

    /// Makes the first account through the setup page and returns a client that is logged in.
    ///
    /// # Panics
    /// When that does not work.
    pub async fn set_up(&self) -> Client {
        let mut client = self.client();
        let code = self.setup_code().await;
        let form = [("code", code.as_str()), ("name", USER), ("password", PASSWORD), ("again", PASSWORD)];
        let answer = client.post_form("/setup", &form).await;
        assert!(answer.status.is_redirection(), "setup answers {} {}", answer.status, answer.text());
        client
    }

    /// Makes the first account in a real browser, as a newcomer does.
    ///
    /// # Errors
    /// What the browser says.
    pub async fn set_up_in(&self, page: &Page) -> Result<(), BrowserError> {
        page.open(&self.url("/")).await?;
        page.fill("input[name=code]", &self.setup_code().await).await?;
        page.fill("input[name=name]", USER).await?;
        page.fill("input[name=password]", PASSWORD).await?;
        page.fill("input[name=again]", PASSWORD).await?;
        page.click("main button[type=submit]").await?;
        page.wait_for("#state", Duration::from_secs(5)).await
    }

    /// Logs in with a real browser on a hub that is set up.
    ///
    /// # Errors
    /// What the browser says.
    pub async fn log_in(&self, page: &Page) -> Result<(), BrowserError> {
        page.open(&self.url("/login")).await?;
        page.fill("input[name=name]", USER).await?;
        page.fill("input[name=password]", PASSWORD).await?;
        page.click("main button[type=submit]").await?;
        page.wait_for("#state", Duration::from_secs(5)).await
    }

    /// Runs a background pass now.
    ///
    /// # Panics
    /// When there is no such pass or it fails.
    pub async fn run_job(&self, name: &str) -> String {
        let result = self.ctx().jobs.run(name).await.unwrap_or_else(|| panic!("there is no pass {name}"));
        let report = result.unwrap_or_else(|error| panic!("the pass {name} failed: {error}"));
        self.ctx().resources.settle().await;
        report
    }

    /// Waits until `check` holds, at most `within`.
    ///
    /// # Panics
    /// When it does not hold in time.
    pub async fn wait_until(&self, what: &str, within: Duration, check: impl Fn(&Ctx) -> bool) {
        let end = tokio::time::Instant::now() + within;
        while !check(self.ctx()) {
            assert!(tokio::time::Instant::now() < end, "not within {within:?}: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops it, and returns what starts it again on the same data and port.
    ///
    /// # Panics
    /// When some work does not end in time.
    pub async fn stop(self) -> TestHubBuilder {
        let Self { hub, data, mut builder } = self;
        builder.listen = hub.address();
        builder.data = Some(data);
        assert!(hub.stop().await, "some work did not end in time");
        builder
    }
}

/// An empty PostgreSQL database, where `HOB_TEST_POSTGRES` names a server on which databases may be created; `None`
/// otherwise, and the caller says that it skips.
///
/// # Panics
/// When the server is named but does not answer.
pub async fn postgres() -> Option<Location> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var("HOB_TEST_POSTGRES").ok()?;
    let admin = Db::open(&Location::Postgres(url.clone())).await.expect("the test server answers");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("hob_test_{}_{number}", std::process::id());
    let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\""));
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
    on!(write &admin, p => sqlx::query(drop).execute(p).await.map(|_| ()))
        .expect("an old database can be dropped");
    on!(write &admin, p => sqlx::query(create).execute(p).await.map(|_| ())).expect("a database can be made");
    admin.close().await;
    let server = url.rsplit_once('/').map_or(url.as_str(), |(server, _)| server);
    Some(Location::Postgres(format!("{server}/{name}")))
}
