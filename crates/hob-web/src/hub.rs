//! Starting and stopping a hub.

use crate::listen::{bind_local, serve};
use crate::router;
use hob_base::{Clock, Error};
use hob_db::{DataDirectory, Db, DirectoryError, Location, migrate};
use hob_feature::jobs::{JobBoard, JobDriver};
use hob_feature::metrics::Metrics;
use hob_feature::resources::keeper;
use hob_feature::secrets::Sealer;
use hob_feature::{
    BASE_MIGRATIONS, CheckBook, Config, Ctx, CtxParts, Feature, Job, Notices, Problem, Problems, Resources,
    Silences,
};
use jiff::tz::TimeZone;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The name of the local socket in the data directory.
pub const LOCAL_SOCKET: &str = "hob.sock";

/// What a hub is started with.
pub struct HubOptions {
    /// What it consists of.
    pub features: &'static [Feature],
    /// Its settings, checked already.
    pub config: Config,
    /// Where its files are.
    pub data: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where its tables are.
    pub database: Location,
    /// Its time.
    pub clock: Clock,
    /// The zone in which it tells people the time.
    pub zone: TimeZone,
    /// This machine's name.
    pub hostname: String,
}

/// Why a hub did not start. Nothing is left half-started.
#[derive(Debug)]
pub enum StartError {
    /// The data directory cannot be used.
    Directory(DirectoryError),
    /// The address cannot be listened on.
    Listen {
        /// Which address.
        address: SocketAddr,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// Something else.
    Other(Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(error) => error.fmt(f),
            Self::Listen { address, source } => {
                write!(f, "Hob cannot listen on {address}: {source}. ")?;
                match source.kind() {
                    std::io::ErrorKind::AddrInUse => f.write_str(
                        "Another program has that port. Stop it, or choose another address with --listen, for example \
                         --listen 127.0.0.1:4630.",
                    ),
                    std::io::ErrorKind::PermissionDenied => {
                        f.write_str("Ports below 1024 need root; choose a higher one with --listen.")
                    }
                    std::io::ErrorKind::AddrNotAvailable => {
                        f.write_str("This machine has no such address; 0.0.0.0 stands for all of its addresses.")
                    }
                    _ => Ok(()),
                }
            }
            Self::Other(error) => f.write_str(&error.chain()),
        }
    }
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// A running hub.
pub struct Hub {
    ctx: Ctx,
    address: SocketAddr,
    driver: JobDriver,
    _directory: DataDirectory,
}

impl Hub {
    /// Starts a hub: takes the data directory, the port, the database, reads what was known, and begins to work.
    ///
    /// # Errors
    /// With what is in the way, and nothing left behind.
    pub async fn start(options: HubOptions) -> Result<Self, StartError> {
        let started_at = options.clock.now();
        let directory = DataDirectory::claim(&options.data).map_err(StartError::Directory)?;
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|source| StartError::Listen { address: options.listen, source })?;
        let address =
            listener.local_addr().map_err(|source| StartError::Listen { address: options.listen, source })?;
        let ctx = open(options, address).await?;
        ctx.resources.load(&ctx.clock).await?;
        ctx.silences.load(&ctx.clock).await?;
        let app = router(&ctx);
        let mut jobs = vec![keeper(started_at)];
        let listener = Arc::new(listener);
        let tcp_app = app.clone();
        jobs.push(Job::listener("web.tcp", move |_, stop| serve(listener.clone(), tcp_app.clone(), stop)));
        match bind_local(&ctx.data.join(LOCAL_SOCKET)) {
            Ok(local) => {
                let local = Arc::new(local);
                jobs.push(Job::listener("web.local", move |_, stop| serve(local.clone(), app.clone(), stop)));
            }
            // Commands then say that they cannot reach the hub; everything else works.
            Err(error) => warn!(reason = error.chain(), "commands on this machine cannot talk to this hub"),
        }
        for feature in ctx.features {
            jobs.extend((feature.jobs)(&ctx));
        }
        let driver = JobDriver::start(&ctx, jobs);
        let took_ms = u64::try_from(ctx.clock.now().since(started_at).as_millis()).unwrap_or(0);
        info!(%address, database = ctx.db.driver(), took_ms, "Hob serves");
        Ok(Self { ctx, address, driver, _directory: directory })
    }

    /// The house.
    pub fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The lines for the console.
    pub async fn greeting(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for feature in self.ctx.features {
            lines.extend((feature.greeting)(self.ctx.clone()).await);
        }
        lines
    }

    /// Ends all work and closes the database. Returns whether everything ended in time.
    pub async fn stop(self) -> bool {
        self.ctx.shutdown.cancel();
        let in_time = self.driver.stop().await;
        let _ = std::fs::remove_file(self.ctx.data.join(LOCAL_SOCKET));
        self.ctx.db.close().await;
        in_time
    }
}

async fn open(options: HubOptions, address: SocketAddr) -> Result<Ctx, StartError> {
    let listen = options.listen;
    let db = Db::open(&options.database).await?;
    let mut migrations = vec![("hob", BASE_MIGRATIONS)];
    migrations.extend(options.features.iter().map(|feature| (feature.id, feature.migrations)));
    migrate(&db, &migrations, options.clock.now()).await?;
    let sealer = Sealer::open(&options.data.join("secret.key"))?;
    Ok(Ctx::new(CtxParts {
        resources: Resources::new(db.clone()),
        silences: Silences::new(db.clone(), options.zone.clone()),
        notices: Notices::new(db.clone()),
        db,
        clock: options.clock,
        zone: options.zone,
        config: options.config,
        checks: CheckBook::default(),
        jobs: JobBoard::default(),
        metrics: Metrics::default(),
        sealer,
        data: options.data,
        hostname: options.hostname,
        features: options.features,
        listen,
        listening: Mutex::new(vec![address]),
        shutdown: CancellationToken::new(),
        memory: hob_feature::Memory::default(),
    }))
}

/// Opens the tables without a hub, for commands that work with and without a running one.
///
/// # Errors
/// When the database cannot be opened or is newer than this program.
pub async fn open_database(
    features: &[Feature],
    location: &Location,
    data: &Path,
    clock: &Clock,
) -> Result<Db, Error> {
    if let Location::File(_) = location {
        use std::os::unix::fs::DirBuilderExt;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
        made.map_err(|e| Error::internal(format!("Creating the data directory {}", data.display()), e))?;
    }
    let db = Db::open(location).await?;
    let mut migrations = vec![("hob", BASE_MIGRATIONS)];
    migrations.extend(features.iter().map(|feature| (feature.id, feature.migrations)));
    migrate(&db, &migrations, clock.now()).await?;
    Ok(db)
}

/// Everything that is wrong with the settings, for all features at once.
pub fn check_config(features: &[Feature], config: &Config, own: &[&str]) -> Vec<Problem> {
    let problems = Problems::default();
    let mut known: Vec<&str> = own.to_vec();
    for section in features.iter().flat_map(|feature| feature.config) {
        known.push(section.key);
        (section.check)(config, &problems);
    }
    config.check_keys(&known, &problems);
    problems.into_sorted()
}
