//! E-mail and calls that a message asks for: what leaves the house.

use crate::visitor::{Cost, Visitor};
use hob_feature::Ctx;
use ntfy_protocol::{Email, Message, PublishRequest, Refusal, refusal};

/// Whether this push server can send mail.
pub(crate) fn sends_mail(_ctx: &Ctx) -> bool {
    false
}

/// Refuses what is asked for and cannot be done, before anything is written.
///
/// # Errors
/// 40001, 40032, 42902.
pub(crate) fn check(ctx: &Ctx, visitor: &Visitor, request: &PublishRequest) -> Result<(), Refusal> {
    if request.email.is_some() {
        if !sends_mail(ctx) {
            return Err(refusal::EMAIL_DISABLED);
        }
        visitor.pay(ctx, Cost::Email)?;
    }
    if request.call.is_some() {
        return Err(refusal::PHONE_CALLS_DISABLED);
    }
    Ok(())
}

/// Sends a copy by mail. The message is published whatever becomes of it.
pub(crate) fn mail(_ctx: &Ctx, _visitor: &Visitor, _message: &Message, _email: &Email) {}
