//! How the rest of the house publishes.

use crate::browsers;
use hob_base::{Error, Result};
use hob_feature::{BoxFuture, Ctx, PushDoor, PushMessage, boxed};

/// The door of the push server.
pub(crate) const DOOR: PushDoor = PushDoor { publish, to_browsers: browsers::to_browsers };

fn publish(_ctx: Ctx, _message: PushMessage) -> BoxFuture<Result<String>> {
    boxed(async { Err(Error::Unavailable("The push server is not running.".to_owned())) })
}
