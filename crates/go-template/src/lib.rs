//! Go's text/template with the functions that ntfy's message templates offer, over JSON, with limits on everything.
//!
//! [`Template::parse`] reads a template, [`Template::render`] carries it out on a JSON value, and [`MessageTemplate`]
//! is what a message needs: title, message and priority together, from [`builtin`], a file of the owner, or a request.
//! Nothing here has a clock: the moment and the zone are in the [`Environment`]. The only thing taken from the machine
//! are the rules of the time zones, which `jiff` reads when a template names one.
//!
//! # What it is to be like
//!
//! text/template of Go 1.24 with Sprig's functions as ntfy keeps them (its documentation, “Template functions”). The
//! output is Go's, byte for byte: floats, lists, `<no value>`, dates, even `%!d(string=x)`. What differs, on purpose:
//!
//! | | Go and ntfy | here |
//! |---|---|---|
//! | `eq .n 1`, `index .list .n`, `repeat .n "x"`: all numbers of JSON are floats | an error | the number counts |
//! | `range .n` | an error | goes up to the number, if it is whole |
//! | `date` of a number or of a text as RFC 3339 has it | the present | that moment |
//! | `duration 95` | `0s` | `1m35s` |
//! | `trunc`, `substr`, `slice` within a character | half a character | cut before or after it |
//! | `substr` beyond the end | an error | what is there |
//! | bytes that are no text, such as `b64dec` of a picture | the bytes | `U+FFFD` |
//! | `regexMatch` of what is no expression | `false` | an error |
//! | `randInt` | random | follows from the moment |
//! | `slice` | of lists | also of texts, as Go's own |
//! | `define`, `template`, `block` | ntfy refuses them | work |
//! | `keys`, `values` | any order | sorted by key |
//!
//! Left out are `call`, complex numbers, methods such as `now.Format`, and what ntfy leaves out: the environment,
//! the network, keys and passwords, UUIDs and versions.
//!
//! # Limits
//!
//! A template has at most 32 KiB, a rendering the [`Limits`] of its environment: bytes of output, bytes of all texts
//! and lists on the way, steps, depth. Whatever a template does costs steps in proportion, so that the steps bound the
//! time. Regular expressions are of the crate `regex`, which takes linear time, and limited in size, too. Lists and
//! dicts are kept in one place of the rendering and let go together: a dict may hold itself, and a list may be nested
//! without end.
//!
//! Sources: the documentation of Go's packages text/template, fmt, strconv, time, encoding/json, net/url and regexp,
//! of Sprig, and ntfy's “Message templating”.

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
pub use error::{Stage, TemplateError};
pub use message::{BUILTIN_NAMES, MessageTemplate, RenderedMessage, builtin, message_text};
pub use template::Template;
