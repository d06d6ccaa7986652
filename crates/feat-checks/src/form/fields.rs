//! What the inputs of the form are called, and what they are for.

use super::Entered;

/// What sort of input it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input {
    /// One line.
    Text,
    /// A whole number.
    Number,
    /// Several lines, each one entry.
    Lines,
    /// A text of several lines.
    Area,
    /// A secret: never shown, kept unless something is typed.
    Secret,
    /// On or off; off unless it is ticked.
    Switch,
    /// One of these: what is sent, and what it says.
    Choice(&'static [(&'static str, &'static str)]),
    /// Headers whose values are secret.
    SecretHeaders,
}

/// One input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    /// The name under which it is sent: that of the setting in `hob.toml`.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// One sentence of help; empty for none.
    pub(crate) help: &'static str,
    /// What could be in it, shown while it is empty.
    pub(crate) example: &'static str,
    /// What sort of input it is.
    pub(crate) input: Input,
    /// Whether it is folded away under “More options”.
    pub(crate) more: bool,
}

pub(super) const fn spec(
    name: &'static str,
    label: &'static str,
    input: Input,
    example: &'static str,
    help: &'static str,
) -> Spec {
    Spec { name, label, help, example, input, more: false }
}

pub(super) const fn more(
    name: &'static str,
    label: &'static str,
    input: Input,
    example: &'static str,
    help: &'static str,
) -> Spec {
    Spec { name, label, help, example, input, more: true }
}

/// On or off, where on is usual.
pub(super) const YES_NO: Input = Input::Choice(&[("yes", "yes"), ("no", "no")]);

/// What all kinds have.
pub(crate) const COMMON: &[Spec] = &[
    spec("name", "Name", Input::Text, "Photos", "What it is called everywhere."),
    spec("group", "Group", Input::Text, "Family", "Under which heading it is shown."),
    spec("interval", "Every", Input::Text, "10s", "How often, from 1s to 24h."),
    more("timeout", "Timeout", Input::Text, "10s", "How long one answer may take in all, up to 2m."),
    more("failures", "Failures in a row until critical", Input::Number, "2", ""),
    more("successes", "Answers in a row until well again", Input::Number, "1", ""),
    more(
        "retry",
        "Look again after a failure",
        Input::Text,
        "within seconds",
        "How soon to look again at what is not well; empty: within seconds.",
    ),
    more(
        "warn_after",
        "Slow is a warning after",
        Input::Text,
        "2s",
        "Empty: after four fifths of the timeout.",
    ),
    more(
        "jitter",
        "Put off by at most",
        Input::Text,
        "a little",
        "So that checks do not all come at once; empty: a little.",
    ),
    more(
        "only",
        "Only at these times",
        Input::Lines,
        "Mon-Fri 07:00-19:00",
        "One window of time on each line. Outside of them nothing is probed.",
    ),
    more(
        "maintenance",
        "Maintenance",
        Input::Lines,
        "Sun 02:00-04:00",
        "One window of time on each line. Then it may fail without anybody being told.",
    ),
    more(
        "tags",
        "Tags",
        Input::Text,
        "family, outside",
        "Words by which silences and searches find it, with commas between them.",
    ),
    more(
        "depends_on",
        "Needs",
        Input::Lines,
        "host/home/nas",
        "One on each line: the id of a resource, or its name. When that breaks there is one message instead of two.",
    ),
    more("icon", "Symbol", Input::Text, "📷", "One or two characters, or a built-in symbol such as host."),
    more(
        "upside_down",
        "Upside down: it is well when it fails, as a port that must be closed",
        Input::Switch,
        "",
        "",
    ),
];

const FAMILY: Input = Input::Choice(&[("any", "any"), ("4", "only IPv4"), ("6", "only IPv6")]);

