//! What a channel consists of, described so that a form can be drawn and a settings file be read
//! without knowing the service.

use std::collections::BTreeMap;

use http_probe::Url;

use crate::secret::Secret;

/// Longest value of one line, in bytes.
const LINE_MAX: usize = 2000;
/// Longest value of several lines, in bytes.
const TEXT_MAX: usize = 16 * 1024;

/// A field and one sentence which says what is wrong with it. The field is empty where the whole is
/// meant.
pub type Wrong = (String, String);

/// The values of all fields by their names. Ticks are `true` or `false`, numbers in decimal.
pub type Values = BTreeMap<String, String>;

/// A kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// A word for machines; it stays the same: `home_assistant`.
    pub id: &'static str,
    /// The name of the service.
    pub title: &'static str,
    /// What it is and what to prepare, in a sentence or two.
    pub help: &'static str,
    /// What to fill in, in this order.
    pub fields: &'static [Field],
}

/// One thing to fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name in forms, in settings and in JSON.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// What it is and where to find it; may be empty.
    pub help: &'static str,
    /// An example, or what holds when it is left blank; may be empty.
    pub example: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// Whether its value is never shown again.
    pub secret: bool,
    /// Whether it may not be left blank.
    pub required: bool,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Line,
    /// Several lines.
    Text,
    /// An `http` or `https` URL.
    Address,
    /// A whole number.
    Number {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// One of these: value and label. The first holds when it is left blank.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Tick,
}

impl Field {
    const fn new(name: &'static str, label: &'static str, input: Input) -> Self {
        Self { name, label, help: "", example: "", input, secret: false, required: false }
    }

    pub(crate) const fn line(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::Line)
    }

    pub(crate) const fn text(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::Text)
    }

    pub(crate) const fn address(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::Address)
    }

    pub(crate) const fn number(name: &'static str, label: &'static str, min: i64, max: i64) -> Self {
        Self::new(name, label, Input::Number { min, max })
    }

    pub(crate) const fn choice(
        name: &'static str,
        label: &'static str,
        choices: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::new(name, label, Input::Choice(choices))
    }

    pub(crate) const fn tick(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Input::Tick)
    }

    pub(crate) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What is wrong with a value, as far as the description tells.
    fn wrong(&self, value: &str) -> Option<String> {
        // As it is read: a secret in a file has a line break at its end.
        let (label, value) = (self.label, value.trim());
        if value.is_empty() {
            return self.required.then(|| format!("“{label}” is missing."));
        }
        let several = self.input == Input::Text;
        let max = if several { TEXT_MAX } else { LINE_MAX };
        if value.len() > max {
            return Some(format!("“{label}” is longer than {max} bytes."));
        }
        if value.chars().any(|c| c.is_control() && !(several && matches!(c, '\n' | '\r' | '\t'))) {
            return Some(format!("“{label}” holds a line break or another control character."));
        }
        match self.input {
            Input::Line | Input::Text => None,
            Input::Address => Url::parse(value)
                .err()
                .map(|why| format!("“{label}” is not an address that can be asked: {why}.")),
            Input::Number { min, max } => {
                let fits = value.parse().is_ok_and(|number: i64| (min..=max).contains(&number));
                (!fits).then(|| format!("“{label}” is not a whole number from {min} to {max}."))
            }
            Input::Choice(choices) => {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                (!names.contains(&value)).then(|| format!("“{label}” is none of: {}.", names.join(", ")))
            }
            Input::Tick => tick(value).is_none().then(|| format!("“{label}” is neither true nor false.")),
        }
    }
}

/// Every service can be trusted with what it is given only when its certificate can be.
pub(crate) const ANY_CERTIFICATE: Field =
    Field::tick("accept_any_certificate", "Accept any certificate").help(
        "For a server of your own with a certificate that it signed itself. Whoever stands between could read along.",
    );

/// What is wrong with values for a kind, as far as the descriptions of its fields tell.
pub(crate) fn check(kind: &Kind, values: &Values) -> Vec<Wrong> {
    let known = |name: &str| kind.fields.iter().any(|field| field.name == name);
    let unknown = values.keys().filter(|name| !known(name)).take(5).map(|name| {
        let names: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
        (name.clone(), format!("{} has no such setting; it has {}.", kind.title, names.join(", ")))
    });
    let wrong = kind.fields.iter().filter_map(|field| {
        let value = values.get(field.name).map_or("", String::as_str);
        field.wrong(value).map(|sentence| (field.name.to_owned(), sentence))
    });
    unknown.chain(wrong).collect()
}

/// Reads typed values out of texts. What cannot be read was found by [`check`] before, and counts
/// as left blank.
pub(crate) struct Reader<'a> {
    values: &'a Values,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(values: &'a Values) -> Self {
        Self { values }
    }

    /// Without white space around it; empty if it is not there.
    pub(crate) fn text(&self, name: &str) -> String {
        self.values.get(name).map(|value| value.trim().to_owned()).unwrap_or_default()
    }

    /// As [`text`](Self::text), with what holds when it is left blank.
    pub(crate) fn text_or(&self, name: &str, default: &str) -> String {
        let text = self.text(name);
        if text.is_empty() { default.to_owned() } else { text }
    }

    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    pub(crate) fn secret(&self, name: &str) -> Secret {
        Secret::new(self.text(name))
    }

    pub(crate) fn optional_secret(&self, name: &str) -> Option<Secret> {
        self.optional(name).map(Secret::new)
    }

    pub(crate) fn number<N: TryFrom<i64>>(&self, name: &str) -> Option<N> {
        self.text(name).parse::<i64>().ok().and_then(|number| N::try_from(number).ok())
    }

    pub(crate) fn tick(&self, name: &str) -> bool {
        tick(&self.text(name)).unwrap_or(false)
    }

    /// What stands between commas and line breaks.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let words = text.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    }
}

/// `on` is what browsers send for a tick.
pub(crate) fn tick(value: &str) -> Option<bool> {
    match value.trim() {
        "true" | "on" | "yes" | "1" => Some(true),
        "" | "false" | "off" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Gathers values, leaving out those that are blank.
#[derive(Default)]
pub(crate) struct Writer(Values);

impl Writer {
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    pub(crate) fn optional<T: ToString>(&mut self, name: &str, value: Option<&T>) -> &mut Self {
        match value {
            Some(value) => self.text(name, &value.to_string()),
            None => self,
        }
    }

    pub(crate) fn secret(&mut self, name: &str, value: &Secret) -> &mut Self {
        self.text(name, value.reveal())
    }

    pub(crate) fn optional_secret(&mut self, name: &str, value: Option<&Secret>) -> &mut Self {
        self.text(name, value.map_or("", Secret::reveal))
    }

    pub(crate) fn tick(&mut self, name: &str, value: bool) -> &mut Self {
        self.text(name, if value { "true" } else { "" })
    }

    pub(crate) fn into_values(self) -> Values {
        self.0
    }
}
