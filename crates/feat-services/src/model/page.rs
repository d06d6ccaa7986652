//! What a page says of itself: its title and its icon.

use hob_base::wording::tidy;
use html5gum::{DefaultEmitter, Token, Tokenizer};

/// The longest title in characters.
pub(crate) const TITLE_MAX: usize = 80;
/// The longest address of an icon in bytes. Longer ones are images within the page.
const HREF_MAX: usize = 2048;
/// Titles that say nothing of the service.
const GENERIC: &[&str] = &[
    "login",
    "log in",
    "log-in",
    "sign in",
    "signin",
    "please sign in",
    "please log in",
    "authentication",
    "authentication required",
    "index",
    "index page",
    "home",
    "homepage",
    "home page",
    "main",
    "start",
    "untitled",
    "untitled document",
    "document",
    "title",
    "page",
    "web",
    "website",
    "webpage",
    "default",
    "test",
    "test page",
    "error",
    "error page",
    "not found",
    "forbidden",
    "unauthorized",
    "access denied",
    "bad request",
    "bad gateway",
    "internal server error",
    "service unavailable",
    "site not found",
    "welcome",
    "it works!",
    "it works",
    "welcome to nginx!",
    "welcome to openresty!",
    "test page for the nginx http server",
    "http server test page",
    "congratulations! your website is working.",
    "react app",
    "vite app",
    "vite + react",
    "vite + react + ts",
    "vite + vue",
    "vite + vue + ts",
    "svelte app",
    "angular app",
    "loading",
    "loading...",
    "loading…",
    "please wait",
    "please wait...",
    "redirect",
    "redirecting",
    "redirecting...",
    "redirecting…",
    "moved",
    "moved permanently",
    "found",
    "see other",
    "object moved",
    "document moved",
    "dashboard",
    "console",
    "admin",
    "setup",
    "swagger ui",
    "api",
    "undefined",
    "null",
];
/// Beginnings of such titles.
const GENERIC_STARTS: &[&str] = &[
    "index of /",
    "directory listing for",
    "directory: /",
    "listing directory",
    "apache2 ",
    "apache http server test",
    "error response",
    "error:",
    "error 4",
    "error 5",
    "http error",
    "http status",
    "welcome to caddy",
    "your caddy",
    "iis windows",
];

/// What was found in a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// The text of `<title>`, as one line.
    pub(crate) title: Option<String>,
    /// The addresses of icons, best first.
    pub(crate) icons: Vec<String>,
}

/// Reads the beginning of a page. `content_type` is the header's value.
pub(crate) fn read_page(bytes: &[u8], content_type: &str) -> Page {
    let text = decode(bytes, content_type);
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let (mut title, mut in_title, mut in_svg) = (String::new(), false, 0_u32);
    let mut titled = false;
    let mut icons: Vec<(u8, String)> = Vec::new();
    for Ok(token) in Tokenizer::new_with_emitter(text.as_str(), emitter) {
        match token {
            Token::StartTag(tag) => match &*tag.name.0 {
                b"svg" if !tag.self_closing => in_svg += 1,
                b"title" if in_svg == 0 && !titled => in_title = true,
                b"link" => icons.extend(icon_link(|key| {
                    tag.attributes.get(key).map(|value| String::from_utf8_lossy(&value.0).into_owned())
                })),
                // Behind the head come no title and no icons, only a long page.
                b"body" if titled => break,
                _ => {}
            },
            Token::EndTag(tag) => match &*tag.name.0 {
                b"svg" => in_svg = in_svg.saturating_sub(1),
                b"title" => {
                    titled |= in_title;
                    in_title = false;
                }
                _ => {}
            },
            Token::String(text) if in_title && title.len() < 4 * TITLE_MAX => {
                title.push_str(&String::from_utf8_lossy(&text.0));
            }
            _ => {}
        }
    }
    let title = Some(tidy(&title, TITLE_MAX)).filter(|title| !title.is_empty());
    icons.sort_by_key(|(rank, _)| *rank);
    icons.truncate(4);
    Page { title, icons: icons.into_iter().map(|(_, href)| href).collect() }
}

/// The address of an icon and its rank: pictures that stay sharp first.
fn icon_link(attribute: impl Fn(&[u8]) -> Option<String>) -> Option<(u8, String)> {
    let rel = attribute(b"rel")?.to_ascii_lowercase();
    let words: Vec<&str> = rel.split_ascii_whitespace().collect();
    let is_icon = words.contains(&"icon");
    if !is_icon && !words.contains(&"apple-touch-icon") {
        return None;
    }
    let href = attribute(b"href")?.trim().to_owned();
    if href.is_empty() || href.len() > HREF_MAX || href.starts_with("data:") {
        return None;
    }
    let kind = attribute(b"type").unwrap_or_default().to_ascii_lowercase();
    let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let rank = match () {
        () if kind == "image/svg+xml" || path.ends_with(".svg") => 0,
        () if !is_icon => 1,
        () if path.ends_with(".png") => 2,
        () => 3,
    };
    Some((rank, href))
}

