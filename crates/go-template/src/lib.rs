//! Go's text/template with the functions that notification templates use, with limits on everything. No I/O.

mod dates;
mod environment;
mod error;
mod functions;
mod lex;
mod literal;
mod machine;
mod message;
mod parse;
mod print;
mod render;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod value;

pub use environment::{Environment, Limits};
pub use error::TemplateError;
pub use message::{BUILTIN_NAMES, MessageTemplate, RenderedMessage, builtin, message_text};
pub use template::Template;
