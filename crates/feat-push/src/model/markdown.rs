//! Markdown of messages as markup. Nothing of it is trusted: HTML in it is shown as text, pictures are links (nothing is
//! loaded from elsewhere), and links lead only where a browser may go.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// How deep lists, quotes and emphasis are nested at most; what is deeper is shown flat.
const DEPTH_MAX: usize = 16;
/// The longest text that is read as Markdown, in bytes; a message has at most 4096.
const TEXT_MAX: usize = 16 << 10;

/// The address of a link, if a click on it may lead there.
pub(crate) fn safe_link(address: &str) -> Option<&str> {
    let address = address.trim();
    let (scheme, rest) = address.split_once(':')?;
    let known = ["http", "https", "mailto", "tel", "sms", "geo"];
    let fine = known.iter().any(|known| scheme.eq_ignore_ascii_case(known)) && !rest.is_empty();
    (fine && !address.chars().any(char::is_control)).then_some(address)
}

/// Draws Markdown.
pub(crate) fn markdown(text: &str) -> Markup {
    let text = ntfy_protocol::text::cut(text, TEXT_MAX);
    let mut drawing = Drawing::default();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        drawing.add(event);
    }
    drawing.finish()
}

/// Plain text, with its addresses as links and its line ends kept by the stylesheet.
pub(crate) fn plain(text: &str) -> Markup {
    let mut rest = text;
    let mut pieces: Vec<Markup> = Vec::new();
    while let Some(at) = next_address(rest) {
        let (before, from) = rest.split_at(at);
        let (address, after) = from.split_at(address_length(from));
        pieces.push(html! { (before) a href=(address) rel="noopener noreferrer nofollow" target="_blank" { (address) } });
        rest = after;
    }
    html! { @for piece in &pieces { (piece) } (rest) }
}

/// Where the next `http://` or `https://` begins.
fn next_address(text: &str) -> Option<usize> {
    let found = |start: &str| text.find(start).filter(|at| text.len() > at + start.len());
    [found("https://"), found("http://")].into_iter().flatten().min()
}

/// How far an address goes: up to a blank, a quote or a bracket, without punctuation at its end.
fn address_length(text: &str) -> usize {
    let ends =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '“' | '”' | '(' | ')');
    let whole = text.find(ends).map_or(text, |end| text.get(..end).unwrap_or(text));
    whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']).len().max(1)
}

/// Markup that is being written: text is escaped by maud, elements are constants of ours.
#[derive(Default)]
struct Drawing {
    out: String,
    open: Vec<&'static str>,
    /// How many elements were not opened since they were too deep.
    flat: usize,
}

impl Drawing {
    fn text(&mut self, text: &str) {
        self.out.push_str(&html! { (text) }.into_string());
    }

    fn begin(&mut self, start: &str, end: &'static str) {
        if self.open.len() >= DEPTH_MAX {
            self.flat += 1;
            return;
        }
        self.out.push_str(start);
        self.open.push(end);
    }

    fn end(&mut self) {
        if self.flat > 0 {
            self.flat -= 1;
        } else if let Some(end) = self.open.pop() {
            self.out.push_str(end);
        }
    }

    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.out.push_str(&html! { code { (text) } }.into_string()),
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text);
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph => self.begin("<p>", "</p>"),
            // The page has its own headings; those of a message are only strong.
            Tag::Heading { .. } => self.begin("<p><strong>", "</strong></p>"),
            Tag::BlockQuote(_) => self.begin("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(_) => self.begin("<pre tabindex=\"0\"><code>", "</code></pre>"),
            Tag::List(None) => self.begin("<ul>", "</ul>"),
            Tag::List(Some(_)) => self.begin("<ol>", "</ol>"),
            Tag::Item => self.begin("<li>", "</li>"),
            Tag::Emphasis => self.begin("<em>", "</em>"),
            Tag::Strong => self.begin("<strong>", "</strong>"),
            Tag::Strikethrough => self.begin("<s>", "</s>"),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => match safe_link(dest_url) {
                Some(address) => {
                    let start =
                        html! { a href=(address) rel="noopener noreferrer nofollow" target="_blank" {} };
                    let start = start.into_string();
                    self.begin(start.trim_end_matches("</a>"), "</a>");
                }
                None => self.begin("<span>", "</span>"),
            },
            _ => self.begin("<div>", "</div>"),
        }
    }

    fn close(&mut self, _: TagEnd) {
        self.end();
    }

    fn finish(mut self) -> Markup {
        while let Some(end) = self.open.pop() {
            self.out.push_str(end);
        }
        PreEscaped(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(text: &str) -> String {
        markdown(text).into_string()
    }

    #[test]
    fn what_phones_draw_is_drawn() {
        let text = drawn(
            "# Done\n\n**bold** _thin_ ~~gone~~ `code`\n\n1. one\n2. two\n\n> said\n\n```\nx < y\n```\n\n---\n- a\n  - b",
        );
        for part in [
            "<p><strong>Done</strong></p>",
            "<strong>bold</strong> <em>thin</em> <s>gone</s> <code>code</code>",
            "<ol><li>one</li><li>two</li></ol>",
            "<blockquote><p>said</p></blockquote>",
            "<code>x &lt; y\n</code></pre>",
            "<hr>",
            "<ul><li>a<ul><li>b</li></ul></li></ul>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn nothing_in_a_message_runs_or_loads() {
        let text = drawn(
            "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![i](https://e.org/p.png) \
             [y](data:text/html,x) [z](\"onclick=x) <https://a.org/\"onmouseover=1>",
        );
        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
        assert!(!text.contains("javascript:") && !text.contains("data:"), "{text}");
        assert!(text.contains("href=\"https://e.org/p.png\""), "a picture is a link: {text}");
        assert!(!text.contains("\"onmouseover"), "{text}");
    }

    #[test]
    fn only_addresses_that_browsers_open_safely_are_links() {
        for good in ["https://a.org", "HTTP://a.org", "mailto:a@b.org", "geo:1,2", "tel:+491"] {
            assert_eq!(safe_link(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            " javascript:x",
            "/system",
            "data:x",
            "file:///etc",
            "https:",
            "ht\ntp://x",
        ] {
            assert_eq!(safe_link(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_in_plain_text_are_links() {
        let text = plain("See https://a.org/x?y=1, and (http://b.org). <b>no</b> https://").into_string();
        assert!(text.contains(">https://a.org/x?y=1</a>,"), "{text}");
        assert!(text.contains(">http://b.org</a>)."), "{text}");
        assert!(text.contains("&lt;b&gt;no&lt;/b&gt; https://"), "{text}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_closed_again(text in "[a*_`>#\\-<\\[\\]()!\n 1.~]{0,300}") {
            let drawn = drawn(&text);
            let count = |part: &str| drawn.matches(part).count();
            for element in ["p", "strong", "em", "s", "ul", "ol", "li", "blockquote", "a", "code", "pre", "span", "div"] {
                let opened = count(&format!("<{element}>")) + count(&format!("<{element} "));
                prop_assert_eq!(opened, count(&format!("</{element}>")), "{} in {}", element, drawn);
            }
        }

        #[test]
        fn any_text_can_be_drawn(text in "\\PC{0,400}") {
            let _ = (markdown(&text), plain(&text));
        }
    }
}
