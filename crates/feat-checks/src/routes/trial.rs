//! Tries a check before it is kept, with the probe of the runner.

use crate::jobs::Trial;
use crate::model::Outcome;
use crate::model::definition::{ADDED_SCOPE, CheckDefinition};
use crate::model::judge::judge;
use crate::pages::edit::Tried;
use hob_base::{Error, Result};
use hob_feature::Ctx;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A page must come back before the browser gives up.
const LONGEST: Duration = Duration::from_secs(20);
/// What an engine may need past its own time limit.
const GRACE: Duration = Duration::from_secs(1);
/// How many checks can be tried at once.
const AT_ONCE: usize = 4;

struct Room(Semaphore);

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

/// Makes one probe.
///
/// # Errors
/// When too many are tried at this moment, or no check can run on this hub.
pub(super) async fn try_once(ctx: &Ctx, definition: &CheckDefinition) -> Result<Tried> {
    let trial = ctx.memory.of::<Trial>();
    let away = || Error::Unavailable("Checks do not run on this hub at present.".to_owned());
    let probe = trial.0.get().ok_or_else(away)?;
    let room = ctx.memory.of::<Room>();
    let full = |_| Error::TooMany {
        problem: "Several checks are being tried at this moment. Wait a few seconds.".to_owned(),
        retry_after_s: 5,
    };
    let _place = room.0.try_acquire().map_err(full)?;
    let wanted =
        CheckDefinition { timeout: definition.timeout.min(LONGEST), enabled: true, ..definition.clone() };
    // It is tried now, whatever its hours.
    let wanted = CheckDefinition { only: Vec::new(), ..wanted };
    let spec = wanted.spec(ADDED_SCOPE).map_err(|_| Error::invalid("check", "This check has mistakes."))?;
    let spec = Arc::new(spec);
    let began = ctx.clock.monotonic();
    let outcome =
        tokio::time::timeout(spec.timeout + GRACE, probe(spec.clone())).await.unwrap_or(Outcome::Overdue);
    let took = ctx.clock.monotonic().saturating_sub(began);
    Ok(Tried { health: judge(&spec, &outcome, ctx.clock.now()), took })
}
