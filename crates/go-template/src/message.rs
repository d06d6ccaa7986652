//! Templates of a whole message: title, text and priority.

use serde_json::Value;

use crate::{Environment, Template, TemplateError};

/// The names that [`builtin`] knows.
pub const BUILTIN_NAMES: [&str; 3] = ["alertmanager", "github", "grafana"];

/// The templates of one message. What is `None` is left as the request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageTemplate {
    /// Of the title.
    pub title: Option<String>,
    /// Of the message.
    pub message: Option<String>,
    /// Of the priority: what it renders to is a number or a name, such as `4` or `high`.
    pub priority: Option<String>,
}

/// What the templates of one message were rendered to, each as [`message_text`] leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedMessage {
    /// The title.
    pub title: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The priority as the template wrote it: it has still to be read.
    pub priority: Option<String>,
}

impl MessageTemplate {
    /// Reads a file of the owner: YAML with the keys `title`, `message` and `priority`, as ntfy's
    /// `template-dir` holds them.
    ///
    /// # Errors
    ///
    /// When it is no YAML, or no mapping of these keys to texts; line and column say where in the file.
    pub fn from_yaml(file: &str) -> Result<Self, TemplateError> {
        let _ = file;
        Err(TemplateError::new(1, 1, "files cannot be read yet"))
    }

    /// Reads all templates and renders them on the same data.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read or rendered; the problem says which.
    pub fn render(
        &self,
        data: &Value,
        environment: &Environment,
    ) -> Result<RenderedMessage, TemplateError> {
        let part = |template: &Option<String>| -> Result<Option<String>, TemplateError> {
            let Some(template) = template else { return Ok(None) };
            Ok(Some(message_text(&Template::parse(template)?.render(data, environment)?)))
        };
        Ok(RenderedMessage {
            title: part(&self.title)?,
            message: part(&self.message)?,
            priority: part(&self.priority)?,
        })
    }
}

/// A template that Hob brings along, for the webhooks of a well-known program: one of [`BUILTIN_NAMES`].
#[must_use]
pub fn builtin(name: &str) -> Option<MessageTemplate> {
    let _ = name;
    None
}

/// What ntfy makes of rendered text: `\n` written out outside of the actions is a new line, and white space at both
/// ends goes.
#[must_use]
pub fn message_text(rendered: &str) -> String {
    rendered.replace("\\n", "\n").trim().to_owned()
}
