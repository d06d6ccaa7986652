//! Each feature owns its migrations. They are applied in order, once, each in a transaction, and recorded with a
//! checksum, so that an edited migration or a database from a newer Hob is noticed instead of guessed at.

use crate::{Db, on};
use hob_base::{Error, Result, Timestamp, error::Doing};
use std::collections::BTreeMap;

/// One step of a feature's tables.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 ... within the feature.
    pub number: u32,
    /// What it does, from its file's name.
    pub name: &'static str,
    /// The statements. Written for both databases; `BLOB` becomes `BYTEA` on PostgreSQL.
    pub sql: &'static str,
}

impl Migration {
    /// FNV-1a over the text: notices an edit; it is no defence and need not be one.
    fn checksum(&self) -> String {
        let hash = self
            .sql
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

const RECORD: &str = "CREATE TABLE IF NOT EXISTS hob_migration (
    feature TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL, PRIMARY KEY (feature, number))";

/// Brings the tables of all `features` up to date.
///
/// # Errors
/// When a statement fails, a recorded migration was edited, or the database was written by a newer Hob.
pub async fn migrate(db: &Db, features: &[(&str, &[Migration])], now: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query(RECORD).execute(p).await.map(|_| ()))
        .doing(|| "Creating the table of migrations".to_owned())?;
    let rows: Vec<(String, i64, String)> =
        on!(write db, p => sqlx::query_as("SELECT feature, number, checksum FROM hob_migration").fetch_all(p).await)
            .doing(|| "Reading the table of migrations".to_owned())?;
    let applied: BTreeMap<(String, i64), String> =
        rows.into_iter().map(|(feature, number, checksum)| ((feature, number), checksum)).collect();
    for (feature, migrations) in features {
        check_history(feature, migrations, &applied)?;
        for migration in *migrations {
            if !applied.contains_key(&((*feature).to_owned(), i64::from(migration.number))) {
                apply(db, feature, migration, now).await?;
            }
        }
    }
    Ok(())
}

fn check_history(
    feature: &str,
    migrations: &[Migration],
    applied: &BTreeMap<(String, i64), String>,
) -> Result<()> {
    for ((_, number), checksum) in applied.iter().filter(|((f, _), _)| f == feature) {
        match migrations.iter().find(|m| i64::from(m.number) == *number) {
            None => {
                return Err(Error::Conflict(format!(
                    "The database was written by a newer Hob: it has migration {number} of “{feature}”, which this \
                     version does not know. Start the newer version again, or restore a backup from before the update."
                )));
            }
            Some(m) if m.checksum() != *checksum => {
                return Err(Error::Conflict(format!(
                    "Migration {number} ({}) of “{feature}” is not the one that this database was built with.",
                    m.name
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn apply(db: &Db, feature: &str, migration: &Migration, now: Timestamp) -> Result<()> {
    const NOTE: &str =
        "INSERT INTO hob_migration (feature, number, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)";
    let doing = || format!("Migration {} ({}) of “{feature}”", migration.number, migration.name);
    let sql = match db {
        Db::Sqlite(_) => migration.sql.to_owned(),
        Db::Postgres(_) => migration.sql.replace(" BLOB", " BYTEA"),
    };
    // The text comes from the binary's own migrations, not from input.
    let sql = sqlx::AssertSqlSafe(sql);
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::raw_sql(sql).execute(&mut *tx).await?;
        sqlx::query(NOTE)
            .bind(feature)
            .bind(i64::from(migration.number))
            .bind(migration.name)
            .bind(migration.checksum())
            .bind(now.millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }.await);
    run.doing(doing)
}
