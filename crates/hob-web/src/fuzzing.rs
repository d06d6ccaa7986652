//! Doors to what reads the heads of requests, for the targets in `fuzz/`.

use crate::guard;
use crate::live::Live;
use crate::origin::{Provenance, provenance};
use axum::http::HeaderMap;
use hob_feature::Credential;

/// The token or cookie that a request shows.
pub fn credential(headers: &HeaderMap) -> Option<Credential> {
    guard::credential(headers)
}

/// Whether a request is proven to come from our own pages.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    provenance(headers) == Provenance::Own
}

/// What a page that says it is at `position` is sent first, after `events` changes. Positions of this stage are `.0` and
/// on.
pub fn missed(events: usize, position: &str) -> Vec<u8> {
    let live = Live::default();
    for _ in 0..events {
        live.stale("x");
    }
    live.follow(position).0.concat()
}
