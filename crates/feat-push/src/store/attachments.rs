//! The table of attachments.
