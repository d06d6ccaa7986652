//! Doors to what reads strangers' words, for the targets in `fuzz/`: words in, what is made of them out.

use crate::model::{self, Network, SetupCode};
use crate::random::hash_token;
use hob_base::Result;
use std::net::IpAddr;

/// Where a login leads that was asked to lead to `next`.
pub fn safe_next(next: &str) -> &str {
    model::safe_next(next)
}

/// Whose a request is, and by what its tries are counted. What is no network is left out.
pub fn client_address(peer: IpAddr, forwarded: &[&str], trusted: &[&str]) -> (IpAddr, String) {
    let trusted: Vec<Network> = trusted.iter().filter_map(|text| text.parse().ok()).collect();
    let client = model::client_address(peer, forwarded.iter().copied(), &trusted);
    (client, model::throttle_address(&client.to_string()))
}

/// What a browser calls itself, in words.
pub fn agent(user_agent: &str) -> String {
    model::describe_agent(user_agent)
}

/// Whether a name and a password may be those of a user.
///
/// # Errors
/// What is wrong with them.
pub fn user(name: &str, password: &str) -> Result<()> {
    model::check_name(name)?;
    model::check_password(name, password)
}

/// Whether a name may be that of a token.
///
/// # Errors
/// What is wrong with it.
pub fn token_name(name: &str) -> Result<()> {
    model::check_token_name(name)
}

/// What is kept of a token or cookie.
pub fn token(text: &str) -> String {
    hash_token(text)
}

/// Whether a text opens the first account when the code is the twelve characters `A`.
pub fn opens(typed: &str) -> bool {
    SetupCode::new([0; 12]).matches(typed)
}
