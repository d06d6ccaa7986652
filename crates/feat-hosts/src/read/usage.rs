//! How full a filesystem is, by statvfs(3), without ever waiting for one that does not answer.
//!
//! A network filesystem whose server is away keeps whoever asks it in the kernel for minutes or for ever. Each question
//! is asked on a thread of its own and given three seconds. One that is stuck is not asked again until the stuck call has
//! returned, so at most one thread per filesystem waits, and at most [`STUCK_MAX`] altogether. The threads are plain ones
//! and not of the runtime: those would keep the hub from stopping.

use hob_base::Clock;
use rustix::fs::StatVfs;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a filesystem may take to answer.
pub(crate) const ANSWER_TIME_MAX: Duration = Duration::from_secs(3);

/// How many questions may be stuck at once.
pub(crate) const STUCK_MAX: usize = 16;

/// What is used and what is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    /// The whole size, in bytes.
    pub(crate) size_bytes: u64,
    /// What is in use, in bytes.
    pub(crate) used_bytes: u64,
    /// What anybody but root can still write, in bytes.
    pub(crate) available_bytes: u64,
    /// Files that can exist. Zero where the filesystem has no such limit, as btrfs and vfat.
    pub(crate) inodes: u64,
    /// Files that can still be made.
    pub(crate) inodes_free: u64,
}

impl Usage {
    /// Share in use, 0 to 100, as `df` gives it: of what is used and available, without what is kept back for root.
    pub(crate) fn used_percent(&self) -> f64 {
        share(self.used_bytes, self.used_bytes.saturating_add(self.available_bytes))
    }

    /// Share of files in use, 0 to 100. `None` where there is no limit.
    pub(crate) fn inodes_used_percent(&self) -> Option<f64> {
        (self.inodes > 0).then(|| share(self.inodes.saturating_sub(self.inodes_free), self.inodes))
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (100.0 * part as f64 / whole as f64).clamp(0.0, 100.0) }
}

/// Translates what statvfs(3) says.
pub(crate) fn from_statvfs(stat: &StatVfs) -> Usage {
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Usage {
        size_bytes: bytes(stat.f_blocks),
        used_bytes: bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
        available_bytes: bytes(stat.f_bavail),
        inodes: stat.f_files,
        inodes_free: stat.f_ffree,
    }
}

/// Asks the kernel. Waits as long as the filesystem lets it.
///
/// # Errors
/// What statvfs(3) says.
pub(crate) fn statvfs(mount_point: &Path) -> io::Result<Usage> {
    Ok(from_statvfs(&rustix::fs::statvfs(mount_point)?))
}

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    /// It answered.
    Got(T),
    /// It answered that it will not.
    Failed(io::Error),
    /// It does not answer, for this long.
    Stuck(Duration),
    /// It was not asked, because too many others do not answer.
    NotAsked,
}

/// Asks questions that may never be answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prober {
    stuck: Arc<Mutex<HashMap<String, Stuck>>>,
}

struct MarkOnDrop(Arc<AtomicBool>);

impl Drop for MarkOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A question that has been asked and may be stuck.
#[derive(Debug)]
struct Stuck {
    since: Duration,
    returned: Arc<AtomicBool>,
}

impl Prober {
    /// Asks `question` under the name `key`, unless the last one under that name has not returned yet.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        key: &str,
        clock: &Clock,
        question: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Answer<T> {
        if let Some(refusal) = self.refuse(key, clock.monotonic()) {
            return refusal;
        }
        let since = clock.monotonic();
        let returned = Arc::new(AtomicBool::new(false));
        // Noted at once, so that a pass that is given up in between leaves no thread unaccounted for.
        self.lock().insert(key.to_owned(), Stuck { since, returned: Arc::clone(&returned) });
        let (sender, answer) = oneshot::channel();
        let thread = std::thread::Builder::new().name("hob-statvfs".to_owned()).stack_size(128 * 1024);
        let started = thread.spawn(move || {
            // Set however the question ends, even by a panic.
            let mark = MarkOnDrop(returned);
            let result = question();
            drop(mark);
            // Nobody listens any more when the three seconds have passed.
            let _ = sender.send(result);
        });
        if let Err(error) = started {
            self.lock().remove(key);
            return Answer::Failed(error);
        }
        tokio::select! {
            biased;
            result = answer => match result {
                Ok(Ok(value)) => Answer::Got(value),
                Ok(Err(error)) => Answer::Failed(error),
                Err(_) => Answer::Failed(io::Error::other("asking it failed")),
            },
            () = clock.sleep(ANSWER_TIME_MAX) => Answer::Stuck(ANSWER_TIME_MAX),
        }
    }

    fn refuse<T>(&self, key: &str, now: Duration) -> Option<Answer<T>> {
        let mut stuck = self.lock();
        stuck.retain(|_, call| !call.returned.load(Ordering::Acquire));
        if let Some(call) = stuck.get(key) {
            return Some(Answer::Stuck(now.saturating_sub(call.since)));
        }
        (stuck.len() >= STUCK_MAX).then_some(Answer::NotAsked)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Stuck>> {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Timestamp;
    use std::sync::mpsc;

    #[test]
    fn a_share_is_what_df_shows() {
        let usage = Usage { size_bytes: 1000, used_bytes: 450, available_bytes: 450, ..Usage::default() };
        assert_eq!(usage.used_percent(), 50.0);
        assert_eq!(usage.inodes_used_percent(), None);
        assert_eq!(Usage::default().used_percent(), 0.0);
    }

    #[tokio::test]
    async fn this_machines_root_answers() {
        let answer = Prober::default().ask("/", &Clock::system(), || statvfs(Path::new("/"))).await;
        assert!(matches!(answer, Answer::Got(usage) if usage.size_bytes > 0));
    }

    #[tokio::test]
    async fn a_stuck_filesystem_is_not_asked_again_until_its_call_returns() {
        let clock = Clock::fake(Timestamp::from_millis(0));
        let prober = Prober::default();
        let (release, blocked) = mpsc::channel::<()>();
        let ask = prober.ask("/mnt/nas", &clock, move || {
            let _ = blocked.recv();
            Ok(1)
        });
        let advance = async {
            tokio::task::yield_now().await;
            clock.advance(ANSWER_TIME_MAX);
        };
        let (answer, ()) = tokio::join!(ask, advance);
        assert!(matches!(answer, Answer::Stuck(_)));

        clock.advance(Duration::from_secs(60));
        let again: Answer<u8> = prober.ask("/mnt/nas", &clock, || panic!("must not be asked")).await;
        assert!(matches!(again, Answer::Stuck(since) if since == Duration::from_secs(63)));

        release.send(()).unwrap();
        loop {
            if let Answer::Got(value) = prober.ask("/mnt/nas", &clock, || Ok(2)).await {
                assert_eq!(value, 2);
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}