const HOST: Spec = spec("host", "Host", Input::Text, "nas.lan", "Its name or address.");
const PORT: Spec = spec("port", "Port", Input::Number, "", "From 1 to 65535.");
const TRUSTED: Spec = more(
    "trusted",
    "Its certificate must be trusted",
    YES_NO,
    "",
    "“No” if it signed its certificate itself.",
);
const WARN_DAYS: Spec = more("warn_days", "Warning, days before it ends", Input::Number, "14", "");
const CRITICAL_DAYS: Spec = more("critical_days", "Critical, days before it ends", Input::Number, "3", "");

/// What HTTP has.
pub(super) const HTTP: &[Spec] = &[
    spec("url", "Address", Input::Text, "https://photos.example.org/", ""),
    more(
        "method",
        "Method",
        Input::Choice(&[
            ("GET", "GET"),
            ("HEAD", "HEAD"),
            ("POST", "POST"),
            ("PUT", "PUT"),
            ("PATCH", "PATCH"),
            ("DELETE", "DELETE"),
            ("OPTIONS", "OPTIONS"),
        ]),
        "",
        "",
    ),
    more("headers", "Headers", Input::Lines, "Accept: application/json", "One on each line."),
    more("secret_header", "Secret headers", Input::SecretHeaders, "", ""),
    more("body", "Body", Input::Area, "{}", ""),
    more(
        "login",
        "Login",
        Input::Choice(&[("none", "none"), ("basic", "user and password"), ("bearer", "token")]),
        "",
        "",
    ),
    more("user", "User", Input::Text, "", ""),
    more("password", "Password", Input::Secret, "", ""),
    more("token", "Token", Input::Secret, "", "Sent as “Authorization: Bearer …”."),
    more(
        "expect_status",
        "Statuses that are well",
        Input::Text,
        "200-299, 401",
        "Empty: 200 to 399, and 401, 403 and 405, since a service that asks who is there is up.",
    ),
    more("expect_text", "Texts that must be in the page", Input::Lines, "Welcome", "One on each line."),
    more("not_text", "Texts that must not be in it", Input::Lines, "Error", "One on each line."),
    more(
        "expect_pattern",
        "A pattern that must be in it",
        Input::Text,
        "version [0-9]+",
        "A regular expression.",
    ),
    more(
        "expect_json",
        "What must hold of it as JSON",
        Input::Lines,
        "$.status == \"ok\"",
        "One on each line: a path, then ==, !=, <, >, <=, >= or contains and a value; or a path and “exists”.",
    ),
    more(
        "follow",
        "Follow redirects",
        Input::Choice(&[
            ("", "unless a redirect is the answer that is wanted"),
            ("yes", "yes"),
            ("no", "no"),
        ]),
        "",
        "",
    ),
    more("family", "Addresses", FAMILY, "", ""),
    more(
        "version",
        "Version of HTTP",
        Input::Choice(&[("any", "any"), ("1", "only HTTP/1.1"), ("2", "only HTTP/2")]),
        "",
        "",
    ),
    more(
        "connect_to",
        "Connect to",
        Input::Text,
        "192.168.1.10:443",
        "Go there, whatever DNS says: through the real route, from inside.",
    ),
    WARN_DAYS,
    CRITICAL_DAYS,
    TRUSTED,
];

pub(super) const TCP: &[Spec] = &[
    HOST,
    PORT,
    more("send", "Send", Input::Text, r"PING\r\n", r"\r\n stands for the end of a line, \\ for a backslash."),
    more("expect", "Expect", Input::Text, "PONG", "What must come."),
    more("tls", "Speak over TLS", Input::Switch, "", ""),
];

pub(super) const TLS: &[Spec] = &[
    HOST,
    spec("port", "Port", Input::Number, "443", "Empty: 443."),
    spec(
        "starttls",
        "TLS begins",
        Input::Choice(&[
            ("", "with the first byte"),
            ("smtp", "after STARTTLS of SMTP"),
            ("imap", "after STARTTLS of IMAP"),
        ]),
        "",
        "",
    ),
    more("server_name", "Name in the certificate", Input::Text, "example.org", "Empty: that of the host."),
    WARN_DAYS,
    CRITICAL_DAYS,
    TRUSTED,
];

