//! Where a redirect leads, and whether to follow it (RFC 9110, section 15.4).

use http::Method;

use crate::request::Redirects;
use crate::url::{Scheme, Url, UrlError};

/// What to do after a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// It is no redirect: this response is the answer.
    Final,
    /// It is a redirect which the policy does not follow: this response is the answer.
    Stop,
    /// It is a redirect: ask this URL next.
    Follow(Url),
    /// It is a redirect to what cannot be asked, under a policy which follows to anywhere.
    Bad {
        /// Why the `Location` cannot be asked.
        reason: UrlError,
    },
}

/// Decides what follows a response with `status` and the value of its `Location` header, received
/// from `current`.
///
/// Only 301, 302, 303, 307 and 308 with a `Location` are redirects; 300 leaves the choice to a
/// person and 304 answers a question which a probe does not ask.
#[must_use]
pub fn next_hop(current: &Url, status: u16, location: Option<&[u8]>, policy: Redirects) -> Hop {
    let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) else { return Hop::Final };
    if policy == Redirects::No {
        return Hop::Stop;
    }
    match current.join(location) {
        Ok(next) if policy == Redirects::Follow || stays_on_host(current, &next) => Hop::Follow(next),
        Err(reason) if policy == Redirects::Follow => Hop::Bad { reason },
        Ok(_) | Err(_) => Hop::Stop,
    }
}

/// The method of the request which follows a redirect with `status` (RFC 9110, sections 15.4.2 to
/// 15.4.9). Whenever it is another one, the body is dropped.
pub(crate) fn next_method(status: u16, method: &Method) -> Method {
    match status {
        303 if method != Method::HEAD => Method::GET,
        // As the standard allows for the sake of history, and browsers do.
        301 | 302 if method == Method::POST => Method::GET,
        _ => method.clone(),
    }
}

/// Whether a redirect stays on the same service: the same origin, or the same host moved from
/// `http` to `https`. A moved service may use any port: 8080 to 8443 is as usual as 80 to 443.
pub(crate) fn stays_on_host(current: &Url, next: &Url) -> bool {
    let upgrade = current.scheme() == Scheme::Http && next.scheme() == Scheme::Https;
    current.same_origin(next) || (upgrade && current.host() == next.host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hop(current: &str, location: &str, policy: Redirects) -> Hop {
        next_hop(&Url::parse(current).unwrap(), 302, Some(location.as_bytes()), policy)
    }

    fn follow(url: &str) -> Hop {
        Hop::Follow(Url::parse(url).unwrap())
    }

    #[test]
    fn only_a_redirect_with_a_location_leads_on() {
        let here = Url::parse("http://nas/").unwrap();
        for status in [200, 201, 300, 304, 305, 306, 404, 503] {
            assert_eq!(next_hop(&here, status, Some(b"/x"), Redirects::Follow), Hop::Final, "{status}");
        }
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(next_hop(&here, status, None, Redirects::Follow), Hop::Final);
            assert_eq!(next_hop(&here, status, Some(b"/x"), Redirects::Follow), follow("http://nas/x"));
            assert_eq!(next_hop(&here, status, Some(b"/x"), Redirects::No), Hop::Stop);
        }
    }

    #[test]
    fn the_same_host_is_the_same_name_and_port() {
        let same = |location| hop("http://nas:3000/", location, Redirects::SameHost);
        assert_eq!(same("/login"), follow("http://nas:3000/login"));
        assert_eq!(same("http://NAS:3000/login"), follow("http://nas:3000/login"));
        assert_eq!(same("https://nas:3000/"), follow("https://nas:3000/"));
        assert_eq!(same("https://nas/"), follow("https://nas/"));
        assert_eq!(same("http://nas/"), Hop::Stop);
        assert_eq!(same("http://other:3000/"), Hop::Stop);
        assert_eq!(same("//other:3000/"), Hop::Stop);
        assert_eq!(same("https://nas.evil/"), Hop::Stop);
        assert_eq!(hop("https://nas/", "http://nas/", Redirects::SameHost), Hop::Stop);
        assert_eq!(hop("https://nas/", "https://nas:8443/", Redirects::SameHost), Hop::Stop);
    }

    #[test]
    fn a_location_that_cannot_be_asked_is_bad_for_who_would_follow_it() {
        for (location, reason) in [("ftp://nas/", UrlError::Scheme), ("http://u:p@nas/", UrlError::UserInfo)]
        {
            assert_eq!(hop("http://nas/", location, Redirects::Follow), Hop::Bad { reason });
            assert_eq!(hop("http://nas/", location, Redirects::SameHost), Hop::Stop);
            assert_eq!(hop("http://nas/", location, Redirects::No), Hop::Stop);
        }
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let next = |status, method: &str| next_method(status, &method.parse().unwrap()).to_string();
        for (status, method, expected) in [
            (301, "POST", "GET"),
            (302, "POST", "GET"),
            (302, "PUT", "PUT"),
            (301, "HEAD", "HEAD"),
            (303, "POST", "GET"),
            (303, "PUT", "GET"),
            (303, "DELETE", "GET"),
            (303, "HEAD", "HEAD"),
            (307, "POST", "POST"),
            (308, "PATCH", "PATCH"),
            (308, "PROPFIND", "PROPFIND"),
        ] {
            assert_eq!(next(status, method), expected, "{status} {method}");
        }
    }

    proptest! {
        #[test]
        fn same_host_never_leaves(status in 300u16..400, location: Vec<u8>) {
            let here = Url::parse("http://nas:3000/a/b").unwrap();
            if let Hop::Follow(next) = next_hop(&here, status, Some(&location), Redirects::SameHost) {
                prop_assert_eq!(next.host(), "nas");
            }
        }
    }
}
