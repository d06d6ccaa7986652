//! Receiving mail for topics: a server of SMTP (RFC 5321) without any I/O, and what is read of a mail.
//!
//! [`Session`] is given what came over a connection and says what to answer, or asks: whether somebody may log in, whether
//! there is mail for somebody, and whether a mail was taken. It never passes anything on: whom it does not know it
//! refuses, and what it takes is given to whoever holds the session.
//!
//! A mail ends with `\r\n.\r\n` and with nothing else, so that no two programs can see its end in different places.

mod address;
mod message;
mod session;

pub use address::{Recipient, Rule};
pub use message::{Text, read};
pub use session::{Event, Question, Refusal, Session, Terms};
