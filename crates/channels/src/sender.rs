//! The one thin place where something is sent.

use std::time::Duration;

use bytes::Bytes;
use http::header;
use http_probe::{Client, ProbeError, Request, Response, Scheme, Url, says_use_https};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::channel::{Channel, Way};
use crate::exchange::{Http, Role, Seen, Step};
use crate::note::Note;
use crate::outcome::{Answer, Delivered, DeliveryError};
use crate::text::{clean_line, cut};

/// Most redirects that are followed.
const REDIRECTS_MAX: usize = 3;
/// Longest address of a stranger in a sentence, in characters.
const HOST_MAX: usize = 120;
/// Put in place of what nobody may see.
const MASK: &str = "•••";
/// Texts shorter than this are no secrets that could be told from other words.
const SECRET_MIN: usize = 4;

/// Sends notes. A clone shares the client.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
}

impl Sender {
    /// Sends with this client, by whose roots certificates are judged.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Tells `note` over `channel`. `previous` is the [reference](Delivered::reference) of the
    /// delivery over the same channel which began the note's thread: where the service can, that
    /// message is brought up to date. If it is gone, a new one is sent.
    ///
    /// Each request takes 10 seconds at most, redirects on the same host among them; no delivery
    /// consists of more than three.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`] says whether trying again is worth it. It shows no secret of the channel, even if
    /// the other side repeats one.
    pub async fn send(
        &self,
        channel: &Channel,
        note: &Note,
        previous: Option<&str>,
    ) -> Result<Delivered, DeliveryError> {
        let note = note.bounded();
        let mut outcome = self.over(channel, &note, previous).await;
        if matches!(outcome, Err(DeliveryError::Gone { .. })) && previous.is_some() {
            outcome = self.over(channel, &note, None).await;
        }
        outcome
    }

    async fn over(
        &self,
        channel: &Channel,
        note: &Note,
        previous: Option<&str>,
    ) -> Result<Delivered, DeliveryError> {
        match channel.way() {
            Way::Http(service) => {
                let secrets = channel.secrets();
                self.over_http(service, &secrets, note, previous).await
            }
            Way::Mail(mail) => {
                let sent = Box::pin(mail.deliver(self.client.network(), note, previous)).await;
                Mask::of(&channel.secrets()).outcome(sent)
            }
            Way::Mqtt(mqtt) => {
                let published = Box::pin(mqtt.deliver(self.client.network(), note)).await;
                Mask::of(&channel.secrets()).outcome(published)
            }
            Way::AppriseCommand(apprise) => {
                Box::pin(apprise.deliver(note, &Mask::of(&channel.secrets()))).await
            }
        }
    }

    async fn over_http(
        &self,
        service: &dyn Http,
        secrets: &[String],
        note: &Note,
        previous: Option<&str>,
    ) -> Result<Delivered, DeliveryError> {
        let mut whole: Option<Delivered> = None;
        for mut step in service.steps(note, previous)? {
            step.request.even_if_untrusted = service.accepts_any_certificate();
            let mask = Mask::new(secrets.to_vec(), &step.request);
            match (self.step(service, &step, &mask).await, step.role) {
                (Ok(part), Role::Send | Role::Edit) => {
                    let reference = whole.and_then(|whole| whole.reference).or(part.reference);
                    whole = Some(Delivered { reference, answer: part.answer, missed: None });
                }
                (Ok(_) | Err(DeliveryError::Wrong { .. } | DeliveryError::Gone { .. }), Role::Aside) => {}
                // Whatever speaks against an edit need not speak against a new message.
                (Err(DeliveryError::Wrong { answer: Some(answer), .. }), Role::Edit) => {
                    return Err(DeliveryError::Gone { answer });
                }
                (Err(error), _) => return Err(error),
            }
        }
        whole.ok_or_else(|| DeliveryError::unsendable("There was nothing to send."))
    }

    async fn step(&self, service: &dyn Http, step: &Step, mask: &Mask) -> Result<Delivered, DeliveryError> {
        let asked = self.ask(step.request.clone()).await;
        let response = asked.map_err(|error| error.map_texts(|text| mask.text(text)))?;
        let body = mask.body(&response.body);
        service.judge(step, &Seen { status: response.status, headers: &response.headers, body: &body })
    }

    /// Asks, and follows redirects as far as they may be followed.
    async fn ask(&self, mut request: Request) -> Result<Response, DeliveryError> {
        for _ in 0..=REDIRECTS_MAX {
            let response = self.client.get(&request).await.map_err(|error| unreached(&error))?;
            if says_use_https(&response) {
                return Err(DeliveryError::wrong(
                    format!("{} speaks HTTPS: use https:// in the address.", request.url.authority()),
                    Answer::new(response.status, b""),
                ));
            }
            let location = response.headers.get(header::LOCATION).map(header::HeaderValue::as_bytes);
            match redirect(&request.url, response.status, location) {
                Redirect::None => return Ok(response),
                Redirect::Follow(next) => request.url = next,
                Redirect::Refuse(sentence) => {
                    // The page of a redirect repeats the address.
                    return Err(DeliveryError::wrong(sentence, Answer::new(response.status, b"")));
                }
            }
            request.limits.total = request.limits.total.saturating_sub(response.timings.total);
        }
        Err(DeliveryError::unsendable(format!(
            "The server sent the message on more than {REDIRECTS_MAX} times. Enter the address at which it ends."
        )))
    }
}

/// What to do about an answer that points elsewhere.
#[derive(Debug, PartialEq, Eq)]
enum Redirect {
    /// It does not: it is the answer.
    None,
    /// Send the same again to this URL.
    Follow(Url),
    /// Go nowhere; the sentence says why and what to do.
    Refuse(String),
}

