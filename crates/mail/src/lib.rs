//! Mail: messages that look good everywhere, sending them over SMTP, and receiving them.
//!
//! ```no_run
//! # async fn example(smtp: mail::Smtp, view: mail::NoteView) -> Result<(), mail::MailError> {
//! let letter = mail::letter_for(&view);
//! let sent = mail::Mailer::default().send(&smtp, &letter).await?;
//! eprintln!("{}", sent.answer);
//! # Ok(()) }
//! ```
//!
//! - [`NoteView`] is what people are to be told; [`letter_for`] makes a [`Letter`] of it: a text and a page that
//!   says the same, drawn for the narrow means of mail readers, in light and dark, with nothing fetched from
//!   anywhere.
//! - [`Mailer::send`] hands a letter to a server ([`Smtp`]). Every phase is bounded in time and size; what went
//!   wrong is a [`MailError`]: a sentence for whoever set it up, the server's own words, and whether to try again.
//! - An [`Address`] cannot be made of what would break out of its header or command, and no text in a [`Letter`]
//!   can add a header.
//!
//! - [`receive`] is the other side: a server which takes mail for topics, without any I/O, and the text of a mail.
//!
//! Sources of the protocols: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 1870 (SIZE), RFC 5322
//! (headers), RFC 2045 to 2047 (MIME), RFC 3834 (automatic mail).

mod address;
mod blocks;
mod error;
mod header;
mod letter;
mod note;
mod page;
mod plain;
mod quoted;
pub mod receive;
mod smtp;

pub use address::Address;
pub use error::MailError;
pub use letter::Letter;
pub use note::{Mood, News, NoteView, Section, letter_for};
pub use service_probe::{Limits, Password};
pub use smtp::{Encryption, Mailer, Refused, Sent, Smtp, send};
