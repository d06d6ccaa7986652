//! When a domain name expires, asked over RDAP.