/// Decides about an answer to what was sent to `current`.
///
/// A note goes no further than to where the owner sent it: the same scheme, host and port, or the
/// same host by HTTPS. There the very same request is sent again, since one which became a `GET`
/// would lose the note and look delivered. For the same reason 302 and 303 within one address are
/// not followed: they lead to a login, or to a page which says how it went.
fn redirect(current: &Url, status: u16, location: Option<&[u8]>) -> Redirect {
    let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) else { return Redirect::None };
    let host = current.host();
    let Ok(next) = current.join(location) else {
        return Redirect::Refuse(format!(
            "{host} sent the message on to something that cannot be asked. Enter the address at which the service itself answers."
        ));
    };
    let upgrade = current.scheme() == Scheme::Http && next.scheme() == Scheme::Https && next.host() == host;
    let there = cut(&clean_line(&format!("{}://{}", next.scheme().as_str(), next.authority())), HOST_MAX);
    if !upgrade && !current.same_origin(&next) {
        return Redirect::Refuse(format!(
            "{host} sent the message on to {there}, where it was not sent to. If that is the service, enter {there} as its address."
        ));
    }
    if matches!(status, 302 | 303) && !upgrade {
        return Redirect::Refuse(format!(
            "{host} answered by pointing to another of its pages, as it does to who must log in first. Enter an address that takes messages without such a login."
        ));
    }
    if next == *current {
        return Redirect::Refuse(format!("{host} sends messages in a circle, back to where they were sent."));
    }
    Redirect::Follow(next)
}

/// What it means that no answer came.
fn unreached(error: &ProbeError) -> DeliveryError {
    let sentence = error.to_string();
    let later = |unsure| DeliveryError::TryAgain {
        sentence: sentence.clone(),
        answer: None,
        retry_after: None,
        unsure,
    };
    match error {
        ProbeError::Withheld { reason } => untrusted(reason),
        ProbeError::LooksLikeTls { .. }
        | ProbeError::NotTls { .. }
        | ProbeError::NotHttp { .. }
        | ProbeError::BadRequest { .. }
        | ProbeError::BadUrl { .. } => DeliveryError::unsendable(sentence),
        ProbeError::HeadTimeout { .. }
        | ProbeError::BodyTimeout { .. }
        | ProbeError::ConnectionClosed { .. }
        | ProbeError::BadHead { .. }
        | ProbeError::HeadTooLarge { .. }
        | ProbeError::BadBody { .. } => later(true),
        _ => later(false),
    }
}

/// Nothing was sent, as the certificate is not to be trusted. One which has expired is renewed.
pub(crate) fn untrusted(reason: &str) -> DeliveryError {
    let what = format!("Nothing was sent, since the certificate of the server is {reason}.");
    if reason.starts_with("expired") || reason.starts_with("not valid") {
        return DeliveryError::TryAgain { sentence: what, answer: None, retry_after: None, unsure: false };
    }
    DeliveryError::unsendable(format!(
        "{what} If it is a server of your own, choose to accept any certificate where the service offers it, or give it one that this machine trusts."
    ))
}

/// Replaces what nobody may see: servers repeat what they were sent.
pub(crate) struct Mask {
    /// Longest first, so that no rest of one is left.
    secrets: Vec<String>,
}

impl Mask {
    /// For what is secret of a channel and for the private headers of a request, as they are and as
    /// forms and addresses have them.
    fn new(channel: Vec<String>, request: &Request) -> Self {
        let private = request.headers.iter().filter(|(_, value)| value.is_sensitive());
        let private = private.flat_map(|(_, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            // Also without the scheme of `Authorization`.
            let bare = text.split_once(' ').map(|(_, bare)| bare.to_owned());
            [Some(text), bare].into_iter().flatten()
        });
        Self::of(&channel.into_iter().chain(private).collect::<Vec<_>>())
    }

    /// For what is secret of a channel, as it is and as forms and addresses have it.
    pub(crate) fn of(plain: &[String]) -> Self {
        let encoded = plain.iter().map(|secret| utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
        let mut secrets: Vec<String> = encoded.chain(plain.iter().cloned()).collect();
        secrets.retain(|secret| secret.len() >= SECRET_MIN);
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { secrets }
    }

    pub(crate) fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), MASK) } else { text }
        })
    }

    fn outcome(&self, outcome: Result<Delivered, DeliveryError>) -> Result<Delivered, DeliveryError> {
        match outcome {
            Ok(Delivered { reference, answer: Answer { status, text }, missed }) => {
                let answer = Answer { status, text: self.text(text) };
                Ok(Delivered { reference, answer, missed: missed.map(|text| self.text(text)) })
            }
            Err(error) => Err(error.map_texts(|text| self.text(text))),
        }
    }

    /// Masks a body before anything is cut from it, as half a secret is not found any more.
    fn body(&self, body: &Bytes) -> Bytes {
        let text = String::from_utf8_lossy(body).into_owned();
        let masked = self.text(text.clone());
        if masked == text { body.clone() } else { Bytes::from(masked) }
    }
}

/// What a delivery over another protocol than HTTP may take: less than [`DELIVERY_MAX`].
pub(crate) fn within_delivery() -> service_probe::Limits {
    service_probe::Limits {
        total: Duration::from_secs(50),
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(20),
        ..service_probe::Limits::default()
    }
}

/// How long a whole delivery may take, for who sets a limit around it.
pub const DELIVERY_MAX: Duration = Duration::from_secs(60);
