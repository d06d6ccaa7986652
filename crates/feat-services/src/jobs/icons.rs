//! Clears away icons that no service has any more.

use crate::store;
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::Ctx;
use std::time::Duration;

/// An icon is written before the service that has it; one this young is left alone.
const YOUNG: Duration = Duration::from_secs(3600);

pub(super) async fn run(ctx: Ctx) -> Result<String> {
    let deleted = store::delete_unused_icons(&ctx.db, ctx.clock.now().minus(YOUNG)).await?;
    Ok(match deleted {
        0 => "Every icon is in use.".to_owned(),
        n => format!(
            "Deleted {} that no service has any more.",
            counted(usize::try_from(n).unwrap_or(0), "icon")
        ),
    })
}
