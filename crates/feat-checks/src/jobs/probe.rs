//! One probe over the network.

use super::ProbeFn;
use crate::model::Outcome;
use hob_feature::{CheckSpec, CheckTarget, boxed};
use http_probe::{Client, Limits, Redirects, Request, Response, Url};
use std::sync::Arc;

/// How much of a page is read to see that it comes, and to show its beginning.
const BODY_BYTES: usize = 16 * 1024;
/// How much of a page is searched for a text.
const SEARCHED_BYTES: usize = 512 * 1024;

/// Probes with one client for all.
pub(super) fn over_the_network() -> ProbeFn {
    let client = Client::new();
    Arc::new(move |spec| {
        let client = client.clone();
        boxed(async move { probe(&client, &spec).await })
    })
}

async fn probe(client: &Client, spec: &CheckSpec) -> Outcome {
    let limits = Limits { total: spec.timeout, connect: spec.timeout, ..Limits::default() };
    match &spec.target {
        CheckTarget::Tcp { host, port } => Outcome::Tcp(client.connect_tcp(host, *port, &limits).await),
        CheckTarget::Http { url, expect_text, expect_status, found } => {
            let url = match Url::parse(url) {
                Ok(url) => url,
                Err(reason) => return Outcome::Http(Err(reason.into())),
            };
            let body_bytes = if expect_text.is_some() { SEARCHED_BYTES } else { BODY_BYTES };
            let request = Request {
                limits: Limits { body_bytes, ..limits },
                redirects: redirects(*found, expect_status),
                ..Request::get(url)
            };
            Outcome::Http(client.get(&request).await.map(Box::<Response>::new))
        }
    }
}

/// What was merely found is not followed to other hosts; an address that the owner wrote down is. Where a redirect is
/// the very answer that is wanted, it is not followed.
fn redirects(found: bool, expected: &[u16]) -> Redirects {
    let of_class = |class: u16| expected.iter().any(|status| status / 100 == class);
    if of_class(3) && !of_class(2) {
        Redirects::No
    } else if found {
        Redirects::SameHost
    } else {
        Redirects::Follow
    }
}
