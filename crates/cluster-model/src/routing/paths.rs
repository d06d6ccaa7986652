//! Paths: which one a person opens, and which belong to the site above them.

/// What programs ask for, by the first segment below the site.
const FOR_PROGRAMS: [&str; 39] = [
    "api",
    "apis",
    "webhook",
    "webhooks",
    "hook",
    "hooks",
    "ws",
    "wss",
    "websocket",
    "websockets",
    "socket.io",
    "socket",
    ".well-known",
    "graphql",
    "graphiql",
    "metrics",
    "health",
    "healthz",
    "livez",
    "readyz",
    "ping",
    "rpc",
    "jsonrpc",
    "grpc",
    "trpc",
    "dav",
    "remote.php",
    "caldav",
    "carddav",
    "oauth2",
    "outpost.goauthentik.io",
    "assets",
    "static",
    "_next",
    "_matrix",
    "push",
    "_synapse",
    "notifications",
    "manifest.json",
];

/// What the pages of a site ask for, or lead to: no site of its own where there is one above it.
const PARTS: [&str; 20] = [
    "auth", "login", "logout", "signin", "signup", "oauth", "sso", "saml", "callback", "token", "img", "css",
    "js", "fonts", "upload", "uploads", "sse", "signalr", "_nuxt", "_app",
];

/// Words that say which of several copies it is.
const COPIES: [&str; 16] = [
    "dev",
    "develop",
    "development",
    "staging",
    "stage",
    "test",
    "testing",
    "qa",
    "beta",
    "alpha",
    "canary",
    "preview",
    "prod",
    "production",
    "next",
    "old",
];

/// The path of a rule, without what controllers add: `/api(/|$)(.*)` is `/api`; always with a slash in front and none
/// behind, except `/` itself.
pub(super) fn top(path: &str) -> String {
    let literal = path.trim().trim_start_matches('^');
    let end = literal.find(['(', '*', '[', '{', '$', '\\', '?', '+', '|', '#']).unwrap_or(literal.len());
    let mut literal = literal.get(..end).unwrap_or_default();
    if end < path.trim().len() {
        literal = literal.trim_end_matches('.');
    }
    let segments =
        literal.split('/').filter(|segment| !segment.is_empty() && !segment.contains(char::is_control));
    let joined: String = segments.flat_map(|segment| ["/", segment]).collect();
    if joined.is_empty() { "/".to_owned() } else { joined.chars().take(500).collect() }
}

/// Whether a path is written as an expression, so that its beginning does not say what it takes.
pub(super) fn is_expression(path: &str) -> bool {
    path.contains(['(', '*', '[', '{', '$', '\\', '?', '+', '|', '^'])
}

/// What is left of a path below a site; none where it is not below it.
pub(super) fn below<'a>(path: &'a str, site: &str) -> Option<&'a str> {
    if site == "/" {
        return Some(path.trim_start_matches('/'));
    }
    let rest = path.strip_prefix(site)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

/// Whether that path below a site is asked for by programs, or by the pages of that site.
pub(super) fn for_programs(rest: &str) -> bool {
    let first = rest.trim_start_matches('/').split('/').next().unwrap_or_default().to_ascii_lowercase();
    let version = first.strip_prefix('v').is_some_and(|digits| {
        !digits.is_empty() && digits.len() < 3 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    FOR_PROGRAMS.contains(&first.as_str()) || version || first.ends_with("-api") || is_file(&first)
}

/// Whether that path below a site is a part of it, whatever serves it.
pub(super) fn is_part(rest: &str) -> bool {
    let first = rest.trim_start_matches('/').split('/').next().unwrap_or_default().to_ascii_lowercase();
    PARTS.contains(&first.as_str()) || for_programs(rest)
}

/// A file that pages of a site ask for: `favicon.ico`.
fn is_file(segment: &str) -> bool {
    [".ico", ".js", ".css", ".txt", ".png", ".svg", ".xml", ".webmanifest"]
        .iter()
        .any(|end| segment.ends_with(end))
}

/// The word of a path that says which copy of a site it is: `dev`.
pub(super) fn copy(path: &str) -> Option<&str> {
    let last = path.rsplit('/').next()?;
    COPIES.contains(&last.to_ascii_lowercase().as_str()).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_of_what_is_written() {
        for (written, path) in [
            ("/", "/"),
            ("", "/"),
            ("/dev", "/dev"),
            ("/dev/", "/dev"),
            ("/api(/|$)(.*)", "/api"),
            ("/(.*)", "/"),
            ("/app/?(.*)", "/app"),
            ("/app.*", "/app"),
            ("^/x/", "/x"),
            ("//a//b", "/a/b"),
            ("/.well-known/x", "/.well-known/x"),
            ("grafana", "/grafana"),
        ] {
            assert_eq!(top(written), path, "{written}");
        }
    }

    #[test]
    fn paths_of_programs() {
        for rest in
            ["api", "api/v1", "v2", "socket.io", ".well-known/carddav", "favicon.ico", "graphql", "", "x-api"]
        {
            assert_eq!(for_programs(rest), !rest.is_empty(), "{rest}");
        }
        assert!(is_part("auth") && !for_programs("auth") && is_part("api/x") && !is_part("grafana"));
        assert!(
            !for_programs("dev")
                && !for_programs("grafana")
                && !for_programs("admin")
                && !for_programs("vault")
        );
    }

    #[test]
    fn below_a_site() {
        assert_eq!(below("/dev/api", "/dev"), Some("api"));
        assert_eq!(below("/developer", "/dev"), None);
        assert_eq!(below("/api", "/"), Some("api"));
        assert_eq!(copy("/dev"), Some("dev"));
        assert_eq!(copy("/grafana"), None);
    }
}
