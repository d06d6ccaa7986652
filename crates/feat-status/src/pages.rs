//! View data → markup.

mod manage;
mod public;
mod report;

pub(crate) use manage::{
    AnnouncementForm, Editing, Found, PageForm, announcement_times, confirm_delete, edit, list, new,
};
pub(crate) use public::public;
pub(crate) use report::{Overview, ReportView, card_body, overview, report};

/// What is wrong with a form, and in which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The field's name.
    pub(crate) field: String,
    /// What is wrong and what would be right.
    pub(crate) problem: String,
}

impl Wrong {
    /// A mistake in a field.
    pub(crate) fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }
}

/// What is wrong with this field; empty for nothing.
fn problem_of<'a>(wrong: Option<&'a Wrong>, field: &str) -> &'a str {
    wrong.filter(|wrong| wrong.field == field).map_or("", |wrong| &wrong.problem)
}
