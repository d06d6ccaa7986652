//! The server's side of a conversation, as a machine over bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::address::{Recipient, Rule};

/// Longest command, with its end. RFC 5321, section 4.5.3.1.4, has 512; logins are longer (RFC 4954, section 4).
const LINE_MAX: usize = 2048;

/// Most commands which make no sense; then the conversation ends.
const WRONG_MAX: u32 = 10;

/// Most commands in a conversation.
const COMMANDS_MAX: u32 = 500;

/// What holds for every conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What the server calls itself.
    pub host: String,
    /// Which addresses are topics.
    pub rule: Rule,
    /// Largest mail in bytes.
    pub mail_max: usize,
    /// Most addresses of one mail.
    pub recipients_max: usize,
    /// Most mails of one conversation.
    pub mails_max: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            rule: Rule::default(),
            mail_max: 1024 * 1024,
            recipients_max: 5,
            mails_max: 100,
        }
    }
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Send this.
    Say(Vec<u8>),
    /// Decide this, and say so with [`Session::answer`].
    Ask(Question),
    /// Send this and close the connection.
    End(Vec<u8>),
}

/// What somebody else has to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether this is somebody.
    Login {
        /// Who they say they are.
        user: String,
        /// What they prove it with.
        password: String,
    },
    /// Whether the topic takes mail from whoever this is.
    Recipient(Recipient),
    /// Whether the mail was taken for all of these, who were asked for before.
    Mail {
        /// For whom.
        to: Vec<Recipient>,
        /// As it came.
        bytes: Vec<u8>,
    },
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether it may be otherwise later.
    pub again: bool,
    /// A few words of ASCII; anything else is left out.
    pub words: String,
}

/// Where in the conversation it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Commands come.
    Commands,
    /// A secret comes: of PLAIN, or the name or the password of LOGIN.
    Plain,
    UserName,
    Password {
        user: String,
    },
    /// A mail comes.
    Mail,
    /// The mail is too large, and is thrown away up to its end.
    TooLarge,
    /// Somebody decides.
    Asked(Question),
    /// It is over.
    Ended,
}

/// A conversation with a client which wants to hand over mail.
#[derive(Debug)]
pub struct Session {
    terms: Terms,
    place: Place,
    /// What came and was not looked at yet.
    buffer: Vec<u8>,
    /// How far a mail in the buffer was searched for its end.
    searched: usize,
    greeted: bool,
    /// The client has said who writes.
    begun: bool,
    to: Vec<Recipient>,
    wrong: u32,
    commands: u32,
    mails: u32,
    /// How much of a mail that is too large was thrown away.
    thrown: usize,
}

