//! Web push: encryption (RFC 8291), identification (VAPID, RFC 8292) and delivery (RFC 8030).
