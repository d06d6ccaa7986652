//! Wall displays that need no login: whoever has the link sees the wall, until somebody takes the link away.
//!
//! The link is shown once. What is kept of the secret in it is a hash, so that neither the database nor a backup of it opens
//! anything.

use crate::kept::Kept;
use crate::store;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hob_base::wording::tidy;
use hob_base::{Error, Result, Timestamp};
use hob_feature::Ctx;
use ring::digest::{SHA256, digest};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The most links at once.
const WALLS_MAX: usize = 50;

/// When a wall is dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Dark {
    /// When the display itself prefers that.
    #[default]
    Display,
    /// Always.
    Always,
    /// Never.
    Never,
    /// From one time of day to another, in minutes from midnight.
    Between(u16, u16),
}

impl fmt::Display for Dark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Display => f.write_str("display"),
            Self::Always => f.write_str("always"),
            Self::Never => f.write_str("never"),
            Self::Between(from, to) => {
                write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
            }
        }
    }
}

impl FromStr for Dark {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let minutes = |text: &str| -> Option<u16> {
            let (hours, minutes) = text.trim().split_once(':')?;
            let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        };
        match text.trim() {
            "" | "display" => Ok(Self::Display),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            other => other
                .split_once(['-', '–'])
                .and_then(|(from, to)| Some(Self::Between(minutes(from)?, minutes(to)?)))
                .ok_or_else(|| "write from when to when, such as 20:00-07:00".to_owned()),
        }
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wall {
    /// Its name in addresses of our own pages.
    pub(crate) id: String,
    /// What it is called: “Kitchen”.
    pub(crate) name: String,
    /// The hash of the secret in its address.
    pub(crate) token_hash: String,
    /// When it is dark.
    pub(crate) dark: Dark,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// By whom.
    pub(crate) created_by: String,
}

#[derive(Default)]
struct Walls(Kept<Vec<Wall>>);

/// All links, the newest first.
///
/// # Errors
/// When they were not read yet and the database does not answer.
pub(crate) async fn known(ctx: &Ctx) -> Result<Arc<Vec<Wall>>> {
    ctx.memory.of::<Walls>().0.get(async || store::list_walls(&ctx.db).await).await
}

/// The wall that this secret opens.
///
/// # Errors
/// [`Error::NotFound`] when it opens none, or none any more.
pub(crate) async fn opened_by(ctx: &Ctx, token: &str) -> Result<Wall> {
    let hash = hash(token);
    let walls = known(ctx).await?;
    let found = walls.iter().find(|wall| wall.token_hash == hash);
    // What was tried is no name of anything; it is not repeated.
    found.cloned().ok_or_else(|| Error::not_found("wall display", "of this link"))
}

/// Makes a link, and returns the secret of its address.
///
/// # Errors
/// When there are too many; when the database refuses.
pub(crate) async fn make(ctx: &Ctx, name: &str, dark: Dark, by: &str) -> Result<String> {
    let walls = ctx.memory.of::<Walls>();
    let changing = walls.0.change().await;
    let mut all = Vec::clone(&*known(ctx).await?);
    if all.len() >= WALLS_MAX {
        let text =
            format!("There are {WALLS_MAX} wall displays already, which is the most. Take one away first.");
        return Err(Error::Conflict(text));
    }
    let token = URL_SAFE_NO_PAD.encode(ctx.sealer.random_bytes::<32>()?);
    let wall = Wall {
        id: URL_SAFE_NO_PAD.encode(ctx.sealer.random_bytes::<9>()?),
        name: tidy(name, 60),
        token_hash: hash(&token),
        dark,
        created_at: ctx.clock.now(),
        created_by: by.to_owned(),
    };
    store::add_wall(&ctx.db, &wall).await?;
    all.insert(0, wall);
    walls.0.replace(all);
    drop(changing);
    Ok(token)
}

/// Takes a link away: its display shows nothing any more.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn take_away(ctx: &Ctx, id: &str) -> Result<()> {
    let walls = ctx.memory.of::<Walls>();
    let changing = walls.0.change().await;
    let mut all = Vec::clone(&*known(ctx).await?);
    store::delete_wall(&ctx.db, id).await?;
    all.retain(|wall| wall.id != id);
    walls.0.replace(all);
    drop(changing);
    // Its display listens still, and asks anew when it hears anything.
    hob_web::live(ctx).stale("home");
    Ok(())
}

/// The secret is random, so a fast hash without salt tells nothing about it.
fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_is_dark_is_written_as_people_write_it() {
        for (text, dark, again) in [
            ("", Dark::Display, "display"),
            ("always", Dark::Always, "always"),
            ("20:00-7:05", Dark::Between(1200, 425), "20:00-07:05"),
            (" 0:00 – 23:59", Dark::Between(0, 1439), "00:00-23:59"),
        ] {
            assert_eq!(text.parse(), Ok(dark), "{text}");
            assert_eq!(dark.to_string(), again);
            assert_eq!(again.parse(), Ok(dark));
        }
        for wrong in ["20-7", "24:00-07:00", "20:00-07:60", "evening"] {
            assert!(wrong.parse::<Dark>().unwrap_err().contains("20:00-07:00"), "{wrong}");
        }
    }
}
