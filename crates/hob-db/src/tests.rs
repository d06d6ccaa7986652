use super::*;
use hob_base::Timestamp;

const FIRST: Migration = Migration {
    number: 1,
    name: "thing",
    sql: "CREATE TABLE thing (id TEXT PRIMARY KEY, at BIGINT NOT NULL, yes BOOLEAN NOT NULL, share DOUBLE PRECISION, \
          raw BLOB); CREATE INDEX thing_at ON thing (at);",
};
const SECOND: Migration =
    Migration { number: 2, name: "more", sql: "ALTER TABLE thing ADD COLUMN more TEXT;" };

/// SQLite always; PostgreSQL where `HOB_TEST_POSTGRES` names a server on which databases may be created.
async fn both() -> Vec<(Db, tempfile::TempDir)> {
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![];
    if let Ok(url) = std::env::var("HOB_TEST_POSTGRES") {
        let admin = Db::open(&Location::Postgres(url.clone())).await.unwrap();
        let name = format!("hob_db_{}_{}", std::process::id(), dir.path().display().to_string().len());
        let name = format!(
            "{name}_{}",
            dir.path().file_name().unwrap().to_string_lossy().replace('.', "").to_lowercase()
        );
        let Db::Postgres(pool) = &admin else { unreachable!() };
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).execute(pool).await.unwrap();
        let base = url.rsplit_once('/').unwrap().0;
        let db = Db::open(&Location::Postgres(format!("{base}/{name}"))).await.unwrap();
        all.push((db, tempfile::tempdir().unwrap()));
    }
    all.push((Db::open(&Location::File(dir.path().join("hob.db"))).await.unwrap(), dir));
    all
}

#[tokio::test]
async fn one_sql_text_runs_on_both() {
    for (db, _dir) in both().await {
        migrate(&db, &[("t", &[FIRST])], Timestamp::from_millis(1)).await.unwrap();
        on!(write &db, p => sqlx::query("INSERT INTO thing (id, at, yes, share, raw) VALUES ($1, $2, $3, $4, $5)")
            .bind("a").bind(5_i64).bind(true).bind(None::<f64>).bind(vec![0_u8, 255]).execute(p).await.map(|_| ())).unwrap();
        let rows: Vec<(String, i64, bool, Option<f64>, Vec<u8>)> =
            on!(read &db, p => sqlx::query_as("SELECT id, at, yes, share, raw FROM thing WHERE at = $1 OR at = $1")
                .bind(5_i64).fetch_all(p).await).unwrap();
        assert_eq!(rows, [("a".to_owned(), 5, true, None, vec![0, 255])]);
        db.ping().await.unwrap();
        db.close().await;
    }
}

#[tokio::test]
async fn migrations_run_once_and_in_order() {
    for (db, _dir) in both().await {
        migrate(&db, &[("t", &[FIRST])], Timestamp::from_millis(1)).await.unwrap();
        migrate(&db, &[("t", &[FIRST, SECOND])], Timestamp::from_millis(2)).await.unwrap();
        migrate(&db, &[("t", &[FIRST, SECOND])], Timestamp::from_millis(3)).await.unwrap();
        let (count,): (i64,) =
            on!(read &db, p => sqlx::query_as("SELECT COUNT(*) FROM hob_migration").fetch_one(p).await)
                .unwrap();
        assert_eq!(count, 2);
    }
}

#[tokio::test]
async fn an_edited_or_newer_migration_is_refused() {
    for (db, _dir) in both().await {
        migrate(&db, &[("t", &[FIRST, SECOND])], Timestamp::from_millis(1)).await.unwrap();
        let older = migrate(&db, &[("t", &[FIRST])], Timestamp::from_millis(1)).await.unwrap_err();
        assert!(older.to_string().contains("newer Hob"), "{older}");
        let edited = Migration { sql: "SELECT 1", ..FIRST };
        let error = migrate(&db, &[("t", &[edited, SECOND])], Timestamp::from_millis(1)).await.unwrap_err();
        assert!(error.to_string().contains("not the one"), "{error}");
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    for (db, _dir) in both().await {
        let broken = Migration { number: 1, name: "broken", sql: "CREATE TABLE half (id TEXT); SELEKT;" };
        migrate(&db, &[("t", &[broken])], Timestamp::from_millis(1)).await.unwrap_err();
        migrate(
            &db,
            &[("t", &[Migration { sql: "CREATE TABLE half (id TEXT);", ..broken }])],
            Timestamp::from_millis(1),
        )
        .await
        .unwrap();
    }
}

#[test]
fn a_mistyped_address_never_creates_a_file() {
    let data = Path::new("/data");
    assert_eq!(Location::parse(None, data), Ok(Location::File("/data/hob.db".into())));
    assert_eq!(Location::parse(Some("sqlite:x.db"), data), Ok(Location::File("/data/x.db".into())));
    assert!(Location::parse(Some("postgress://x/y"), data).is_err());
    let secret = Location::parse(Some("postgres://hob:hunter2@db.lan/hob"), data).unwrap().to_string();
    assert_eq!(secret, "PostgreSQL at db.lan:5432, database hob");
}

#[test]
fn a_data_directory_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let first = DataDirectory::claim(&path).unwrap();
    let second = DataDirectory::claim(&path).unwrap_err().to_string();
    assert!(second.contains(&format!("process {}", std::process::id())), "{second}");
    drop(first);
    DataDirectory::claim(&path).unwrap();
}

#[test]
fn an_unwritable_data_directory_says_what_to_do() {
    let error = DataDirectory::claim(Path::new("/proc/hob")).unwrap_err().to_string();
    assert!(error.contains("--data"), "{error}");
}

#[tokio::test]
async fn the_database_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hob.db");
    let db = Db::open(&Location::File(path.clone())).await.unwrap();
    migrate(&db, &[("t", &[FIRST])], Timestamp::from_millis(1)).await.unwrap();
    for name in ["hob.db", "hob.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}
