//! What a registry tells of a domain (RFC 9083).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::Value;

use crate::domain::Domain;

/// Number of events, entities, roles and properties looked at.
const MAX_ITEMS: usize = 64;

/// Number of states kept.
const MAX_STATUS: usize = 16;

/// Longest text kept, in characters.
const MAX_TEXT: usize = 100;

/// What a registry tells of a domain. Texts are cut to 100 characters and hold no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When the registration ends; `None` where the registry does not tell.
    pub expires: Option<Timestamp>,
    /// Who registered the domain for its owner; `None` where the registry does not tell.
    pub registrar: Option<String>,
    /// Its states, such as `active`, `client transfer prohibited` and `redemption period` (RFC 8056),
    /// in lower case; 16 at most.
    pub status: Vec<String>,
}

/// Why an answer is no [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is not JSON, or no object.
    #[error("the answer is not JSON")]
    NotJson,
    /// It is about something else than a domain, or about nothing.
    #[error("the answer is not about a domain")]
    NotADomain,
    /// It is about another domain.
    #[error("the answer is about another domain")]
    OtherDomain,
}

/// Reads the answer about `domain` (RFC 9083, section 5.3). What in it has not the form it should have
/// is passed over.
///
/// The end is the event `expiration`, or `registrar expiration` where there is no other; of several
/// the earliest. A time without an offset counts as UTC.
///
/// # Errors
///
/// [`RecordError`] if it is none, or one about another domain.
pub fn parse(json: &[u8], domain: &Domain) -> Result<Record, RecordError> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(json) else { return Err(RecordError::NotJson) };
    let text = |name| fields.get(name).and_then(Value::as_str);
    let is_domain = match text("objectClassName") {
        Some(class) => class == "domain",
        None => fields.contains_key("ldhName"),
    };
    if !is_domain {
        return Err(RecordError::NotADomain);
    }
    let names = [text("ldhName"), text("unicodeName")];
    if !is_about(domain, &names) {
        return Err(RecordError::OtherDomain);
    }
    let events = items(fields.get("events"));
    Ok(Record {
        expires: end(events, "expiration").or_else(|| end(events, "registrar expiration")),
        registrar: items(fields.get("entities")).iter().find_map(registrar),
        status: items(fields.get("status"))
            .iter()
            .filter_map(|status| plain(status.as_str()?))
            .map(|status| status.to_lowercase())
            .take(MAX_STATUS)
            .collect(),
    })
}

/// The first items of an array; none if it is no array.
fn items(value: Option<&Value>) -> &[Value] {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    &items[..items.len().min(MAX_ITEMS)]
}

/// Whether an answer with these names is about the domain. A name outside of ASCII cannot be compared
/// with the form in which servers write it, and so anything is taken for it that has one.
fn is_about(domain: &Domain, names: &[Option<&str>]) -> bool {
    let mut told = names.iter().flatten().map(|name| name.trim_end_matches('.').to_lowercase()).peekable();
    if told.peek().is_none() {
        return true;
    }
    let ascii = domain.as_str().is_ascii();
    told.any(|name| name == domain.as_str() || (!ascii && name.contains("xn--")))
}

/// When an event of this kind is (RFC 9083, section 4.5).
fn end(events: &[Value], action: &str) -> Option<Timestamp> {
    let text = |event: &Value, name| event.get(name).and_then(Value::as_str).map(str::to_owned);
    events
        .iter()
        .filter(|event| {
            text(event, "eventAction").is_some_and(|other| other.trim().eq_ignore_ascii_case(action))
        })
        .filter_map(|event| moment(&text(event, "eventDate")?))
        .min()
}

/// A moment (RFC 3339). Some registries leave out the offset, or the time.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return None;
    }
    text.parse().ok().or_else(|| Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
}

/// The name of an entity, if it is the registrar: `fn` or `org` of its jCard (RFC 7095), or its handle.
fn registrar(entity: &Value) -> Option<String> {
    let role = |role: &Value| role.as_str().is_some_and(|role| role.eq_ignore_ascii_case("registrar"));
    if !items(entity.get("roles")).iter().any(role) {
        return None;
    }
    let card = items(entity.get("vcardArray")).get(1);
    let property = |name: &str| {
        items(card).iter().find_map(|property| {
            let is_it =
                property.get(0).and_then(Value::as_str).is_some_and(|other| other.eq_ignore_ascii_case(name));
            if is_it { plain(property.get(3)?.as_str()?) } else { None }
        })
    };
    property("fn").or_else(|| property("org")).or_else(|| plain(entity.get("handle")?.as_str()?))
}

