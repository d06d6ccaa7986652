//! The buttons of a notification: opening an address, sending a request, a broadcast of Android, copying a text.

use crate::json::{Object, explained, or_default};
use crate::params::{is_no, is_yes};
use crate::refusal::{self, Refusal};
use crate::text::{cut, single_line, storable, write_json_map, write_json_member, write_json_string};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most buttons a message may have.
pub const ACTIONS_MAX: usize = 3;

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActionKind {
    /// Opens an address.
    #[default]
    View,
    /// Sends a broadcast on Android.
    Broadcast,
    /// Sends an HTTP request.
    Http,
    /// Copies a text.
    Copy,
}

impl ActionKind {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Broadcast => "broadcast",
            Self::Http => "http",
            Self::Copy => "copy",
        }
    }

    /// Reads it, in any case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::View, Self::Broadcast, Self::Http, Self::Copy]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }
}

/// A button of a notification. What is not used by its kind is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Action {
    /// Ten letters that tell it from the others of its message; empty until the message has its id.
    pub id: String,
    /// What it does.
    pub kind: ActionKind,
    /// What it says.
    pub label: String,
    /// Whether the notification goes away once it is done.
    pub clear: bool,
    /// `view` and `http`: the address.
    pub url: String,
    /// `http`: the method; empty stands for POST.
    pub method: String,
    /// `http`: headers.
    pub headers: BTreeMap<String, String>,
    /// `http`: the body.
    pub body: String,
    /// `broadcast`: the intent; empty stands for the app's own.
    pub intent: String,
    /// `broadcast`: extras.
    pub extras: BTreeMap<String, String>,
    /// `copy`: the text.
    pub value: String,
}

impl Action {
    /// Writes it as ntfy does: the same fields in the same order.
    pub fn write_json(&self, out: &mut String) {
        out.push_str("{\"id\":");
        write_json_string(out, &self.id);
        out.push_str(",\"action\":");
        write_json_string(out, self.kind.as_str());
        out.push_str(",\"label\":");
        write_json_string(out, &self.label);
        out.push_str(if self.clear { ",\"clear\":true" } else { ",\"clear\":false" });
        write_json_member(out, "url", &self.url);
        write_json_member(out, "method", &self.method);
        write_json_map(out, "headers", &self.headers);
        write_json_member(out, "body", &self.body);
        write_json_member(out, "intent", &self.intent);
        write_json_map(out, "extras", &self.extras);
        write_json_member(out, "value", &self.value);
        out.push('}');
    }
}

/// Reads buttons in the short form (`view, Open, https://…; http, Close, …`) or as a JSON array.
///
/// # Errors
///
/// 40018 with what is wrong.
pub fn parse(text: &str) -> Result<Vec<Action>, Refusal> {
    let text = text.trim();
    let drafts = if text.starts_with('[') { from_json(text) } else { Reader { text, at: 0 }.all() };
    drafts.and_then(finish).map_err(|why| refusal::ACTIONS_INVALID.with_detail(&why))
}

/// A button as somebody wrote it, before it is checked. As JSON it is read with every field optional and `null` for
/// nothing, as ntfy's server does.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    #[serde(deserialize_with = "or_default")]
    action: String,
    #[serde(deserialize_with = "or_default")]
    label: String,
    #[serde(deserialize_with = "or_default")]
    clear: bool,
    #[serde(deserialize_with = "or_default")]
    url: String,
    #[serde(deserialize_with = "or_default")]
    method: String,
    #[serde(deserialize_with = "or_default")]
    headers: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    body: String,
    #[serde(deserialize_with = "or_default")]
    intent: String,
    #[serde(deserialize_with = "or_default")]
    extras: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    value: String,
}

/// Checks buttons from JSON that was read already.
pub(crate) fn from_drafts(drafts: Vec<Object<Draft>>) -> Result<Vec<Action>, Refusal> {
    finish(drafts.into_iter().map(|draft| draft.0).collect())
        .map_err(|why| refusal::ACTIONS_INVALID.with_detail(&why))
}

fn from_json(text: &str) -> Result<Vec<Draft>, String> {
    let drafts: Result<Vec<Object<Draft>>, _> = serde_json::from_str(text);
    let drafts = drafts.map(|drafts| drafts.into_iter().map(|draft| draft.0).collect());
    drafts.map_err(|error| format!("this is no JSON array of actions ({})", explained(&error)))
}

fn finish(drafts: Vec<Draft>) -> Result<Vec<Action>, String> {
    if drafts.len() > ACTIONS_MAX {
        return Err(format!("only {ACTIONS_MAX} actions are allowed"));
    }
    drafts.into_iter().map(checked).collect()
}

/// The most headers or extras of one button.
const PAIRS_MAX: usize = 20;

