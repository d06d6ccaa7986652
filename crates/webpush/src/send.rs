//! Delivery to a push service (RFC 8030, section 5).

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use http_probe::{Client, ConnectTo, Family, Limits, ProbeError, Redirects, Request};
use tls_probe::Deadline;

use crate::answer::{Failure, Fate, judge};
use crate::crypt::encrypt;
use crate::reach::Reach;
use crate::subscription::Subscription;
use crate::vapid::{Contact, Vapid, audience};

/// One delivery with all it takes.
const TOTAL: Duration = Duration::from_secs(20);

/// Each of looking up the name, connecting and the handshake.
const PHASE: Duration = Duration::from_secs(7);

/// For how long a signature is used again, in seconds: half of the time for which it holds.
const SIGNED_FOR: i64 = 6 * 3600;

/// For how many push services signatures are kept.
const MAX_SIGNED: usize = 64;

/// How much of an answer is read, in bytes.
const MAX_ANSWER: usize = 1024;

/// How soon a device is to be bothered (RFC 8030, section 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Urgency {
    /// On power and Wi-Fi.
    VeryLow,
    /// On power or Wi-Fi.
    Low,
    /// On neither. What a service assumes.
    #[default]
    Normal,
    /// Also with a low battery.
    High,
}

impl Urgency {
    /// The word in the header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// Of messages with one topic that wait at the service only the last is delivered (RFC 8030, section 5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic(String);

impl Topic {
    /// The topic that stands for a text, and tells nothing of it: at most 32 characters of base64url are allowed.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(hash.as_ref().get(..24).unwrap_or_default()))
    }

    /// The text in the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// What the browser is to read, at most [`MAX_PLAINTEXT`](crate::MAX_PLAINTEXT) bytes.
    pub payload: &'a [u8],
    /// For how long the service keeps it for a device that is off (RFC 8030, section 5.2). With zero it is delivered at
    /// once or never.
    pub ttl: Duration,
    /// How soon the device is to be bothered.
    pub urgency: Urgency,
    /// Which earlier message it takes the place of.
    pub topic: Option<Topic>,
    /// Whom the owner of the push service can ask about the sender.
    pub contact: &'a Contact,
}

/// Delivers messages as one sender.
pub struct Sender {
    network: tls_probe::Client,
    client: Client,
    vapid: Vapid,
    reach: Reach,
    /// By audience and contact: the header, and when it was signed. Some services count how often a sender signs anew.
    signed: Mutex<HashMap<(String, Contact), (HeaderValue, i64)>>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("vapid", &self.vapid)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// A sender with a key who reaches what `reach` allows.
    #[must_use]
    pub fn new(network: tls_probe::Client, vapid: Vapid, reach: Reach) -> Self {
        let client = Client::from(network.clone());
        Self { network, client, vapid, reach, signed: Mutex::default() }
    }

    /// The public key, which pages give to the browser (`applicationServerKey`).
    #[must_use]
    pub fn public_key(&self) -> String {
        self.vapid.public_key()
    }

    /// Which push services may be reached.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Delivers a message at `now`, in seconds since 1970. Returns when the push service has taken it, within 20 seconds;
    /// whether the device is on is not known then.
    ///
    /// # Errors
    ///
    /// [`Failure`] says what to do: forget the subscription, try again later, or give up.
    pub async fn send(&self, to: &Subscription, message: &Message<'_>, now: i64) -> Result<(), Failure> {
        let Some(body) = encrypt(to, message.payload) else {
            return Err(Failure::unsent(Fate::TooLarge, "The message is too long for a push service."));
        };
        let limits = tls_probe::Limits { total: TOTAL, phase: PHASE };
        let deadline = Deadline::from_now(&limits);
        let addresses = self.addresses(to, &deadline).await?;
        let request = self.request(to, message, body, now)?;
        let mut failure = None;
        for address in addresses {
            let there = ConnectTo::Address(SocketAddr::new(address, to.endpoint.port()));
            let left = deadline.end().saturating_duration_since(tokio::time::Instant::now());
            let limits = Limits { total: left, ..request.limits };
            let request = Request { connect_to: Some(there), limits, ..request.clone() };
            match self.client.get(&request).await {
                Ok(answer) => {
                    return judge(to.endpoint.host(), answer.status, &answer.headers, &answer.body, now);
                }
                // The service has decided, whatever became of the words that it adds.
                Err(ProbeError::BodyTimeout { status, .. } | ProbeError::BadBody { status, .. }) => {
                    return judge(to.endpoint.host(), status, &http::HeaderMap::new(), b"", now);
                }
                Err(error) if nothing_was_sent(&error) => failure = Some(error),
                Err(error) => return Err(unanswered(to, &error)),
            }
        }
        Err(failure.map_or_else(
            || Failure::unsent(Fate::Later(None), "The push service has no address."),
            |error| unanswered(to, &error),
        ))
    }