impl Session {
    /// A conversation which begins. The client waits for the [greeting](Self::greeting).
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            place: Place::Commands,
            buffer: Vec::new(),
            searched: 0,
            greeted: false,
            begun: false,
            to: Vec::new(),
            wrong: 0,
            commands: 0,
            mails: 0,
            thrown: 0,
        }
    }

    /// What the server says first.
    #[must_use]
    pub fn greeting(&self) -> Vec<u8> {
        format!("220 {} takes mail for topics\r\n", self.terms.host).into_bytes()
    }

    /// Takes what came over the connection. To be followed by [`event`](Self::event) until there is nothing to do, so
    /// that no more than one mail and what came behind it is held.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What is to be done; `None` if more has to come first.
    pub fn event(&mut self) -> Option<Event> {
        match self.place {
            Place::Ended | Place::Asked(_) => None,
            Place::Mail => self.mail(),
            Place::TooLarge => self.throw(),
            _ => {
                let line = match self.line() {
                    Ok(line) => line?,
                    Err(event) => return Some(event),
                };
                Some(self.understand(&line))
            }
        }
    }

    /// Says what was decided about the last question.
    pub fn answer(&mut self, decision: Result<(), Refusal>) -> Vec<u8> {
        let Place::Asked(question) = std::mem::replace(&mut self.place, Place::Commands) else {
            return Vec::new();
        };
        match (question, decision) {
            (Question::Login { .. }, Ok(())) => b"235 2.7.0 Welcome\r\n".to_vec(),
            (Question::Login { .. }, Err(why)) if why.again => refusal(454, "4.7.0", &why.words),
            (Question::Login { .. }, Err(why)) => {
                self.wrong += 2;
                refusal(535, "5.7.8", &why.words)
            }
            (Question::Recipient(to), Ok(())) => {
                self.to.push(to);
                b"250 2.1.5 Go on\r\n".to_vec()
            }
            (Question::Mail { .. }, Ok(())) => b"250 2.0.0 Published\r\n".to_vec(),
            (_, Err(why)) if why.again => refusal(451, "4.3.0", &why.words),
            (_, Err(why)) => refusal(550, "5.7.1", &why.words),
        }
    }

    /// A whole line without its end.
    fn line(&mut self) -> Result<Option<String>, Event> {
        let end = self.buffer.iter().take(LINE_MAX).position(|&byte| byte == b'\n');
        let Some(end) = end else {
            return if self.buffer.len() >= LINE_MAX {
                Err(self.end(500, "5.5.6 That line is too long"))
            } else {
                Ok(None)
            };
        };
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        Ok(Some(String::from_utf8_lossy(line.trim_ascii()).into_owned()))
    }

    fn understand(&mut self, line: &str) -> Event {
        match std::mem::replace(&mut self.place, Place::Commands) {
            Place::Plain => self.plain(line),
            Place::UserName => match decoded(line) {
                Some(user) => {
                    self.place = Place::Password { user };
                    Event::Say(b"334 UGFzc3dvcmQ6\r\n".to_vec())
                }
                None => self.no(501, "5.5.2 That is not base64"),
            },
            Place::Password { user } => match decoded(line) {
                Some(password) => self.ask(Question::Login { user, password }),
                None => self.no(501, "5.5.2 That is not base64"),
            },
            _ => self.command(line),
        }
    }

    fn command(&mut self, line: &str) -> Event {
        self.commands += 1;
        if self.commands > COMMANDS_MAX {
            return self.end(421, "4.7.0 That is enough for one conversation");
        }
        let (verb, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(true),
            "HELO" => self.hello(false),
            "AUTH" => self.login(rest.trim()),
            "MAIL" => self.begin(rest.trim()),
            "RCPT" => self.recipient(rest.trim()),
            "DATA" => self.data(),
            "RSET" => {
                self.reset();
                yes("250 2.0.0 Forgotten")
            }
            "NOOP" => yes("250 2.0.0 Yes"),
            "VRFY" => yes("252 2.5.0 Send something and see"),
            "QUIT" => self.end(221, "2.0.0 Bye"),
            // What begins with the line of a request is a browser, or something worse.
            "GET" | "POST" | "PUT" | "HEAD" | "CONNECT" => self.end(500, "5.5.1 This is no web server"),
            _ => self.no(500, "5.5.1 I do not know that"),
        }
    }

    fn hello(&mut self, extended: bool) -> Event {
        self.reset();
        self.greeted = true;
        let (host, size) = (&self.terms.host, self.terms.mail_max);
        Event::Say(if extended {
            format!("250-{host}\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN\r\n")
                .into_bytes()
        } else {
            format!("250 {host}\r\n").into_bytes()
        })
    }

    /// AUTH (RFC 4954, section 4).
    fn login(&mut self, rest: &str) -> Event {
        if !self.greeted || self.begun {
            return self.no(503, "5.5.1 Not now");
        }
        let (method, first) = rest.split_once(' ').unwrap_or((rest, ""));
        match (method.to_ascii_uppercase().as_str(), first.trim()) {
            ("PLAIN", "") => {
                self.place = Place::Plain;
                Event::Say(b"334 \r\n".to_vec())
            }
            ("PLAIN", first) => self.plain(first),
            ("LOGIN", "") => {
                self.place = Place::UserName;
                Event::Say(b"334 VXNlcm5hbWU6\r\n".to_vec())
            }
            ("LOGIN", first) => {
                self.place = Place::UserName;
                self.understand(first)
            }
            _ => self.no(504, "5.5.4 Only PLAIN and LOGIN are known here"),
        }
    }

    /// The secret of PLAIN (RFC 4616): on whose behalf, who, and the password.
    fn plain(&mut self, secret: &str) -> Event {
        let Some(secret) = decoded(secret) else { return self.no(501, "5.5.2 That is not base64") };
        let mut parts = secret.splitn(3, '\0').skip(1);
        match (parts.next(), parts.next()) {
            (Some(user), Some(password)) => {
                let (user, password) = (user.to_owned(), password.to_owned());
                self.ask(Question::Login { user, password })
            }
            _ => self.no(501, "5.5.2 That is no login"),
        }
    }

    fn begin(&mut self, rest: &str) -> Event {
        if !self.greeted {
            return self.no(503, "5.5.1 Say EHLO first");
        }
        if self.begun {
            return self.no(503, "5.5.1 One mail after the other");
        }
        if self.mails >= self.terms.mails_max {
            return self.end(421, "4.7.0 That is enough for one conversation");
        }
        let Some((_, parameters)) = path(rest, "FROM:") else {
            return self.no(501, "5.5.4 Say MAIL FROM:<address>");
        };
        let sizes = parameters.split_whitespace().filter_map(|word| word.split_once('='));
        let size = sizes
            .filter(|(name, _)| name.eq_ignore_ascii_case("SIZE"))
            .find_map(|(_, size)| size.parse().ok());
        if size.is_some_and(|size: usize| size > self.terms.mail_max) {
            return self.too_large();
        }
        self.begun = true;
        yes("250 2.1.0 Go on")
    }

    fn recipient(&mut self, rest: &str) -> Event {
        if !self.begun {
            return self.no(503, "5.5.1 Say MAIL first");
        }
        if self.to.len() >= self.terms.recipients_max {
            return self.no(452, "4.5.3 Too many recipients");
        }
        let Some((address, _)) = path(rest, "TO:") else {
            return self.no(501, "5.5.4 Say RCPT TO:<address>");
        };
        match self.terms.rule.read(address) {
            Ok(to) => self.ask(Question::Recipient(to)),
            Err(why) => self.no(550, &format!("5.1.1 Not taken: {why}")),
        }
    }

    fn data(&mut self) -> Event {
        if self.to.is_empty() {
            return self.no(503, "5.5.1 Say RCPT first");
        }
        self.place = Place::Mail;
        self.searched = 0;
        yes("354 Go on, and end with a dot on a line of its own")
    }

    /// Takes a mail out of the buffer when its end is there.
    fn mail(&mut self) -> Option<Event> {
        let Some((length, end)) = self.end_of_mail() else {
            // Not the mail itself, but with the dots which the client has added it is not much longer.
            if self.buffer.len() > self.terms.mail_max + self.terms.mail_max / 8 + LINE_MAX {
                self.place = Place::TooLarge;
                return self.throw();
            }
            return None;
        };
        let mail: Vec<u8> = self.buffer.drain(..end).take(length).collect();
        let bytes = unstuffed(&mail);
        let to = std::mem::take(&mut self.to);
        self.reset();
        self.mails += 1;
        self.place = Place::Commands;
        if bytes.len() > self.terms.mail_max {
            return Some(self.too_large());
        }
        Some(self.ask(Question::Mail { to, bytes }))
    }

    /// Throws a mail away up to its end, and no more than a little: who sends without end is left.
    fn throw(&mut self) -> Option<Event> {
        if let Some((_, end)) = self.end_of_mail() {
            self.buffer.drain(..end);
            self.reset();
            self.place = Place::Commands;
            return Some(self.too_large());
        }
        // Its end may have begun.
        let gone = self.buffer.len().saturating_sub(4);
        self.thrown += gone;
        self.buffer.drain(..gone);
        self.searched = 0;
        (self.thrown > self.terms.mail_max.saturating_mul(4)).then(|| self.end(552, "5.3.4 Far too large"))
    }

    /// The length of the mail with its last line end, and of it with the dot.
    fn end_of_mail(&mut self) -> Option<(usize, usize)> {
        const END: &[u8] = b"\r\n.\r\n";
        // A mail without any line ends at once.
        if self.place == Place::Mail && self.buffer.starts_with(b".\r\n") {
            return Some((0, 3));
        }
        let found = self.buffer.get(self.searched..)?.windows(END.len()).position(|window| window == END);
        let Some(found) = found else {
            self.searched = self.buffer.len().saturating_sub(END.len() - 1);
            return None;
        };
        let start = self.searched + found;
        self.searched = 0;
        Some((start + 2, start + END.len()))
    }

    fn ask(&mut self, question: Question) -> Event {
        self.place = Place::Asked(question.clone());
        Event::Ask(question)
    }

    fn reset(&mut self) {
        self.begun = false;
        self.to.clear();
        self.thrown = 0;
        self.searched = 0;
    }

    fn too_large(&mut self) -> Event {
        self.no(552, &format!("5.3.4 A mail may have {} bytes", self.terms.mail_max))
    }

    fn no(&mut self, code: u16, words: &str) -> Event {
        self.wrong += 1;
        if self.wrong > WRONG_MAX {
            return self.end(421, "4.7.0 Too much of that makes no sense");
        }
        Event::Say(format!("{code} {words}\r\n").into_bytes())
    }

    fn end(&mut self, code: u16, words: &str) -> Event {
        self.place = Place::Ended;
        self.buffer = Vec::new();
        Event::End(format!("{code} {words}\r\n").into_bytes())
    }
}

fn yes(words: &str) -> Event {
    Event::Say(format!("{words}\r\n").into_bytes())
}

fn refusal(code: u16, status: &str, words: &str) -> Vec<u8> {
    let words: String = words.chars().filter(|c| matches!(c, ' '..='~')).take(200).collect();
    format!("{code} {status} {words}\r\n").into_bytes()
}

/// The address between brackets behind `FROM:` or `TO:`, and the parameters behind it (RFC 5321, section 4.1.2). Some
/// devices leave the brackets out.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (word, rest) = rest.split_at_checked(keyword.len())?;
    if !word.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_start();
    match rest.strip_prefix('<') {
        Some(inner) => inner.split_once('>'),
        None if rest.is_empty() => None,
        None => Some(rest.split_once(' ').unwrap_or((rest, ""))),
    }
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// The mail without the dots which the client has put before others (RFC 5321, section 4.5.2).
fn unstuffed(mail: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(mail.len());
    let mut at_start = true;
    for &byte in mail {
        if !(at_start && byte == b'.') {
            plain.push(byte);
        }
        at_start = plain.ends_with(b"\r\n") && byte == b'\n';
    }
    plain
}

#[cfg(test)]
mod tests;
