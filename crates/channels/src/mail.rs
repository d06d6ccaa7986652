//! E-mail over a server of SMTP: how it looks and how it is sent is the business of the library `mail`.

use jiff::tz::TimeZone;
use mail::{Address, Encryption, Letter, MailError, Mailer, Mood, News, NoteView, Password, Smtp};

use crate::channel::{Service, Way};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Answer, Delivered, DeliveryError};
use crate::secret::Secret;
use crate::sender::within_delivery;
use crate::text::cut;

/// Most people of one channel: every one of them waits for all.
const PEOPLE_MAX: usize = 50;

/// Longest sentence about people who got no mail, in characters.
const MISSED_MAX: usize = 400;

/// People with an address, and the server which takes mail for them. Each note is a mail of its own; those of one
/// thread are shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Name or address of the server.
    pub server: String,
    /// Its port; 587, 465 or 25 where there is none, by the encryption.
    pub port: Option<u16>,
    /// `starttls`, `tls` or `none`.
    pub encryption: String,
    /// Who logs in.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<Secret>,
    /// Who writes.
    pub from: String,
    /// To whom: several are separated by commas or lines.
    pub to: String,
    /// Where people change what they get: the address of a page.
    pub settings: Option<String>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Mail {
    const KIND: Kind = Kind {
        id: "mail",
        title: "E-mail",
        help: "Any mail server which takes mail for you, such as that of your provider. Most want the user name and password of your mailbox, some a password that you make for this one program.",
        fields: &[
            Field::line("server", "Mail server").example("smtp.example.org").required(),
            Field::choice(
                "encryption",
                "Encryption",
                &[
                    ("starttls", "STARTTLS, mostly port 587"),
                    ("tls", "TLS, mostly port 465"),
                    ("none", "None"),
                ],
            ),
            Field::number("port", "Port", 1, 65535)
                .help("Left blank, 587 with STARTTLS, 465 with TLS and 25 without encryption."),
            Field::line("user", "User name").help("Left blank, nobody logs in."),
            Field::line("password", "Password").secret(),
            Field::line("from", "From").example("Hob <hob@example.org>").required(),
            Field::text("to", "To").help("One on a line.").example("anna@example.org").required(),
            Field::line("settings", "Page for choosing")
                .help("An address which each mail names as the place to choose what one gets.")
                .example("https://hob.example/notifications"),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            port: values.number("port"),
            encryption: values.text_or("encryption", "starttls"),
            user: values.optional("user"),
            password: values.optional_secret("password"),
            from: values.text("from"),
            to: values.text("to"),
            settings: values.optional("settings"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .optional("port", self.port.as_ref())
            .text("encryption", &self.encryption)
            .optional("user", self.user.as_ref())
            .optional_secret("password", self.password.as_ref())
            .text("from", &self.from)
            .text("to", &self.to)
            .optional("settings", self.settings.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut add = |field: &str, why: String| wrong.push((field.to_owned(), why));
        if let Err(why) = Address::parse(&self.from) {
            add("from", format!("“From” is no address of mail: {why}."));
        }
        match Address::parse_list(&self.to) {
            Err(why) => add("to", format!("“To” holds something which is no address of mail: {why}.")),
            Ok(to) if to.is_empty() => add("to", "“To” holds no address.".to_owned()),
            Ok(to) if to.len() > PEOPLE_MAX => {
                add("to", format!("“To” holds more than {PEOPLE_MAX} addresses."));
            }
            Ok(_) => {}
        }
        if self.user.is_some() != self.password.is_some() {
            add("user", "A user name and a password belong together.".to_owned());
        }
        wrong
    }

    fn way(&self) -> Way<'_> {
        Way::Mail(self)
    }

    fn place(&self) -> String {
        match Address::parse_list(&self.to).as_deref() {
            Ok([one]) => format!("{} by mail over {}", one.mailbox(), self.server),
            Ok(several) => format!("{} addresses by mail over {}", several.len(), self.server),
            Err(_) => format!("mail over {}", self.server),
        }
    }
}

impl Mail {
    /// The server and the people, as the library `mail` wants them.
    ///
    /// # Errors
    ///
    /// If an address is none, which [`Channel::from_fields`](crate::Channel::from_fields) finds.
    pub fn smtp(&self) -> Result<Smtp, DeliveryError> {
        let no_address = |why: String| DeliveryError::unsendable(format!("No mail can be sent: {why}."));
        let (encryption, port) = match self.encryption.as_str() {
            "tls" => (Encryption::Tls, 465),
            "none" => (Encryption::None, 25),
            _ => (Encryption::StartTls, 587),
        };
        Ok(Smtp {
            host: self.server.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: self.port.unwrap_or(port),
            encryption,
            user: self.user.clone(),
            password: self.password.as_ref().map(|password| Password::new(password.reveal())),
            from: Address::parse(&self.from).map_err(no_address)?,
            to: Address::parse_list(&self.to).map_err(no_address)?,
            accept_any_certificate: self.accept_any_certificate,
        })
    }

    /// The mail which tells `note`, with times of `zone`.
    pub(crate) fn letter(&self, note: &Note, previous: Option<&str>, zone: TimeZone) -> Letter {
        let at = note.at.to_zoned(zone);
        let sender = Address::parse(&self.from).map(|from| from.name().to_owned()).unwrap_or_default();
        mail::letter_for(&NoteView {
            news: match note.state {
                State::Open if note.severity == Severity::Info => News::Message,
                State::Open => News::Opened,
                State::Changed => News::Changed,
                State::Reminder => News::Reminder,
                State::Resolved => News::Resolved,
                State::Digest => News::Digest,
                State::Test => News::Test,
            },
            mood: match note.severity {
                Severity::Info => Mood::Fine,
                Severity::Warning => Mood::Warning,
                Severity::Critical => Mood::Critical,
            },
            title: note.title.clone(),
            body: note.body.clone(),
            sections: Vec::new(),
            link: note.link.clone(),
            links: note.links.clone(),
            at: note.at.as_millisecond(),
            when: at.strftime("%-d %B %Y, %H:%M").to_string(),
            sender,
            why: String::new(),
            settings: self.settings.clone(),
            key: note.dedupe.clone(),
            thread: note.thread.clone(),
            answers: previous.map(str::to_owned).into_iter().collect(),
            list: None,
        })
    }

    pub(crate) async fn deliver(
        &self,
        network: &tls_probe::Client,
        note: &Note,
        previous: Option<&str>,
    ) -> Result<Delivered, DeliveryError> {
        let smtp = self.smtp()?;
        let mailer = Mailer::new(network.clone()).within(within_delivery());
        let letter = self.letter(note, previous, TimeZone::system());
        let sent = mailer.send(&smtp, &letter).await.map_err(|error| failed(&error))?;
        let answer = Answer::new(code(&sent.answer), sent.answer.as_bytes());
        Ok(Delivered { reference: Some(note.dedupe.clone()), answer, missed: missed(&sent.refused) })
    }
}

/// Whom the server took no mail for, and what it said.
fn missed(refused: &[mail::Refused]) -> Option<String> {
    let one = |one: &mail::Refused| format!("{} (“{}”)", one.address.mailbox(), one.answer);
    let all: Vec<String> = refused.iter().map(one).collect();
    (!all.is_empty()).then(|| cut(&format!("The server takes no mail for {}.", all.join(", ")), MISSED_MAX))
}

/// The code of a reply of SMTP.
fn code(answer: &str) -> u16 {
    answer.split([' ', '-']).next().and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn failed(error: &MailError) -> DeliveryError {
    let sentence = error.to_string();
    let answer = error.answer().map(|text| Answer::new(code(text), text.as_bytes()));
    if error.worth_trying_again() {
        // Whoever breaks off may have taken the mail before.
        let unsure = matches!(error.kind(), "closed" | "silent" | "unfinished" | "too_much");
        DeliveryError::TryAgain { sentence, answer, retry_after: None, unsure }
    } else {
        DeliveryError::Wrong { sentence, answer }
    }
}

#[cfg(test)]
mod tests;
