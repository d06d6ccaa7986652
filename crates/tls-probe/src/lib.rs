//! Connects, makes a TLS handshake, and says what the certificate of the other side is worth.
