//! What somebody shows to be recognised, as ntfy's clients show it.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ntfy_protocol::refusal::{Refusal, UNAUTHORIZED};

/// The longest `Authorization` that is looked at, in bytes.
const SHOWN_MAX: usize = 4096;

const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, TOLERANT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, TOLERANT);

/// What is shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// `Basic`: a name and a password, which may be a token.
    Password {
        /// Empty where only a token is shown.
        name: String,
        /// The password, or a token.
        password: String,
    },
    /// `Bearer`: a token.
    Token(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

impl Credential {
    /// The bytes by which it is told from others: no two credentials have the same.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Password { name, password } => {
                let length = u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes();
                [b"p".as_slice(), &length, name.as_bytes(), password.as_bytes()].concat()
            }
            Self::Token(token) => [b"t", token.as_bytes()].concat(),
        }
    }
}

/// Reads what is shown: `auth` in the address (base64url of what would be in the header, since a browser's WebSocket has
/// none) before the header. `None` where nothing is shown, or something that is for somebody else (`WebPush`, `vapid`).
///
/// # Errors
/// 40101 where it cannot be read.
pub(super) fn read(headers: &HeaderMap, auth_query: Option<&str>) -> Result<Option<Credential>, Refusal> {
    let shown = match auth_query.filter(|text| !text.is_empty()) {
        Some(text) if text.len() > SHOWN_MAX => return Err(UNAUTHORIZED),
        Some(text) => {
            let bytes = BASE64_URL.decode(text).or_else(|_| BASE64.decode(text));
            text_of(bytes.map_err(|_| UNAUTHORIZED)?)
        }
        None => match headers.get(header::AUTHORIZATION) {
            Some(value) if value.len() > SHOWN_MAX => return Err(UNAUTHORIZED),
            Some(value) => text_of(value.as_bytes().to_vec()),
            None => return Ok(None),
        },
    };
    let Some((scheme, rest)) = shown.trim().split_once(' ') else { return Ok(None) };
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Some(Credential::Token(rest.trim().to_owned())));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let pair = text_of(BASE64.decode(rest.trim()).map_err(|_| UNAUTHORIZED)?);
    let (name, password) = pair.split_once(':').ok_or(UNAUTHORIZED)?;
    let (name, password) = (name.to_owned(), password.to_owned());
    Ok(Some(match name.as_str() {
        "" => Credential::Token(password),
        _ => Credential::Password { name, password },
    }))
}

/// What `?auth=` (or `?authorization=`) says in the query of an address.
pub(crate) fn auth_query(query: Option<&str>) -> Option<String> {
    let value = query?.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let wanted = name.eq_ignore_ascii_case("auth") || name.eq_ignore_ascii_case("authorization");
        wanted.then_some(value)
    })?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// UTF-8, or else Latin-1, which some clients still use.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|wrong| wrong.as_bytes().iter().map(|b| char::from(*b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn header(value: &[u8]) -> HeaderMap {
        let value = HeaderValue::from_bytes(value).unwrap();
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    fn password(name: &str, password: &str) -> Option<Credential> {
        Some(Credential::Password { name: name.into(), password: password.into() })
    }

    #[test]
    fn every_way_of_ntfys_clients_is_read() {
        let token = Some(Credential::Token("tk_x".to_owned()));
        // phil:mypass, :tk_x, and Latin-1 for jürgen:x
        assert_eq!(read(&header(b"Basic cGhpbDpteXBhc3M="), None), Ok(password("phil", "mypass")));
        assert_eq!(read(&header(b"basic cGhpbDpteXBhc3M"), None), Ok(password("phil", "mypass")));
        assert_eq!(read(&header(b"Basic OnRrX3g="), None), Ok(token.clone()));
        assert_eq!(read(&header(b"Bearer  tk_x "), None), Ok(token.clone()));
        assert_eq!(read(&header(b"Basic avxyZ2VuOng="), None), Ok(password("jürgen", "x")));
        // base64url of “Basic cGhpbDpteXBhc3M=” and of “Bearer tk_x”
        let query = Some("QmFzaWMgY0docGJEcHRlWEJoYzNNPQ");
        assert_eq!(read(&HeaderMap::new(), query), Ok(password("phil", "mypass")));
        assert_eq!(read(&header(b"Bearer other"), Some("QmVhcmVyIHRrX3g=")), Ok(token));
    }

    #[test]
    fn what_is_for_others_is_nothing_and_what_cannot_be_read_is_refused() {
        for nothing in [&b"WebPush abc"[..], b"vapid t=x", b"", b"Basic"] {
            assert_eq!(read(&header(nothing), None), Ok(None));
        }
        assert_eq!(read(&HeaderMap::new(), None), Ok(None));
        assert_eq!(read(&HeaderMap::new(), Some("")), Ok(None));
        for wrong in [&b"Basic %%%"[..], b"Basic cGhpbA=="] {
            assert_eq!(read(&header(wrong), None).unwrap_err().code, 40101);
        }
        assert_eq!(read(&HeaderMap::new(), Some("%%%")).unwrap_err().code, 40101);
        assert_eq!(read(&HeaderMap::new(), Some(&"A".repeat(5000))).unwrap_err().code, 40101);
    }

    #[test]
    fn the_address_may_say_it() {
        assert_eq!(auth_query(Some("poll=1&auth=QmFz%3D")).as_deref(), Some("QmFz="));
        assert_eq!(auth_query(Some("Authorization=x")).as_deref(), Some("x"));
        assert_eq!(auth_query(Some("poll=1&author=x")), None);
        assert_eq!(auth_query(None), None);
    }

    #[test]
    fn no_two_credentials_look_the_same() {
        let one = Credential::Password { name: "ab".into(), password: "c".into() };
        let other = Credential::Password { name: "a".into(), password: "bc".into() };
        assert_ne!(one.bytes(), other.bytes());
        assert!(!format!("{one:?}").contains("ab"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(32_u8..255, 0..60), query in ".{0,40}") {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
                let _ = read(&headers, None);
            }
            let _ = read(&HeaderMap::new(), Some(&query));
        }
    }
}
