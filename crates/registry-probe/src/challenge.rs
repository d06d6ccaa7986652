//! What a registry asks for: the `WWW-Authenticate` header (RFC 9110, section 11.6.1) with the
//! parameters of a token service (<https://distribution.github.io/distribution/spec/auth/token/>).

/// Number of challenges looked at, and of parameters in one.
const MAX: usize = 32;

/// One way to authenticate. Names are in lower case, as they are compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme: `bearer`, `basic`.
    pub scheme: String,
    /// Its parameters in order.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first value of a parameter, by its name in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Reads all challenges of one header value. A value may hold several, divided by commas, which
    /// also divide the parameters: a word is a scheme unless `=` and a value follow it. What breaks
    /// the grammar ends the reading; the challenges before it count.
    #[must_use]
    pub fn parse_all(header: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = header;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let Some((word, after)) = token(rest) else { break };
            if let Some(value) = after.trim_start_matches([' ', '\t']).strip_prefix('=') {
                let Some(challenge) = challenges.last_mut() else { break };
                let Some((value, after)) = parameter(value.trim_start_matches([' ', '\t'])) else { break };
                if challenge.parameters.len() < MAX {
                    challenge.parameters.push((word.to_ascii_lowercase(), value));
                }
                rest = after;
                continue;
            }
            if challenges.len() == MAX {
                break;
            }
            challenges.push(Self { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
            rest = skip_token68(after);
        }
        challenges
    }
}

/// A token (RFC 9110, section 5.6.2) and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// A value, quoted or not, and what follows it. Registries write addresses without quotes, too.
fn parameter(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Some((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

/// Skips the token68 of a scheme such as `Negotiate`: one word that may end with `=` and is followed
/// by a comma or the end.
fn skip_token68(text: &str) -> &str {
    let word = text.trim_start_matches([' ', '\t']);
    let end = word.find([',', ' ', '\t', '"']).unwrap_or(word.len());
    let (first, rest) = word.split_at(end);
    let alone = rest.trim_start_matches([' ', '\t']);
    let is_last = alone.is_empty() || alone.starts_with(',');
    let is_parameter = first.trim_end_matches('=').contains('=');
    if !first.is_empty() && is_last && !is_parameter { rest } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(header: &str) -> Challenge {
        let all = Challenge::parse_all(header);
        assert_eq!(all.len(), 1, "{header}: {all:?}");
        all.into_iter().next().unwrap()
    }

    #[test]
    fn reads_what_registries_send() {
        let ghcr = one(
            r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull""#,
        );
        assert_eq!(ghcr.scheme, "bearer");
        assert_eq!(ghcr.get("realm"), Some("https://ghcr.io/token"));
        assert_eq!(ghcr.get("service"), Some("ghcr.io"));
        assert_eq!(ghcr.get("scope"), Some("repository:user/image:pull"));
        let hub = one(
            r#"bearer Realm="https://auth.docker.io/token" , service="registry.docker.io",scope="repository:a/b:pull,push",error="insufficient_scope""#,
        );
        assert_eq!(hub.get("scope"), Some("repository:a/b:pull,push"));
        assert_eq!(hub.get("error"), Some("insufficient_scope"));
        let basic = one(r#"Basic realm="a \"quoted\" realm""#);
        assert_eq!((basic.scheme.as_str(), basic.get("realm")), ("basic", Some(r#"a "quoted" realm"#)));
        assert_eq!(one("Basic"), Challenge { scheme: "basic".to_owned(), parameters: Vec::new() });
        let bare = one("Bearer realm=https://nas.lan/token, service=nas");
        assert_eq!((bare.get("realm"), bare.get("service")), (Some("https://nas.lan/token"), Some("nas")));
    }

    #[test]
    fn several_challenges_stand_in_one_header() {
        let all = Challenge::parse_all(
            r#"Negotiate YWJj==, Bearer realm="https://nas.lan/t?a=b,c", service=x, Basic realm="y""#,
        );
        let schemes: Vec<_> = all.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "bearer", "basic"]);
        assert_eq!(all[1].get("realm"), Some("https://nas.lan/t?a=b,c"));
        assert_eq!(all[2].get("realm"), Some("y"));
        let plain = Challenge::parse_all("Negotiate, NTLM");
        assert_eq!(plain.len(), 2);
    }

    #[test]
    fn what_is_broken_ends_the_reading() {
        assert_eq!(Challenge::parse_all(""), []);
        assert_eq!(Challenge::parse_all("realm=\"x\""), []);
        assert_eq!(Challenge::parse_all("<html>"), []);
        assert_eq!(one(r#"Bearer realm="open"#).parameters, []);
        assert_eq!(one(r#"Basic realm="x", "y""#).get("realm"), Some("x"));
    }

    proptest! {
        #[test]
        fn any_header_is_read(header: String) {
            for challenge in Challenge::parse_all(&header) {
                prop_assert!(!challenge.scheme.is_empty() && challenge.parameters.len() <= MAX);
            }
        }

        #[test]
        fn any_value_survives_quotes(values in proptest::collection::vec("[ -~äß]{0,20}", 1..4)) {
            let quoted: Vec<_> = values.iter().enumerate().map(|(number, value)| {
                format!("p{number}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            }).collect();
            let challenge = one(&format!("Bearer {}", quoted.join(", ")));
            for (number, value) in values.iter().enumerate() {
                prop_assert_eq!(challenge.get(&format!("p{number}")), Some(value.as_str()));
            }
        }
    }
}
