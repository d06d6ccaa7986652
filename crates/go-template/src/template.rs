//! A template, read once and rendered as often as wanted.

use serde_json::Value;

use crate::error::{Fault, Stage};
use crate::syntax::Templates;
use crate::{Environment, TemplateError, parse, render};

/// A template that has been read.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    templates: Templates,
}

impl Template {
    /// Longest template that is read, in bytes, as in ntfy.
    pub const LONGEST: usize = 32 * 1024;

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// When it is longer than [`LONGEST`](Self::LONGEST), or no template of Go's; line and column say where.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let read = if source.len() > Self::LONGEST {
            Err(Fault::new(format!("a template has at most {} bytes", Self::LONGEST)))
        } else {
            parse::parse(source)
        };
        match read {
            Ok(templates) => Ok(Self { source: source.to_owned(), templates }),
            Err(fault) => Err(TemplateError::locate(source, &fault, Stage::Reading)),
        }
    }

    /// The template's text with its actions carried out on the data, as Go writes it. This takes microseconds as a
    /// rule, and a tenth of a second at most with the usual limits.
    /// What ntfy makes of this is [`message_text`](crate::message_text).
    ///
    /// # Errors
    ///
    /// When an action cannot be carried out, or costs more than the limits allow; line and column say where.
    pub fn render(&self, data: &Value, environment: &Environment) -> Result<String, TemplateError> {
        render::render(&self.templates, data, environment)
            .map_err(|fault| TemplateError::locate(&self.source, &fault, Stage::Rendering))
    }
}
