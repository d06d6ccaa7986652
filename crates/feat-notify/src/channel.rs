//! Channels as the house has them: built in, of `hob.toml`, or made on the page.

use crate::model::route::{BROWSERS, Face, PUSH};
use channels::{Channel as Service, Field, Input, Kind, Values, Wrong};
use hob_feature::secrets::SecretSource;
use serde::{Deserialize, Serialize};

/// So many messages a minute go through one channel, where nothing else is said.
pub(crate) const PER_MINUTE: u32 = 30;
/// The longest name of a channel in characters.
const NAME_MAX: usize = 40;
/// Words that mean something else in rules.
const RESERVED: [&str; 4] = [PUSH, BROWSERS, "own", "default"];

/// Where a channel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It exists by itself.
    BuiltIn,
    /// In `hob.toml`, where alone it can be changed.
    Settings,
    /// On the page.
    Page,
}

/// What a channel leads to.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A topic of the built-in push server.
    Push {
        /// Which.
        topic: String,
    },
    /// People's browsers.
    Browsers,
    /// Some service.
    Service(Box<Service>),
    /// It cannot be used: its kind, and one sentence.
    Broken {
        /// The kind it should be.
        kind: String,
        /// Why.
        problem: String,
    },
}

/// A way to tell people something.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    /// By which rules name it.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// Whose it is; `None`: the house's.
    pub(crate) owner: Option<String>,
    /// Whether nothing is sent through it for the time being.
    pub(crate) paused: bool,
    /// Where it stands.
    pub(crate) origin: Origin,
    /// The most messages a minute.
    pub(crate) per_minute: u32,
    /// What it leads to.
    pub(crate) what: What,
}

impl Channel {
    /// One that exists by itself.
    pub(crate) fn built_in(name: &str, title: &str, what: What) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            owner: None,
            paused: false,
            origin: Origin::BuiltIn,
            per_minute: PER_MINUTE,
            what,
        }
    }

    /// The word for what it leads to.
    pub(crate) fn kind(&self) -> &str {
        match &self.what {
            What::Push { .. } => PUSH,
            What::Browsers => BROWSERS,
            What::Service(service) => service.kind().id,
            What::Broken { kind, .. } => kind,
        }
    }

    /// What that is called.
    pub(crate) fn kind_title(&self) -> &str {
        match &self.what {
            What::Browsers => "Browsers",
            _ => kind_of(self.kind()).map_or(self.kind(), |kind| kind.title),
        }
    }

    /// Where it leads, without anything secret.
    pub(crate) fn place(&self) -> String {
        match &self.what {
            What::Push { topic } => format!("the topic “{topic}” of the built-in push server"),
            What::Browsers => "every browser that somebody allowed to be notified".to_owned(),
            What::Service(service) => service.place(),
            What::Broken { problem, .. } => problem.clone(),
        }
    }

    /// The values of its fields for a form; secrets are blank.
    pub(crate) fn fields(&self) -> Values {
        match &self.what {
            What::Push { topic } => Values::from([("topic".to_owned(), topic.clone())]),
            What::Service(service) => service.to_fields(),
            What::Browsers | What::Broken { .. } => Values::new(),
        }
    }

    /// As rules look at it.
    pub(crate) fn face(&self) -> Face {
        Face {
            name: self.name.clone(),
            kind: self.kind().to_owned(),
            owner: self.owner.clone(),
            paused: self.paused,
        }
    }
}

const PUSH_KIND: Kind = Kind {
    id: PUSH,
    title: "Built-in push",
    help: "A topic of Hob’s own push server, such as one that only one person’s phone listens to.",
    fields: &[Field {
        name: "topic",
        label: "Topic",
        help: "What the phone subscribes to: letters, digits, “-” and “_”.",
        example: "anna-phone",
        input: Input::Line,
        secret: false,
        required: true,
    }],
};

/// Every kind of which channels can be made.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    std::iter::once(&PUSH_KIND).chain(Service::kinds())
}

/// A kind by its word.
pub(crate) fn kind_of(id: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.id == id)
}

/// What a channel leads to, as it is sealed in the table.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stored {
    /// A topic of the built-in push server.
    Push {
        /// Which.
        topic: String,
    },
    /// Some service, with its secrets.
    Service(Service),
}

impl Stored {
    /// What the values of a form mean. With `before` a secret that is left blank stays, unless `forget` names it.
    ///
    /// # Errors
    /// Fields and sentences.
    pub(crate) fn read(
        kind: &str,
        values: &Values,
        before: Option<&Channel>,
        forget: &[&str],
    ) -> Result<Self, Vec<Wrong>> {
        if kind == PUSH {
            let topic = values.get("topic").map(|topic| topic.trim()).unwrap_or_default();
            return check_topic(topic)
                .map(|()| Self::Push { topic: topic.to_owned() })
                .map_err(|problem| vec![("topic".to_owned(), problem)]);
        }
        let service = match before.map(|channel| &channel.what) {
            Some(What::Service(service)) if service.kind().id == kind => service.updated(values, forget),
            _ => Service::from_fields(kind, values),
        };
        service.map(Self::Service)
    }

