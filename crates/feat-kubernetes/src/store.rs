//! All SQL of clusters: what registries said.

use crate::credentials::known::{Answer, Key, Known};
use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};
use hob_feature::secrets::Sealer;

/// For what fingerprints of logins are sealed.
const PURPOSE: &str = "kubernetes.pull";

/// Id, image, login, answer, the last one, detail, digest, platforms, when it was asked and last good, failures, end.
type Row = (
    String,
    String,
    Option<Vec<u8>>,
    String,
    String,
    String,
    String,
    String,
    i64,
    Option<i64>,
    i64,
    Option<i64>,
);

/// Everything that registries said. What cannot be opened or read is left out: it is asked again.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn list_pulls(db: &Db, sealer: &Sealer) -> Result<Vec<(Key, Known)>> {
    const SQL: &str = "SELECT id, image, login, answer, latest, detail, digest, platforms, asked_at, good_at, failures, \
        expires_at FROM kubernetes_pull";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading what registries said of images".to_owned())?;
    Ok(rows.into_iter().filter_map(|row| pull(row, sealer)).collect())
}

fn pull(row: Row, sealer: &Sealer) -> Option<(Key, Known)> {
    let (
        id,
        image,
        login,
        answer,
        latest,
        detail,
        digest,
        platforms,
        asked_at,
        good_at,
        failures,
        expires_at,
    ) = row;
    let login = match login {
        Some(sealed) => Some(String::from_utf8(sealer.open_sealed(PURPOSE, &sealed).ok()?).ok()?),
        None => None,
    };
    let known = Known {
        id,
        answer: Answer::parse(&answer)?,
        latest: Answer::parse(&latest)?,
        detail,
        digest,
        platforms: platforms.split_ascii_whitespace().map(str::to_owned).collect(),
        asked_at: Timestamp::from_millis(asked_at),
        good_at: good_at.map(Timestamp::from_millis),
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        expires_at,
    };
    Some((Key { image, login }, known))
}

/// Writes what a registry said, in place of what it said before. Gives the name of the row.
///
/// # Errors
/// When the database refuses, or the system gives no randomness.
pub(crate) async fn write_pull(db: &Db, sealer: &Sealer, key: &Key, known: &Known) -> Result<String> {
    const SQL: &str = "INSERT INTO kubernetes_pull (id, image, login, answer, latest, detail, digest, platforms, asked_at, \
        good_at, failures, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        ON CONFLICT (id) DO UPDATE SET answer = excluded.answer, latest = excluded.latest, detail = excluded.detail, \
        digest = excluded.digest, platforms = excluded.platforms, asked_at = excluded.asked_at, \
        good_at = excluded.good_at, failures = excluded.failures, expires_at = excluded.expires_at";
    let id = if known.id.is_empty() { new_id(sealer)? } else { known.id.clone() };
    let login = match &key.login {
        Some(login) => Some(sealer.seal(PURPOSE, login.as_bytes())?),
        None => None,
    };
    let done = on!(write db, p => sqlx::query(SQL)
        .bind(&id)
        .bind(&key.image)
        .bind(&login)
        .bind(known.answer.as_str())
        .bind(known.latest.as_str())
        .bind(&known.detail)
        .bind(&known.digest)
        .bind(known.platforms.join(" "))
        .bind(known.asked_at.millis())
        .bind(known.good_at.map(Timestamp::millis))
        .bind(i64::from(known.failures))
        .bind(known.expires_at)
        .execute(p)
        .await
        .map(|_| ()));
    done.doing(|| format!("Writing what the registry said of {}", key.image))?;
    Ok(id)
}

fn new_id(sealer: &Sealer) -> Result<String> {
    // The beginning of what is sealed is random.
    let sealed = sealer.seal(PURPOSE, b"")?;
    Ok(sealed.iter().take(12).map(|byte| format!("{byte:02x}")).collect())
}

/// Deletes rows.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn delete_pulls(db: &Db, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let done = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for id in ids {
            sqlx::query("DELETE FROM kubernetes_pull WHERE id = $1").bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    done.doing(|| "Deleting what registries said of images that nobody uses".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_testkit::hub::{TestHub, postgres};

    async fn keeps_what_registries_said(hub: TestHub) {
        let ctx = hub.ctx();
        let key = Key { image: "ghcr.io/me/app:1".into(), login: Some("sha256:secret".into()) };
        let known = Known {
            id: String::new(),
            answer: Answer::Ok,
            latest: Answer::Silent,
            detail: "It is away.".into(),
            digest: "sha256:0".into(),
            platforms: vec!["linux/amd64".into(), "linux/arm64".into()],
            asked_at: Timestamp::from_millis(5),
            good_at: Some(Timestamp::from_millis(4)),
            failures: 2,
            expires_at: Some(9),
        };
        let id = write_pull(&ctx.db, &ctx.sealer, &key, &known).await.unwrap();
        let known = Known { id: id.clone(), failures: 3, ..known };
        write_pull(&ctx.db, &ctx.sealer, &key, &known).await.unwrap();
        let open = Key { image: "nginx".into(), login: None };
        let other = write_pull(&ctx.db, &ctx.sealer, &open, &Known { id: String::new(), ..known.clone() })
            .await
            .unwrap();
        assert_ne!(id, other);
        let mut listed = list_pulls(&ctx.db, &ctx.sealer).await.unwrap();
        listed.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(listed, [(key, known.clone()), (open, Known { id: other.clone(), ..known })]);
        delete_pulls(&ctx.db, &[id, other]).await.unwrap();
        assert_eq!(list_pulls(&ctx.db, &ctx.sealer).await.unwrap(), []);
    }

    #[tokio::test]
    async fn what_registries_said_is_kept_in_both_databases() {
        let hub = || TestHub::with(&[crate::FEATURE]).config("[kubernetes_auto]\nenabled = false\n");
        keeps_what_registries_said(hub().start().await).await;
        match postgres().await {
            Some(location) => keeps_what_registries_said(hub().database(location).start().await).await,
            None => eprintln!("skipped on PostgreSQL: HOB_TEST_POSTGRES names no server"),
        }
    }
}
