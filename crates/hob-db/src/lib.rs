//! Two databases, one SQL text: SQLite by default, PostgreSQL by setting.
//!
//! Queries are written once, with `$n` placeholders and the types that both know (BIGINT, TEXT, BOOLEAN, DOUBLE
//! PRECISION, BLOB), and run through [`on!`], which expands the same expression for both concrete drivers so that the
//! compiler checks it twice. Times are `i64` milliseconds. sqlx's `Any` driver is not used: it fails whole rows on types
//! it does not know.
//!
//! SQLite has one writing connection, so that writers queue here instead of failing with "database is locked", and a
//! small pool of readers.

mod lock;
mod migrate;
mod pool;

pub use lock::{DataDirectory, DirectoryError};
pub use migrate::{Migration, migrate};
pub use pool::{PgOpen, PgPool, PgTransaction, SqliteOpen, SqlitePool, SqliteTransaction};

use hob_base::{Error, Result, error::Doing};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The database, by its concrete driver. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// A file in the data directory.
    Sqlite(Sqlite),
    /// A PostgreSQL server, version 12 or later.
    Postgres(PgPool),
}

/// One writer and several readers on one SQLite file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    /// Readers.
    pub read: SqlitePool,
    /// The one writer.
    pub write: SqlitePool,
}

/// Runs one expression on whichever database it is: `on!(read db, pool => ...)` or `on!(write db, pool => ...)`.
#[macro_export]
macro_rules! on {
    ($mode:ident $db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::Db::Sqlite(sqlite) => {
                let $pool = &sqlite.$mode;
                $body
            }
            $crate::Db::Postgres(postgres) => {
                let $pool = postgres;
                $body
            }
        }
    };
}

/// Where the tables live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file; it is created when it is not there.
    File(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

impl Location {
    /// Reads the `database` setting. Without one, the tables live in `hob.db` in the data directory.
    ///
    /// # Errors
    /// One sentence when the text is neither a `postgres://` nor a `sqlite:` address: a mistyped address must not
    /// silently create a file.
    pub fn parse(setting: Option<&str>, data: &Path) -> Result<Self, String> {
        match setting {
            None => Ok(Self::File(data.join("hob.db"))),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                PgConnectOptions::from_str(url)
                    .map_err(|e| format!("the PostgreSQL address cannot be used: {e}"))?;
                Ok(Self::Postgres(url.to_owned()))
            }
            Some(url) => {
                match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
                    Some(path) if !path.is_empty() => Ok(Self::File(data.join(path))),
                    _ => Err("it must begin with postgres:// or sqlite:, for example \
                          postgres://hob@db.lan/hob; leave it out to use a file in the data directory"
                        .to_owned()),
                }
            }
        }
    }
}

impl std::fmt::Display for Location {
    /// The place without its password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => match PgConnectOptions::from_str(url) {
                Ok(options) => write!(
                    f,
                    "PostgreSQL at {}:{}, database {}",
                    options.get_host(),
                    options.get_port(),
                    options.get_database().unwrap_or("(default)")
                ),
                Err(_) => f.write_str("PostgreSQL"),
            },
        }
    }
}

impl Db {
    /// Opens the database, creating a SQLite file that is not there.
    ///
    /// # Errors
    /// When it cannot be opened or reached.
    pub async fn open(location: &Location) -> Result<Self> {
        match location {
            Location::File(path) => Self::open_sqlite(path).await,
            Location::Postgres(url) => Self::open_postgres(url, location).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives a power cut too. Writes are rare and batched.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-1024")
            .disable_statement_logging();
        make_private(path)?;
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // SQLite itself rolls back a transaction whose COMMIT fails, as on a full disk. The driver then believes that
            // it is still open and makes every later one a savepoint within it, which nobody ever commits. Such a
            // connection is closed. The ping waits for a rollback that is under way.
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
            .connect_with(options.clone())
            .await
            .doing(|| format!("Opening the database {}", path.display()))?;
        let read = SqlitePoolOptions::new()
            .max_connections(3)
            .idle_timeout(Duration::from_secs(60))
            .connect_lazy_with(options.create_if_missing(false).read_only(true));
        Ok(Self::Sqlite(Sqlite { read: read.into(), write: write.into() }))
    }

    async fn open_postgres(url: &str, location: &Location) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .doing(|| "Reading the PostgreSQL address".to_owned())?
            .application_name("hob")
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await
            .doing(|| format!("Connecting to {location}"))?;
        Ok(Self::Postgres(pool.into()))
    }

    /// Closes all connections; SQLite's write-ahead log is merged into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => {
                sqlite.read.close().await;
                sqlite.write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// `sqlite` or `postgres`, for logs and metrics.
    pub fn driver(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Asks the database the smallest question there is.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<()> {
        on!(read self, p => sqlx::query("SELECT 1").execute(p).await.map(|_| ()))
            .doing(|| "Asking the database whether it is there".to_owned())
    }
}

/// Creates the file readable by its owner only, if it is not there: hashes of passwords and tokens are in it. SQLite
/// gives its write-ahead log the same mode.
fn make_private(path: &Path) -> Result<()> {
    let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    made.map(|_| ()).doing(|| format!("Creating the database {}", path.display()))
}

/// Whether the database refused because its disk is full (SQLite's SQLITE_FULL, PostgreSQL's 53100).
pub fn is_disk_full(error: &Error) -> bool {
    let Error::Internal { source, .. } = error else { return false };
    let Some(sqlx::Error::Database(db)) = source.downcast_ref::<sqlx::Error>() else { return false };
    matches!(db.code().as_deref(), Some("13" | "53100")) || db.message().contains("disk is full")
}

#[cfg(test)]
mod tests;