/// The text of a page. Pages are UTF-8 today; where the header names the one other set that is still met, it is heard.
fn decode(bytes: &[u8], content_type: &str) -> String {
    let content_type = content_type.to_ascii_lowercase();
    let is_latin = ["iso-8859-1", "windows-1252", "latin1"].iter().any(|name| content_type.contains(name));
    if is_latin && std::str::from_utf8(bytes).is_err() {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// Whether a title says nothing of the service: "Login", "Index of /", "404 Not Found".
pub(crate) fn is_generic(title: &str) -> bool {
    let title = title.trim().to_lowercase();
    let begins_with_status = title.get(..3).is_some_and(|start| matches!(start.parse::<u16>(), Ok(300..600)))
        && !title[3..].starts_with(|c: char| c.is_alphanumeric());
    !title.chars().any(char::is_alphanumeric)
        || begins_with_status
        || GENERIC.contains(&title.as_str())
        || GENERIC_STARTS.iter().any(|start| title.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn title(html: &str) -> Option<String> {
        read_page(html.as_bytes(), "text/html").title
    }

    #[test]
    fn the_title_is_read_as_a_browser_would() {
        for (html, expected) in [
            ("<title>Grafana</title>", Some("Grafana")),
            ("<TITLE lang=en>\n  Home &amp;\n Garden &#x2764; </TITLE >", Some("Home & Garden ❤")),
            ("<!-- <title>no</title> --><title>yes</title>", Some("yes")),
            ("<script>document.write('<title>no</title>')</script><title>yes</title>", Some("yes")),
            ("<svg><title>Logo</title></svg><title>Service</title>", Some("Service")),
            ("<title>&lt;b&gt;bold&lt;/b&gt; <i>x</i></title>", Some("<b>bold</b> <i>x</i>")),
            ("<title>one</title><title>two</title>", Some("one")),
            ("<title> \n </title>", None),
            ("<title>never ends", Some("never ends")),
            ("{\"title\": \"<title>\"}", Some("\"}")),
            ("", None),
        ] {
            assert_eq!(title(html).as_deref(), expected, "{html}");
        }
        assert_eq!(title(&format!("<title>{}</title>", "x".repeat(500))).unwrap().chars().count(), TITLE_MAX);
    }

    #[test]
    fn pages_in_other_sets_and_in_none_at_all_are_read() {
        let page = b"<title>Caf\xe9</title>";
        assert_eq!(read_page(page, "text/html; charset=ISO-8859-1").title.as_deref(), Some("Café"));
        assert_eq!(
            read_page(b"<title>Caf\xe9\xff\xfe</title>", "text/html; charset=utf-8").title.as_deref(),
            Some("Caf")
        );
    }

    #[test]
    fn icons_come_best_first() {
        let html = r#"<head><link rel="shortcut icon" href="/favicon.ico"><link rel=icon href="a.png?v=1">
            <LINK REL="Icon" TYPE="image/svg+xml" HREF=" /i.svg "><link rel="stylesheet" href="x.css">
            <link rel="icon" href="data:image/png;base64,AAAA"><link rel="mask-icon" href="m.svg"><link rel=icon>"#;
        assert_eq!(read_page(html.as_bytes(), "").icons, ["/i.svg", "a.png?v=1", "/favicon.ico"]);
    }

    #[test]
    fn titles_that_say_nothing_are_known() {
        for title in [
            "Login",
            "Index of /",
            "Directory listing for /",
            "404 Not Found",
            "Error",
            "Welcome to nginx!",
            "502",
            "Apache2 Debian Default Page: It works",
            "…",
            "401 - Unauthorized",
        ] {
            assert!(is_generic(title), "{title}");
        }
        for title in ["Grafana", "Login - Portainer", "Home Assistant", "404media", "8080 Manager", "ÄÖ"] {
            assert!(!is_generic(title), "{title}");
        }
    }

    proptest! {
        #[test]
        fn no_page_makes_it_panic(bytes: Vec<u8>, html in "(<(/?(title|svg|link|a|script)|!--)( (rel|href|x)(=('|\")?[a-z&;#0-9]{0,5}('|\")?)?)*/?>?|[a-z&;\\x00é ]{0,6}){0,20}") {
            read_page(&bytes, "text/html");
            read_page(html.as_bytes(), "");
        }

        #[test]
        fn no_title_makes_it_panic(title: String) {
            is_generic(&title);
        }
    }
}