fn checked(draft: Draft) -> Result<Action, String> {
    let Some(kind) = ActionKind::of(&draft.action) else {
        let said = shown(&draft.action);
        return Err(format!("the action “{said}” is not one of view, broadcast, http and copy"));
    };
    let word = kind.as_str();
    let method = draft.method.to_ascii_uppercase();
    let clean = |text: &str| single_line(text).trim().to_owned();
    let (label, url, value) = (clean(&draft.label), clean(&draft.url), storable(&draft.value));
    if label.is_empty() {
        return Err("an action has no label".to_owned());
    }
    if matches!(kind, ActionKind::View | ActionKind::Http) && url.is_empty() {
        return Err(format!("the action “{word}” needs a url"));
    }
    if kind == ActionKind::Copy && value.is_empty() {
        return Err("the action “copy” needs a value".to_owned());
    }
    if kind == ActionKind::Http && matches!(method.as_str(), "GET" | "HEAD") && !draft.body.is_empty() {
        return Err(format!("a request with {method} has no body"));
    }
    if draft.headers.len() > PAIRS_MAX || draft.extras.len() > PAIRS_MAX {
        return Err(format!("an action has more than {PAIRS_MAX} headers or extras"));
    }
    if method.len() > 16 || !method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-') {
        return Err(format!("the method “{}” is none", shown(&method)));
    }
    let one_line = |map: BTreeMap<String, String>| -> BTreeMap<String, String> {
        map.into_iter().map(|(key, value)| (single_line(&key), single_line(&value))).collect()
    };
    Ok(Action {
        id: String::new(),
        kind,
        label,
        clear: draft.clear,
        url,
        method,
        headers: one_line(draft.headers),
        body: storable(&draft.body),
        intent: single_line(&draft.intent),
        extras: draft.extras.iter().map(|(key, value)| (single_line(key), storable(value))).collect(),
        value,
    })
}

/// What somebody wrote, short enough for a sentence.
fn shown(text: &str) -> String {
    single_line(cut(text, 40))
}

/// Reads the short form: buttons with `;` between them, their parts with `,`. A part is `key=value` or, at the
/// beginning, what its place says: what it does, its label, its address (or the text to copy). A value in quotes may
/// have commas, semicolons and, after a backslash, the quote itself.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// What ends a part: another one of the same button, another button, or all.
#[derive(PartialEq)]
enum End {
    Part,
    Button,
}

impl<'a> Reader<'a> {
    fn all(mut self) -> Result<Vec<Draft>, String> {
        let mut drafts = Vec::new();
        while !self.rest().is_empty() {
            if drafts.len() > ACTIONS_MAX {
                break;
            }
            drafts.push(self.button()?);
        }
        Ok(drafts)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn button(&mut self) -> Result<Draft, String> {
        let mut draft = Draft::default();
        for place in 0.. {
            self.skip_spaces();
            let key = self.key();
            let (value, end) = self.value()?;
            let key = match key {
                Some(key) => key,
                None => key_of_place(place, &draft.action)
                    .ok_or_else(|| format!("“{}” says nothing that is understood", shown(&value)))?,
            };
            set(&mut draft, key, value)?;
            self.skip_spaces();
            if end == End::Button {
                break;
            }
        }
        Ok(draft)
    }

    /// The key of `key = …`, if there is one.
    fn key(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')))?;
        let (key, after) = rest.split_at_checked(length)?;
        let spaces = [' ', '\t', '\r', '\n'];
        let value = after.trim_start_matches(spaces).strip_prefix('=')?.trim_start_matches(spaces);
        if key.is_empty() {
            return None;
        }
        self.at += rest.len() - value.len();
        Some(key)
    }

    fn value(&mut self) -> Result<(String, End), String> {
        let rest = self.rest();
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return self.quoted(quote);
        }
        let end = rest.find([',', ';']).unwrap_or(rest.len());
        let value = rest.get(..end).unwrap_or_default().trim().to_owned();
        self.at += end;
        Ok((value, self.end()?))
    }

    fn quoted(&mut self, quote: char) -> Result<(String, End), String> {
        self.at += 1;
        let rest = self.rest();
        let mut value = String::new();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' if chars.next_if(|(_, next)| *next == quote).is_some() => value.push(quote),
                c if c == quote => {
                    self.at += at + 1;
                    self.skip_spaces();
                    return Ok((value, self.end()?));
                }
                c => value.push(c),
            }
        }
        Err(format!("a quote is not closed: {quote}{}", shown(rest)))
    }

    /// Takes the comma, the semicolon or the end that must come now.
    fn end(&mut self) -> Result<End, String> {
        let next = self.rest().chars().next();
        self.at += next.map_or(0, char::len_utf8);
        match next {
            Some(',') => Ok(End::Part),
            Some(';') | None => Ok(End::Button),
            Some(_) => Err("after a value in quotes there must be a comma or a semicolon".to_owned()),
        }
    }
}

/// What a part without a key is, by its place.
fn key_of_place(place: usize, action: &str) -> Option<&'static str> {
    match (place, ActionKind::of(action)) {
        (0, _) => Some("action"),
        (1, _) => Some("label"),
        (2, Some(ActionKind::View | ActionKind::Http)) => Some("url"),
        (2, Some(ActionKind::Copy)) => Some("value"),
        _ => None,
    }
}

fn set(draft: &mut Draft, key: &str, value: String) -> Result<(), String> {
    if let Some(name) = key.strip_prefix("headers.") {
        draft.headers.insert(name.to_owned(), value);
        return Ok(());
    }
    if let Some(name) = key.strip_prefix("extras.") {
        draft.extras.insert(name.to_owned(), value);
        return Ok(());
    }
    let field = match key.to_ascii_lowercase().as_str() {
        "action" => &mut draft.action,
        "label" => &mut draft.label,
        "url" => &mut draft.url,
        "method" => &mut draft.method,
        "body" => &mut draft.body,
        "intent" => &mut draft.intent,
        "value" => &mut draft.value,
        "clear" => {
            draft.clear = is_yes(&value);
            return if draft.clear || is_no(&value) {
                Ok(())
            } else {
                Err(format!("“clear” is yes or no, not “{}”", shown(&value)))
            };
        }
        _ => return Err(format!("the key “{}” is not known", shown(key))),
    };
    *field = value;
    Ok(())
}

#[cfg(test)]
mod tests;
