//! Files that come with messages. On disk they are called by the id of their message; what a client calls them is data.

pub(crate) mod kind;
pub(crate) mod template;

use crate::config;
use crate::desk::{Desk, desk};
use crate::routes::{database_is_away, unavailable};
use crate::upload::{BodyError, BodyReader};
use crate::visitor::{Cost, Visitor};
use bytes::Bytes;
use hob_feature::Ctx;
use ntfy_protocol::{Refusal, refusal};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tracing::warn;

/// How much of a file is looked at to know what it is.
const LOOKED_AT: usize = 4096;
/// The longest name that is kept; characters.
const NAME_MAX: usize = 255;

/// Where attachments are.
pub(crate) fn directory(ctx: &Ctx) -> PathBuf {
    ctx.data.join("push").join("attachments")
}

/// Where the file of this message is. Ids consist of letters and digits; anything else has no file.
pub(crate) fn path_of(ctx: &Ctx, id: &str) -> Option<PathBuf> {
    ntfy_protocol::is_message_id(id).then(|| directory(ctx).join(id))
}

/// A file on its way in.
pub(crate) struct Upload<'a> {
    /// The house.
    pub(crate) ctx: &'a Ctx,
    /// Whose it is.
    pub(crate) visitor: &'a Visitor,
    /// Of which message.
    pub(crate) id: &'a str,
}

/// A file that is on disk. It is removed on drop, unless it [stays](Self::stays).
pub(crate) struct Kept {
    /// What its sender calls it, without a path.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: &'static str,
    /// With a dot; empty where nobody knows.
    pub(crate) extension: &'static str,
    /// Bytes.
    pub(crate) size: u64,
    room: Room,
}

/// Room on disk that was reserved, and what is in it.
struct Room {
    desk: Arc<Desk>,
    path: PathBuf,
    bytes: u64,
    stays: bool,
}

impl Drop for Room {
    fn drop(&mut self) {
        if !self.stays {
            let _ = std::fs::remove_file(&self.path);
            self.desk.attached.release(self.bytes);
        }
    }
}

impl Kept {
    /// The message is kept, and so is its file.
    pub(crate) fn stays(mut self) {
        self.room.stays = true;
    }
}

impl Upload<'_> {
    /// Writes a body to disk. Room is reserved before it is used.
    ///
    /// # Errors
    /// 41301 where a limit is reached, 50301 where the disk takes no more, and what `broken` makes of the body's end.
    pub(crate) async fn take(
        &self,
        name: &str,
        mut body: BodyReader,
        broken: fn(BodyError) -> Refusal,
    ) -> Result<Kept, Refusal> {
        let limit = config::settings(self.ctx).attachment_file_size;
        if body.length().is_some_and(|length| length > limit) {
            return Err(refusal::ATTACHMENT_TOO_LARGE);
        }
        desk(self.ctx).attached.know(&self.ctx.db).await.map_err(|_| database_is_away())?;
        let start = body.peek(LOOKED_AT).await.map_err(broken)?;
        let name = plain_name(name);
        let (kind, extension) = kind::of(start, &name);
        let (mut file, mut room) = self.create().await?;
        let mut size = 0_u64;
        while let Some(piece) = body.next().await.map_err(broken)? {
            size += piece.len() as u64;
            if size > limit {
                return Err(refusal::ATTACHMENT_TOO_LARGE);
            }
            self.write(&mut file, &mut room, &piece).await?;
        }
        // It is to be there when its message is.
        file.sync_data().await.map_err(|error| full(&error))?;
        let name = if name.is_empty() { format!("attachment{extension}") } else { name };
        Ok(Kept { name, kind, extension, size, room })
    }

    async fn create(&self) -> Result<(File, Room), Refusal> {
        let path = path_of(self.ctx, self.id).ok_or(refusal::INTERNAL_ERROR)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let open = || options.open(&path);
        let file = match open().await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make_directory(path.parent().unwrap_or(&path)).await.map_err(|error| full(&error))?;
                open().await
            }
            opened => opened,
        };
        let file = file.map_err(|error| full(&error))?;
        Ok((file, Room { desk: desk(self.ctx), path, bytes: 0, stays: false }))
    }

    async fn write(&self, file: &mut File, room: &mut Room, piece: &Bytes) -> Result<(), Refusal> {
        let bytes = piece.len() as u64;
        self.visitor.pay(self.ctx, Cost::AttachmentBytes(bytes))?;
        if !room.desk.attached.reserve(bytes, config::settings(self.ctx).attachment_total_size) {
            return Err(refusal::ATTACHMENT_TOO_LARGE.with_detail("the server keeps no more attachments"));
        }
        room.bytes += bytes;
        file.write_all(piece).await.map_err(|error| full(&error))
    }
}

async fn make_directory(path: &Path) -> std::io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).await
}

fn full(error: &std::io::Error) -> Refusal {
    warn!(%error, "an attachment could not be written");
    let why = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk of the push server is full",
        _ => "the push server cannot write it",
    };
    unavailable(format!("The attachment could not be kept: {why}."))
}

/// What a client calls a file, without a path and on one line.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let tidied = hob_base::wording::tidy(last, NAME_MAX);
    if tidied.chars().all(|c| c == '.') { String::new() } else { tidied }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn names_have_no_paths() {
        for (given, name) in [
            ("flower.jpg", "flower.jpg"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("../..", ""),
            (".", ""),
            ("a/", ""),
            ("a\r\nb\0.txt", "a b .txt"),
            ("Müll \u{202e}gpj.exe", "Müll gpj.exe"),
        ] {
            assert_eq!(plain_name(given), name, "{given:?}");
        }
        assert_eq!(plain_name(&"x".repeat(1000)).chars().count(), 255);
    }
}