/// A stranger's text on one line, cut. `None` if nothing is left.
pub(crate) fn plain(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .take(MAX_TEXT)
        .collect();
    let line = words.join(" ");
    let mut plain: String = line.chars().take(MAX_TEXT).collect();
    if plain.len() < line.len() {
        plain.push('…');
    }
    (!plain.is_empty()).then_some(plain)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// After the example of RFC 9083, section 5.3, with what registries of today add.
    pub(crate) const ANSWER: &str = r#"{
        "rdapConformance": ["rdap_level_0", "icann_rdap_response_profile_1"],
        "objectClassName": "domain",
        "handle": "XXXX",
        "ldhName": "EXAMPLE.COM",
        "variants": [{"relation": ["registered", "conjoined"], "variantNames": [{"ldhName": "xn--fo-cka.example"}]}],
        "status": ["client delete prohibited", "Locked", "transfer prohibited"],
        "secureDNS": {"zoneSigned": true, "delegationSigned": true},
        "nameservers": [{"objectClassName": "nameserver", "ldhName": "ns1.example.com", "status": ["active"],
            "events": [{"eventAction": "expiration", "eventDate": "1999-01-01T00:00:00Z"}]}],
        "entities": [
            {"objectClassName": "entity", "handle": "REG", "roles": ["registrant"],
                "vcardArray": ["vcard", [["fn", {}, "text", "Joe User"]]]},
            {"objectClassName": "entity", "handle": "292", "roles": ["sponsor", "registrar"],
                "publicIds": [{"type": "IANA Registrar ID", "identifier": "292"}],
                "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example\nRegistrar Inc."]]],
                "entities": [{"roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse"]]]}]}
        ],
        "events": [
            {"eventAction": "registration", "eventDate": "1990-12-31T23:59:59Z"},
            {"eventAction": "last changed", "eventDate": "1991-12-31T23:59:59Z", "eventActor": "joe@example.com"},
            {"eventAction": "expiration", "eventDate": "2027-08-13T04:00:00Z"},
            {"eventAction": "registrar expiration", "eventDate": "2027-08-01T04:00:00Z"}
        ],
        "port43": "whois.example.net",
        "notices": [{"title": "Terms of Use", "description": ["Service subject to Terms of Use."]}]
    }"#;

    pub(crate) fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    fn read(json: &str) -> Result<Record, RecordError> {
        parse(json.as_bytes(), &domain("example.com"))
    }

    fn events(events: &str) -> Option<String> {
        let json = format!(r#"{{"objectClassName":"domain","ldhName":"example.com","events":{events}}}"#);
        read(&json).unwrap().expires.map(|at| at.to_string())
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        let record = read(ANSWER).unwrap();
        assert_eq!(record.expires.unwrap().to_string(), "2027-08-13T04:00:00Z");
        assert_eq!(record.registrar.as_deref(), Some("Example Registrar Inc."));
        assert_eq!(record.status, ["client delete prohibited", "locked", "transfer prohibited"]);
    }

    #[test]
    fn ends_are_read_as_registries_write_them() {
        let one = |date: &str| events(&format!(r#"[{{"eventAction":"Expiration","eventDate":"{date}"}}]"#));
        for (date, at) in [
            ("2027-08-13T04:00:00.000Z", "2027-08-13T04:00:00Z"),
            ("2027-08-13T04:00:00+02:00", "2027-08-13T02:00:00Z"),
            ("2027-08-13t04:00:00z", "2027-08-13T04:00:00Z"),
            ("2027-08-13T04:00:00", "2027-08-13T04:00:00Z"),
            (" 2027-08-13 ", "2027-08-13T00:00:00Z"),
        ] {
            assert_eq!(one(date).as_deref(), Some(at), "{date}");
        }
        for bad in ["", "soon", "2027-13-01", "99999-01-01T00:00:00Z"] {
            assert_eq!(one(bad), None, "{bad}");
        }
        let two = r#"[{"eventAction":"expiration","eventDate":"2028-01-01"},{"eventAction":"expiration","eventDate":"2027-01-01"}]"#;
        assert_eq!(events(two).as_deref(), Some("2027-01-01T00:00:00Z"));
        let registrar = r#"[{"eventAction":"registrar expiration","eventDate":"2028-01-01"}]"#;
        assert_eq!(events(registrar).as_deref(), Some("2028-01-01T00:00:00Z"));
        for none in [
            "[]",
            "null",
            "5",
            r#"[5,{"eventAction":5}]"#,
            r#"[{"eventAction":"deletion","eventDate":"2027-01-01"}]"#,
        ] {
            assert_eq!(events(none), None, "{none}");
        }
    }

    #[test]
    fn registrars_are_named_by_what_there_is() {
        let named = |entity: &str| {
            let json = format!(r#"{{"objectClassName":"domain","entities":[{entity}]}}"#);
            read(&json).unwrap().registrar
        };
        let card =
            r#""roles":["registrar"],"vcardArray":["vcard",[["fn",{},"text",""],["org",{},"text","Org"]]]"#;
        assert_eq!(named(&format!("{{{card}}}")).as_deref(), Some("Org"));
        assert_eq!(named(r#"{"roles":["registrar"],"handle":"292"}"#).as_deref(), Some("292"));
        assert_eq!(
            named(r#"{"roles":["registrar"]},{"roles":["REGISTRAR"],"handle":"x"}"#).as_deref(),
            Some("x")
        );
        for none in [
            r#"{"handle":"x"}"#,
            r#"{"roles":"registrar","handle":"x"}"#,
            r#"{"roles":["registrar"],"vcardArray":[5]}"#,
        ] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn an_answer_about_something_else_is_none() {
        for (json, error) in [
            ("", RecordError::NotJson),
            ("<html>", RecordError::NotJson),
            ("[]", RecordError::NotJson),
            ("{}", RecordError::NotADomain),
            (r#"{"errorCode":404,"title":"Not Found"}"#, RecordError::NotADomain),
            (r#"{"objectClassName":"entity"}"#, RecordError::NotADomain),
            (r#"{"objectClassName":"domain","ldhName":"example.net"}"#, RecordError::OtherDomain),
        ] {
            assert_eq!(read(json), Err(error), "{json}");
        }
        assert!(read(r#"{"objectClassName":"domain","ldhName":"Example.Com."}"#).is_ok());
        let german = r#"{"objectClassName":"domain","ldhName":"xn--bcher-kva.example","unicodeName":"bücher.example"}"#;
        for asked in ["bücher.example", "xn--bcher-kva.example"] {
            assert!(parse(german.as_bytes(), &domain(asked)).is_ok(), "{asked}");
        }
    }

    #[test]
    fn much_is_cut() {
        let long = "x".repeat(5000);
        let status = vec![format!("\"{long}\""); 100].join(",");
        let json = format!(
            r#"{{"objectClassName":"domain","status":[{status}],"entities":[{{"roles":["registrar"],"handle":"{long}"}}]}}"#
        );
        let record = read(&json).unwrap();
        assert_eq!(record.status.len(), MAX_STATUS);
        assert!(
            record.status.iter().chain(&record.registrar).all(|text| text.chars().count() == MAX_TEXT + 1)
        );
    }

    proptest! {
        #[test]
        fn any_answer_is_read(json: Vec<u8>) {
            let _ = parse(&json, &domain("example.com"));
        }

        #[test]
        fn any_value_may_stand_anywhere(number in 0usize..6, value in "(null|5|\"x\"|\\[\\]|\\{\\}|\\[\\[\\]\\]|\\[\\{\\}\\]|\\[null\\])") {
            let name = ["events", "entities", "status", "ldhName", "unicodeName", "objectClassName"][number];
            let json = format!(r#"{{"{name}":{value},"objectClassName":"domain"}}"#);
            let _ = parse(json.as_bytes(), &domain("example.com"));
            let nested = format!(r#"{{"objectClassName":"domain","entities":[{{"roles":["registrar"],"vcardArray":["vcard",{value}]}}]}}"#);
            prop_assert_eq!(read(&nested).unwrap().registrar, None);
        }

        #[test]
        fn any_moment_of_the_standard_is_read(seconds in 0i64..4_000_000_000) {
            let at = Timestamp::from_second(seconds).unwrap();
            prop_assert_eq!(moment(&at.to_string()), Some(at));
        }
    }
}