pub(super) const PING: &[Spec] = &[
    HOST,
    more("count", "Requests in one probe", Input::Number, "3", "From 1 to 20."),
    more("loss", "Lost ones are a warning from this share on, in per cent", Input::Number, "50", ""),
    more("family", "Addresses", FAMILY, "", ""),
];

pub(super) const DNS: &[Spec] = &[
    spec("lookup", "Name to ask for", Input::Text, "photos.example.org", ""),
    spec(
        "record",
        "Type of record",
        Input::Choice(&[
            ("A", "A"),
            ("AAAA", "AAAA"),
            ("CAA", "CAA"),
            ("CNAME", "CNAME"),
            ("MX", "MX"),
            ("NS", "NS"),
            ("TXT", "TXT"),
            ("SRV", "SRV"),
            ("PTR", "PTR"),
            ("SOA", "SOA"),
        ]),
        "",
        "",
    ),
    spec("server", "Name server", Input::Text, "192.168.1.1", "Empty: the one that this machine uses."),
    more(
        "expect",
        "Expected answers",
        Input::Lines,
        "192.168.1.10",
        "One on each line; empty: any answer is well.",
    ),
    more("match", "Of these must be there", Input::Choice(&[("any", "one"), ("all", "all")]), "", ""),
];

pub(super) const DOMAIN: &[Spec] = &[
    spec("domain", "Domain", Input::Text, "example.org", "As it was registered, without www."),
    more("server", "RDAP server", Input::Text, "https://rdap.org/", ""),
    WARN_DAYS,
    CRITICAL_DAYS,
];

/// What servers with a protocol of their own have.
pub(super) const SERVER: &[Spec] = &[
    HOST,
    spec("port", "Port", Input::Number, "", "Empty: the usual one."),
    more(
        "security",
        "Speak",
        Input::Choice(&[
            ("plain", "in plain text"),
            ("starttls", "TLS after STARTTLS"),
            ("tls", "TLS from the first byte on"),
        ]),
        "",
        "",
    ),
    more("user", "User", Input::Text, "", ""),
    more("password", "Password", Input::Secret, "", ""),
    more("database", "Database", Input::Text, "", "For those that have several."),
    TRUSTED,
];

pub(super) const DOCKER: &[Spec] = &[
    spec("container", "Container", Input::Text, "grafana", "Its name or id."),
    more("socket", "Socket", Input::Text, "/var/run/docker.sock", "On which Docker or Podman listens."),
];

pub(super) const GRPC: &[Spec] = &[
    HOST,
    PORT,
    more("service", "Service", Input::Text, "", "Empty: the server as a whole."),
    more("tls", "Speak over TLS", Input::Switch, "", ""),
];

pub(super) const REGISTRY: &[Spec] = &[
    spec("image", "Image", Input::Text, "ghcr.io/me/app:1", ""),
    spec("user", "User", Input::Text, "me", ""),
    spec("password", "Password or token", Input::Secret, "", ""),
];

pub(super) const GROUP: &[Spec] = &[
    spec(
        "members",
        "Members",
        Input::Lines,
        "service/config/photos",
        "One on each line: the id of a resource, or its name.",
    ),
    spec(
        "rule",
        "Well when",
        Input::Text,
        "all",
        "“all” of them are well, “any” of them is, or a share such as “50%”.",
    ),
];

/// How many rows for secret headers the form has: those that are there, and room for more.
pub(crate) fn secret_headers_shown(entered: &Entered) -> usize {
    let last = (0..super::reading::SECRET_HEADERS_MAX)
        .rev()
        .find(|row| !entered.get(&format!("secret_name_{row}")).is_empty());
    (last.map_or(0, |last| last + 1) + 1).min(super::reading::SECRET_HEADERS_MAX)
}
