//! Forms that work as plain posts.

use maud::{Markup, html};

/// One input of a form.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The name under which it is sent.
    pub name: &'a str,
    /// What it is called.
    pub label: &'a str,
    /// `text`, `password`, `url`, `number`.
    pub kind: &'a str,
    /// What is in it.
    pub value: &'a str,
    /// One sentence of help; empty for none.
    pub help: &'a str,
    /// What is wrong with what was entered; empty for nothing.
    pub error: &'a str,
    /// For password stores: `username`, `current-password`, `new-password`, `off`.
    pub autocomplete: &'a str,
    /// Whether it may be left empty.
    pub required: bool,
    /// Whether it is shown but cannot be changed here.
    pub fixed: bool,
}

impl<'a> Field<'a> {
    /// A text input that may be left empty.
    pub const fn text(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            value: "",
            help: "",
            error: "",
            autocomplete: "off",
            required: false,
            fixed: false,
        }
    }
}

/// An input with its label, help and error, tied together for screen readers.
pub fn field(field: &Field<'_>) -> Markup {
    let note = format!("{}-note", field.name);
    let has_note = !field.help.is_empty() || !field.error.is_empty();
    html! {
        div.field.wrong[!field.error.is_empty()] {
            label for=(field.name) { (field.label) }
            input #(field.name) name=(field.name) type=(field.kind) value=[(field.kind != "password").then_some(field.value)]
                autocomplete=(field.autocomplete) required[field.required] disabled[field.fixed]
                aria-invalid=[(!field.error.is_empty()).then_some("true")] aria-describedby=[has_note.then_some(&note)];
            @if has_note {
                p.note id=(note) { @if field.error.is_empty() { (field.help) } @else { strong { (field.error) } } }
            }
        }
    }
}

/// A choice among a few.
pub fn select(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select #(name) name=(name) {
                @for (value, text) in options { option value=(value) selected[*value == chosen] { (text) } }
            }
        }
    }
}

/// A form with its button.
pub fn form(action: &str, button: &str, fields: &Markup) -> Markup {
    html! {
        form.stack method="post" action=(action) {
            (fields)
            div.actions { button.primary type="submit" { (button) } }
        }
    }
}