    /// What it leads to.
    pub(crate) fn into_what(self) -> What {
        match self {
            Self::Push { topic } => What::Push { topic },
            Self::Service(service) => What::Service(Box::new(service)),
        }
    }
}

/// A topic of the push server: as its protocol has them.
///
/// # Errors
/// One sentence.
pub(crate) fn check_topic(topic: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&topic.len()) && topic.chars().all(good) {
        return Ok(());
    }
    Err("A topic consists of up to 64 letters, digits, “-” and “_”, such as “anna-phone”.".to_owned())
}

/// A name that a channel can have.
///
/// # Errors
/// One sentence.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if RESERVED.contains(&name) {
        return Err(format!("“{name}” means something else in rules; give it another name."));
    }
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=NAME_MAX).contains(&name.len()) && name.chars().all(good) && !name.starts_with('-') {
        return Ok(());
    }
    Err(format!("Use up to {NAME_MAX} small letters, digits and hyphens, such as “family-chat”."))
}

/// A name made of what people call it.
pub(crate) fn name_for(title: &str) -> String {
    let mut name = String::new();
    for c in title.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            'ä' => name.push_str("ae"),
            'ö' => name.push_str("oe"),
            'ü' => name.push_str("ue"),
            'ß' => name.push_str("ss"),
            _ if name.ends_with('-') || name.is_empty() => {}
            _ => name.push('-'),
        }
    }
    name.truncate(NAME_MAX);
    name.trim_end_matches('-').to_owned()
}

/// A channel of `hob.toml`, whose secrets have not been fetched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileChannel {
    /// By which rules name it.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// Whose it is.
    pub(crate) owner: Option<String>,
    /// Whether it is paused.
    pub(crate) paused: bool,
    /// The most messages a minute.
    pub(crate) per_minute: u32,
    /// What kind it is.
    pub(crate) kind: String,
    /// The values of its fields but for the secret ones.
    pub(crate) values: Values,
    /// Where the secret ones are to be found.
    pub(crate) secrets: Vec<(String, SecretSource)>,
}

impl FileChannel {
    /// Fetches the secrets. One that cannot be fetched makes the channel unusable, not the hub.
    pub(crate) fn open(self) -> Channel {
        let broken = |problem| What::Broken { kind: self.kind.clone(), problem };
        let mut values = self.values.clone();
        let mut problem = None;
        for (field, source) in &self.secrets {
            match source.resolve() {
                Ok(secret) => {
                    values.insert(field.clone(), secret.reveal().to_owned());
                }
                Err(text) => problem = problem.or(Some(format!("{field}: {text}."))),
            }
        }
        let what = match problem {
            Some(problem) => broken(problem),
            None => match Stored::read(&self.kind, &values, None, &[]) {
                Ok(stored) => stored.into_what(),
                Err(wrong) => broken(wrong_words(&wrong)),
            },
        };
        let Self { name, title, owner, paused, per_minute, .. } = self;
        Channel { name, title, owner, paused, origin: Origin::Settings, per_minute, what }
    }
}

/// What is wrong with fields, in one line.
pub(crate) fn wrong_words(wrong: &[Wrong]) -> String {
    let words = wrong.iter().map(|(field, problem)| match field.as_str() {
        "" => problem.clone(),
        field => format!("{field}: {problem}"),
    });
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_titles() {
        for (title, name) in [
            ("Family chat", "family-chat"),
            ("  Ännas  Händy! ", "aennas-haendy"),
            ("日本", ""),
            ("a/b", "a-b"),
        ] {
            assert_eq!(name_for(title), name);
        }
        assert!(name_for(&"x ".repeat(100)).len() <= NAME_MAX);
        for wrong in ["", "own", "push", "Über", "-a", "a b"] {
            assert!(check_name(wrong).is_err(), "{wrong}");
        }
        assert!(check_name("family-chat").is_ok());
    }

    #[test]
    fn a_secret_that_cannot_be_fetched_makes_the_channel_unusable_and_says_so() {
        let channel = FileChannel {
            name: "gotify".into(),
            title: "Gotify".into(),
            owner: None,
            paused: false,
            per_minute: 5,
            kind: "gotify".into(),
            values: Values::from([("server".into(), "http://127.0.0.1:1".into())]),
            secrets: vec![("token".into(), SecretSource::File("/nowhere/at/all".into()))],
        };
        let channel = channel.open();
        assert_eq!(channel.kind(), "gotify");
        assert!(channel.place().contains("/nowhere/at/all"), "{}", channel.place());
    }
}