    /// The addresses of the push service to which a connection may be made.
    async fn addresses(&self, to: &Subscription, deadline: &Deadline) -> Result<Vec<IpAddr>, Failure> {
        let refused = |why: crate::Unreachable| Failure::unsent(Fate::Refused, why.to_string());
        // Before anything is looked up.
        self.reach.check(&to.endpoint).map_err(refused)?;
        let found = self.network.resolve(to.endpoint.host(), Family::Any, deadline).await;
        let found = found.map_err(|error| unanswered(to, &error))?;
        self.reach.choose(&to.endpoint, &found).map_err(refused)
    }

    fn request(
        &self,
        to: &Subscription,
        message: &Message<'_>,
        body: Vec<u8>,
        now: i64,
    ) -> Result<Request, Failure> {
        let text = HeaderValue::from_static;
        let mut headers = vec![
            (header::AUTHORIZATION, self.authorization(to, message.contact, now)?),
            (header::CONTENT_ENCODING, text("aes128gcm")),
            (header::CONTENT_TYPE, text("application/octet-stream")),
            (header::USER_AGENT, text(concat!("webpush/", env!("CARGO_PKG_VERSION")))),
            (HeaderName::from_static("ttl"), HeaderValue::from(message.ttl.as_secs())),
            (HeaderName::from_static("urgency"), text(message.urgency.as_str())),
        ];
        if let Some(topic) = &message.topic
            && let Ok(value) = HeaderValue::from_str(topic.as_str())
        {
            headers.push((HeaderName::from_static("topic"), value));
        }
        Ok(Request {
            method: Method::POST,
            headers,
            body: Bytes::from(body),
            // Nobody but the service is to have it, and no impostor is to say that the browser is gone.
            body_is_private: true,
            limits: Limits { total: TOTAL, connect: PHASE, body_bytes: MAX_ANSWER, ..Limits::default() },
            redirects: Redirects::No,
            ..Request::get(to.endpoint.clone())
        })
    }

    /// The signature for a push service: one that still holds for a while, or a new one.
    fn authorization(&self, to: &Subscription, contact: &Contact, now: i64) -> Result<HeaderValue, Failure> {
        let asked = (audience(&to.endpoint), contact.clone());
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, at)) = signed.get(&asked)
            && (0..SIGNED_FOR).contains(&now.saturating_sub(*at))
        {
            return Ok(value.clone());
        }
        let failed = |why: String| Failure::unsent(Fate::Later(None), why);
        let header = self.vapid.authorization(&asked.0, contact, now);
        let header = header.map_err(|error| failed(error.to_string()))?;
        let mut value = HeaderValue::from_str(&header)
            .map_err(|_| failed("The address of the push service cannot be signed for.".to_owned()))?;
        value.set_sensitive(true);
        if signed.len() >= MAX_SIGNED {
            signed.clear();
        }
        signed.insert(asked, (value.clone(), now));
        Ok(value)
    }
}

/// Whether another address of the service may be tried.
fn nothing_was_sent(error: &ProbeError) -> bool {
    matches!(
        error,
        ProbeError::Refused { .. } | ProbeError::Unreachable { .. } | ProbeError::ConnectTimeout { .. }
    )
}

fn unanswered(to: &Subscription, error: &dyn fmt::Display) -> Failure {
    let sentence = format!("The push service {} cannot be reached. {error}", to.endpoint.host());
    Failure::unsent(Fate::Later(None), sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_what_the_standard_allows() {
        let topic = Topic::of("backups/nightly ü");
        assert_eq!(topic.as_str().len(), 32);
        assert!(topic.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')));
        assert_ne!(topic, Topic::of("backups/nightly"));
    }
}
