//! Addresses, references to them, and where redirects lead.

#![no_main]

use hob_fuzz::{parts, texts};
use http::{HeaderValue, Uri};
use http_probe::{Hop, Redirects, Url, next_hop};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [address, _] = texts(input);
    let [_, reference] = parts(input);
    let fallback = || Url::parse("http://nas:3000/a/b?c");
    let Ok(here) = Url::parse(&address).or_else(|_| fallback()) else { panic!("the address of the target") };
    can_be_asked(&here);
    if let Ok(next) = here.join(reference) {
        can_be_asked(&next);
    }
    for status in [200, 302, 308] {
        for policy in [Redirects::Follow, Redirects::SameHost, Redirects::No] {
            let Hop::Follow(next) = next_hop(&here, status, Some(reference), policy) else { continue };
            assert!(status > 300 && policy != Redirects::No, "followed what is no redirect");
            assert!(policy == Redirects::Follow || next.host() == here.host(), "{here} led to {next}");
        }
    }
});

/// Whatever is a URL can be written, read again and asked.
fn can_be_asked(url: &Url) {
    assert_eq!(Url::parse(&url.to_string()).as_ref(), Ok(url), "it is not read as it was written");
    assert!(url.path_and_query().starts_with('/'), "{url}");
    assert!(url.path_and_query().parse::<Uri>().is_ok(), "{url} is no target of a request");
    assert!(HeaderValue::from_str(&url.authority()).is_ok() || !url.host().is_ascii(), "{url} is no host");
    assert!(HeaderValue::from_bytes(url.authority().as_bytes()).is_ok(), "{url} is no host");
}
