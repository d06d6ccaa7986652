//! Home Assistant: <https://developers.home-assistant.io/docs/api/rest/> (`POST
//! /api/services/notify/…`) and <https://companion.home-assistant.io/docs/notifications/>.

use http::header;
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Seen, Step, Words, bearer, below, post, safe_key};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::cut;

/// Longest message in characters: what goes to a phone has 4 KiB in all.
const MESSAGE_MAX: usize = 1500;
/// Most buttons below a message.
const ACTIONS_MAX: usize = 3;

const WORDS: Words = Words {
    name: "Home Assistant",
    login: "Make a long-lived access token in your profile there and enter it.",
    place: "Check that the address is that of Home Assistant.",
    at_home: true,
};

/// A notify service of Home Assistant, such as its app on a phone.
///
/// All news of a thread have the same tag: on phones each takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeAssistant {
    /// Address of Home Assistant.
    pub server: String,
    /// A long-lived access token.
    pub token: Secret,
    /// The service, such as `mobile_app_pixel`.
    pub service: String,
    /// Whether the service takes title and message only, other than the app.
    pub plain: bool,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for HomeAssistant {
    const KIND: Kind = Kind {
        id: "home_assistant",
        title: "Home Assistant",
        help: "Through a notify service of Home Assistant, such as its app on a phone.",
        fields: &[
            Field::address("server", "Server").example("http://homeassistant.lan:8123").required(),
            Field::line("token", "Access token")
                .help("A long-lived one: at the bottom of your profile, under Security.")
                .secret()
                .required(),
            Field::line("service", "Service")
                .help("As it stands under Developer tools, Actions.")
                .example("notify.mobile_app_pixel")
                .required(),
            Field::tick("plain", "Title and message only")
                .help("For services other than the app on a phone."),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        let service = values.text("service");
        Self {
            server: values.text("server"),
            token: values.secret("token"),
            service: service.strip_prefix("notify.").unwrap_or(&service).to_owned(),
            plain: values.tick("plain"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .secret("token", &self.token)
            .text("service", &self.service)
            .tick("plain", self.plain)
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !self.service.is_empty() && self.service.chars().all(fits) {
            return Vec::new();
        }
        vec![(
            "service".to_owned(),
            "A service of notify has small letters, digits and “_”: mobile_app_pixel.".to_owned(),
        )]
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        format!("notify.{} of Home Assistant at {}", self.service, self.server)
    }
}

impl HomeAssistant {
    fn body(&self, note: &Note) -> Value {
        let text = if note.body.is_empty() { &note.title } else { &note.body };
        let mut body = json!({
            "title": format!("{} {}", note.sign(), literal(&note.title)),
            "message": literal(&cut(text, MESSAGE_MAX)),
        });
        if !self.plain {
            body["data"] = data(note);
        }
        body
    }
}

/// Text which is no template. Home Assistant renders title and message with Jinja: what begins an
/// action there is taken apart by a character that is not seen.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '{' && matches!(chars.peek(), Some('{' | '%' | '#')) {
            out.push('\u{200b}');
        }
    }
    out
}

/// What the app on a phone knows besides: the names for Android and for Apple's side by side.
fn data(note: &Note) -> Value {
    let mut data = json!({"color": format!("#{:06x}", note.colour())});
    if let Some(thread) = &note.thread {
        data["tag"] = safe_key(thread).into();
    }
    if let Some(link) = &note.link {
        data["url"] = link.as_str().into();
        data["clickAction"] = link.as_str().into();
    }
    let open = |(label, url): (&str, &str)| json!({"action": "URI", "title": cut(label, 40), "uri": url});
    let actions: Vec<Value> = note.all_links().take(ACTIONS_MAX).map(open).collect();
    if !actions.is_empty() {
        data["actions"] = actions.into();
    }
    let goes_on = !matches!(note.state, State::Resolved | State::Digest);
    if goes_on && note.severity >= Severity::Warning {
        // Without these a phone that sleeps shows it when it wakes.
        data["ttl"] = 0.into();
        data["priority"] = "high".into();
    }
    if goes_on && note.severity == Severity::Critical {
        data["push"] = json!({"interruption-level": "time-sensitive"});
    }
    data
}

impl Http for HomeAssistant {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let url = below(&self.server, &["api", "services", "notify", &self.service])?;
        let mut request = post(url, &self.body(note));
        request.headers.push((header::AUTHORIZATION, bearer(self.token.reveal())?));
        Ok(vec![Step::send(request)])
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        if seen.status == 400 {
            return Err(DeliveryError::wrong(
                format!(
                    "Home Assistant has no service notify.{}, or it does not take this message.",
                    self.service
                ),
                seen.answer(),
            ));
        }
        WORDS.judge(seen)?;
        // The states that have changed meanwhile, most often none.
        if seen.json().is_array() { Ok(step.delivered(seen, None)) } else { Err(WORDS.foreign(seen)) }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_template() {
        for (text, expected) in [
            ("plain {x}", "plain {x}"),
            ("{{ states }}", "{\u{200b}{ states }}"),
            ("{% if %}{# x #}", "{\u{200b}% if %}{\u{200b}# x #}"),
            ("{{{", "{\u{200b}{\u{200b}{"),
            ("{", "{"),
        ] {
            assert_eq!(literal(text), expected);
        }
    }
}
