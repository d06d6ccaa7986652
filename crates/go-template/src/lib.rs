//! Go's text/template with the functions that notification templates use, with limits on everything. No I/O.

mod environment;
mod error;
mod message;
mod template;

pub use environment::{Environment, Limits};
pub use error::TemplateError;
pub use message::{BUILTIN_NAMES, MessageTemplate, RenderedMessage, builtin, message_text};
pub use template::Template;
