//! The gateway that lets a Matrix server push through this one (Matrix Push Gateway API, `POST /_matrix/push/v1/notify`).

use crate::json::{Object, or_default};
use crate::path::Topic;
use crate::refusal::{self, Refusal};
use serde::Deserialize;

/// What `GET /_matrix/push/v1/notify` answers: this is such a gateway.
pub const DISCOVERY: &str = "{\"unifiedpush\":{\"gateway\":\"matrix\"}}\n";

/// A request of a Matrix server: publish its body to this topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// The address the phone gave, which names the topic.
    pub pushkey: String,
    /// The topic.
    pub topic: Topic,
    /// The query of the pushkey (`up=1`), for [`crate::PublishRequest::from_http`].
    pub query: String,
}

/// Why a request is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpublished {
    /// The pushkey is not one of this server: answer 200 with [`answer`] of it, so that the Matrix server forgets it.
    Rejected(String),
    /// Anything else.
    Refused(Refusal),
}

/// Reads the body of a request. `base_url` is how phones reach this server; `limit` is [`crate::Limits::message_bytes`].
///
/// # Errors
///
/// See [`Unpublished`]: 40019, 41302, 50003 and rejected pushkeys.
pub fn parse(body: &[u8], base_url: &str, limit: usize) -> Result<Notify, Unpublished> {
    if base_url.is_empty() {
        return Err(Unpublished::Refused(refusal::MISSING_BASE_URL));
    }
    if body.len() > limit {
        return Err(Unpublished::Refused(refusal::MATRIX_REQUEST_TOO_LARGE));
    }
    let pushkey = serde_json::from_slice::<Object<Request>>(body)
        .ok()
        .and_then(|request| request.0.notification?.0.devices.into_iter().next())
        .map(|device| device.0.pushkey)
        .filter(|pushkey| !pushkey.is_empty())
        .ok_or(Unpublished::Refused(refusal::MATRIX_MESSAGE_INVALID))?;
    let here = pushkey.strip_prefix(base_url.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    let named = here.filter(|_| pushkey.len() <= PUSHKEY_BYTES).and_then(|rest| {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query.split('#').next().unwrap_or_default();
        Some((Topic::new(path.split('#').next()?).ok()?, query.to_owned()))
    });
    match named {
        Some((topic, query)) => Ok(Notify { pushkey, topic, query }),
        None => Err(Unpublished::Rejected(pushkey)),
    }
}

/// The longest pushkey that the specification allows.
const PUSHKEY_BYTES: usize = 512;

/// What is read of a notification; the rest is for the app, which gets the whole body.
#[derive(Deserialize)]
struct Request {
    notification: Option<Object<Notification>>,
}

#[derive(Deserialize)]
struct Notification {
    /// Only the first one is looked at, as in ntfy: an app server sends one request for each.
    #[serde(default, deserialize_with = "or_default")]
    devices: Vec<Object<Device>>,
}

#[derive(Deserialize)]
struct Device {
    #[serde(default, deserialize_with = "or_default")]
    pushkey: String,
}

/// The answer to a Matrix server, with what it is to forget.
#[must_use]
pub fn answer(rejected: &[&str]) -> String {
    let mut out = String::from("{\"rejected\":[");
    for (at, pushkey) in rejected.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        crate::text::write_json_string(&mut out, pushkey);
    }
    out.push_str("]}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://push.home.example";

    fn of(pushkey: &str) -> Result<Notify, Unpublished> {
        let body =
            format!("{{\"notification\":{{\"devices\":[{{\"pushkey\":\"{pushkey}\",\"app_id\":\"x\"}}]}}}}");
        parse(body.as_bytes(), BASE, 4096)
    }

    #[test]
    fn a_pushkey_of_this_server_names_topic_and_query() {
        let notify = of("https://push.home.example/upAbCdEf123456?up=1").unwrap();
        assert_eq!((notify.topic.as_str(), notify.query.as_str()), ("upAbCdEf123456", "up=1"));
        assert_eq!(of("https://push.home.example/mytopic").unwrap().query, "");
    }

    #[test]
    fn a_pushkey_of_another_server_is_rejected() {
        let others = [
            "https://ntfy.sh/upAbCdEf123456?up=1",
            "https://push.home.example",
            "https://push.home.example.evil/abc",
            "https://push.home.example/a/b?up=1",
            "https://push.home.example/docs",
            "https://push.home.example/",
        ];
        for pushkey in others {
            assert_eq!(of(pushkey).unwrap_err(), Unpublished::Rejected(pushkey.to_owned()));
        }
        let long = format!("{BASE}/topic?{}", "x".repeat(600));
        assert_eq!(of(&long).unwrap_err(), Unpublished::Rejected(long));
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        let invalid = [
            "",
            "{}",
            "[]",
            "{\"notification\":{}}",
            "{\"notification\":{\"devices\":[]}}",
            "{\"notification\":{\"devices\":[{}]}}",
            "{\"notification\":{\"devices\":null}}",
            "{\"notification\":null}",
        ];
        for body in invalid {
            let expected = Unpublished::Refused(refusal::MATRIX_MESSAGE_INVALID);
            assert_eq!(parse(body.as_bytes(), BASE, 4096).unwrap_err(), expected, "{body}");
        }
        let refused = |body: &[u8], base| parse(body, base, 10).unwrap_err();
        assert_eq!(refused(b"{}", ""), Unpublished::Refused(refusal::MISSING_BASE_URL));
        assert_eq!(refused(&[b' '; 11], BASE), Unpublished::Refused(refusal::MATRIX_REQUEST_TOO_LARGE));
    }

    #[test]
    fn the_answer_names_what_to_forget() {
        assert_eq!(answer(&[]), "{\"rejected\":[]}\n");
        assert_eq!(answer(&["a\"b"]), "{\"rejected\":[\"a\\\"b\"]}\n");
    }
}
