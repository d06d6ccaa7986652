//! Mail: messages that look good everywhere, sending them over SMTP, and receiving them.
