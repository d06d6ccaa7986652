//! Browsers that get messages without any app: web push.

use hob_base::Result;
use hob_feature::{BoxFuture, BrowserPush, Ctx, PushMessage, boxed};

/// Sends a message to every browser of this person, or of anybody.
pub(crate) fn to_browsers(
    _ctx: Ctx,
    _person: Option<String>,
    _message: PushMessage,
) -> BoxFuture<Result<BrowserPush>> {
    boxed(async { Ok(BrowserPush::default()) })
}

/// The public key with which browsers recognise this hub, as `/v1/config` shows it; `None` while there is none.
pub(crate) fn public_key(_ctx: &Ctx) -> Option<String> {
    None
}
