//! Cross-site request forgery: does a request come from Hob's own pages?
//!
//! Browsers say so themselves: `Sec-Fetch-Site` on trustworthy origins, `Origin` on every POST. No token has to be
//! carried through forms, so pages stay the same for everybody and can be cached.

use axum::http::{HeaderMap, Method, header};

/// What the headers prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// It comes from our own pages.
    Own,
    /// It comes from somewhere else.
    Foreign,
    /// Nothing says where it comes from: a script, or a very old browser.
    Unproven,
}

/// Whether a method changes nothing (RFC 9110, section 9.2.1).
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Reads `Sec-Fetch-Site`, then `Origin`, then `Referer`.
pub(crate) fn provenance(headers: &HeaderMap) -> Provenance {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Provenance::Own } else { Provenance::Foreign };
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let claimed = text("origin").or_else(|| text("referer"));
    match (claimed, host) {
        (None, _) => Provenance::Unproven,
        (Some(url), Some(host)) if authority(url).is_some_and(|a| a.eq_ignore_ascii_case(host)) => {
            Provenance::Own
        }
        _ => Provenance::Foreign,
    }
}

fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    rest.split(['/', '?', '#']).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(pairs: &[(&'static str, &'static str)]) -> Provenance {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        provenance(&headers)
    }

    #[test]
    fn our_own_pages_are_recognised_and_others_are_not() {
        let host = ("host", "hob.lan:4620");
        assert_eq!(of(&[host, ("origin", "http://hob.lan:4620")]), Provenance::Own);
        assert_eq!(of(&[host, ("referer", "http://hob.lan:4620/login?x=1")]), Provenance::Own);
        assert_eq!(of(&[host, ("origin", "http://hob.lan:4621")]), Provenance::Foreign);
        assert_eq!(of(&[host, ("origin", "null")]), Provenance::Foreign);
        assert_eq!(of(&[host, ("origin", "http://hob.lan:4620.evil.example")]), Provenance::Foreign);
        assert_eq!(
            of(&[host, ("sec-fetch-site", "cross-site"), ("origin", "http://hob.lan:4620")]),
            Provenance::Foreign
        );
        assert_eq!(of(&[host, ("sec-fetch-site", "same-origin")]), Provenance::Own);
        assert_eq!(of(&[host]), Provenance::Unproven);
    }
}
