//! A template, read once and rendered as often as wanted.

use serde_json::Value;

use crate::{Environment, TemplateError};

/// A template that has been read.
#[derive(Debug, Clone)]
pub struct Template {
    text: String,
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
        if source.len() > Self::LONGEST {
            return Err(TemplateError::new(1, 1, "the template is longer than 32 KiB"));
        }
        if source.contains("{{") {
            return Err(TemplateError::new(1, 1, "actions cannot be read yet"));
        }
        Ok(Self { text: source.to_owned() })
    }

    /// The template's text with its actions carried out on the data, exactly as Go writes it.
    /// What ntfy makes of this is [`message_text`](crate::message_text).
    ///
    /// # Errors
    ///
    /// When an action cannot be carried out, or costs more than the limits allow.
    pub fn render(&self, data: &Value, environment: &Environment) -> Result<String, TemplateError> {
        let _ = data;
        if self.text.len() > environment.limits.output {
            return Err(TemplateError::new(1, 1, "the output gets too long"));
        }
        Ok(self.text.clone())
    }
}
