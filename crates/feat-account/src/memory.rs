//! What is remembered between requests, and only for as long as the hub runs.

use crate::config::Settings;
use crate::jobs::Standing;
use crate::model::{Admission, SetupCode, Throttle, Try};
use crate::password::Hasher;
use crate::random::random_bytes;
use hob_base::{Error, Level, Result, wording::counted};
use hob_feature::identity::Via;
use hob_feature::{Ctx, Identity, Problems};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Messages that nobody came for are forgotten after this long; some of them hold a new token.
const FLASH_KEPT: Duration = Duration::from_secs(300);
const FLASHES_MAX: usize = 1000;

/// The memory of this feature.
#[derive(Default)]
pub(crate) struct Remembered {
    settings: OnceLock<Settings>,
    pub(crate) hasher: Hasher,
    throttle: Mutex<Throttle>,
    setup_code: Mutex<Option<SetupCode>>,
    flashes: Mutex<HashMap<String, (Duration, Flash)>>,
    standing: Mutex<Option<Standing>>,
    /// Whether the log was told of a proxy that is not trusted.
    pub(crate) told_of_proxy: AtomicBool,
}

/// Shown once, on the page after something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flash {
    /// What was done, or why not.
    Message(Level, String),
    /// A token that was just made: its name and itself.
    NewToken(String, String),
}

/// The memory of this feature.
pub(crate) fn remembered(ctx: &Ctx) -> Arc<Remembered> {
    ctx.memory.of()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Remembered {
    /// The settings, which were checked when the hub started.
    pub(crate) fn settings(&self, ctx: &Ctx) -> &Settings {
        self.settings.get_or_init(|| Settings::read(&ctx.config, &Problems::default()))
    }

    /// The setup code, made when it is first asked for.
    pub(crate) fn setup_code(&self) -> Result<SetupCode> {
        let mut code = locked(&self.setup_code);
        match &*code {
            Some(code) => Ok(code.clone()),
            None => Ok(code.insert(SetupCode::new(random_bytes()?)).clone()),
        }
    }

    /// The code opens nothing any more.
    pub(crate) fn forget_setup_code(&self) {
        *locked(&self.setup_code) = None;
    }

    /// Waits as long as the tries so far demand, or refuses with the seconds to wait. The try counts as failed until
    /// [`Remembered::succeeded`] is told otherwise.
    pub(crate) async fn admit(&self, ctx: &Ctx, this: Try<'_>) -> Result<()> {
        let admission = locked(&self.throttle).admit(ctx.clock.monotonic(), this);
        match admission {
            Admission::After(pause) if pause.is_zero() => Ok(()),
            Admission::After(pause) => {
                ctx.clock.sleep(pause).await;
                Ok(())
            }
            Admission::Wait(seconds) => {
                let wait = counted(usize::try_from(seconds).unwrap_or(usize::MAX), "second");
                Err(Error::TooMany {
                    problem: format!("Too many tries in a row. Wait {wait} and try again."),
                    retry_after_s: seconds,
                })
            }
        }
    }

    /// The try went well.
    pub(crate) fn succeeded(&self, this: Try<'_>) {
        locked(&self.throttle).succeeded(this);
    }

    /// Remembers what users and tokens are, and gives what they were at the last look.
    pub(crate) fn standing(&self, now: Standing) -> Option<Standing> {
        locked(&self.standing).replace(now)
    }

    /// Leaves a message for the next page that the same session opens.
    pub(crate) fn leave(&self, ctx: &Ctx, who: &Identity, flash: Flash) {
        let now = ctx.clock.monotonic();
        let mut flashes = locked(&self.flashes);
        flashes.retain(|_, (at, _)| now.saturating_sub(*at) < FLASH_KEPT);
        if flashes.len() >= FLASHES_MAX
            && let Some(oldest) = flashes.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone())
        {
            flashes.remove(&oldest);
        }
        flashes.insert(flash_key(who), (now, flash));
    }

    /// Takes the message that was left, so that it is shown once.
    pub(crate) fn take(&self, ctx: &Ctx, who: &Identity) -> Option<Flash> {
        let (at, flash) = locked(&self.flashes).remove(&flash_key(who))?;
        (ctx.clock.monotonic().saturating_sub(at) < FLASH_KEPT).then_some(flash)
    }
}

fn flash_key(who: &Identity) -> String {
    match &who.via {
        Via::Session(id) => format!("session {id}"),
        Via::Token(id) => format!("token {id}"),
        Via::Password => format!("user {}", who.name),
        Via::LocalSocket => "local".to_owned(),
    }
}
