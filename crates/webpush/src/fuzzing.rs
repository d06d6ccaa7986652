//! Doors to what reads strangers' bytes, for the targets in `fuzz/`: bytes in, and a panic where a promise is broken.

use http::{HeaderMap, HeaderValue, header};

use crate::{Reach, Subscription, judge};

/// What a browser gives: its address and its keys.
pub fn subscription(address: &str, p256dh: &str, auth: &str) {
    let Ok(subscription) = Subscription::read(address, p256dh, auth) else { return };
    let again = Subscription::read(
        &subscription.endpoint().to_string(),
        &subscription.p256dh(),
        &subscription.auth(),
    );
    assert_eq!(again.as_ref(), Ok(&subscription), "it is not read as it was written");
    if Reach::default().check(subscription.endpoint()).is_ok() {
        assert_eq!(subscription.endpoint().scheme().as_str(), "https");
    }
}

/// What a push service answers.
pub fn answer(status: u16, retry_after: &[u8], body: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(retry_after) {
        headers.insert(header::RETRY_AFTER, value.clone());
        headers.insert(header::LOCATION, value);
    }
    if let Err(failure) = judge("push.example", status, &headers, body, 1_700_000_000) {
        assert!(failure.sentence.ends_with('.') && failure.sentence.chars().count() < 700);
        assert!(!failure.sentence.chars().any(char::is_control));
    }
}
