//! The rule grammar of Traefik v2 and v3.
