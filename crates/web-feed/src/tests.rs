use crate::{Entry, NotAFeed, parse, plain};
use proptest::prelude::*;

const RSS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>News &amp; more</title><link>https://example.org/</link>
<atom:link href="https://example.org/feed.xml" rel="self" type="application/rss+xml"/>
<image><title>Logo</title><link>https://example.org/logo</link></image>
<item><title><![CDATA[Release <b>2.0</b> &amp; fixes]]></title><link>https://example.org/2</link>
<pubDate>Mon, 23 Nov 2026 10:00:00 +0100</pubDate><description>Long</description></item>
<item><description>&lt;p&gt;Only a description&lt;/p&gt;</description><guid>https://example.org/1</guid></item>
<item><title>bad link</title><link>javascript:alert(1)</link></item>
</channel></rss>"#;

const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Releases</title>
<link rel="alternate" type="text/html" href="https://example.org/releases?a=1&amp;b=2"/>
<entry><id>tag:x</id><link rel="edit" href="https://example.org/edit"/><link href="https://example.org/v3"/>
<title type="html">v3 &amp;amp; up</title><updated>2026-11-22T08:00:00Z</updated></entry></feed>"#;

#[test]
fn rss() {
    let feed = parse(RSS.as_bytes()).unwrap();
    assert_eq!((feed.title.as_str(), feed.link.as_deref()), ("News & more", Some("https://example.org/")));
    let titles: Vec<_> = feed.entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles, ["Release 2.0 & fixes", "Only a description", "bad link"]);
    assert_eq!(feed.entries[0].at_ms, Some(1_795_424_400_000));
    assert_eq!(feed.entries[1].link.as_deref(), Some("https://example.org/1"));
    assert_eq!(feed.entries[2].link, None);
}

#[test]
fn atom() {
    let feed = parse(ATOM.as_bytes()).unwrap();
    assert_eq!(feed.link.as_deref(), Some("https://example.org/releases?a=1&b=2"));
    let expected = Entry {
        title: "v3 & up".to_owned(),
        link: Some("https://example.org/v3".to_owned()),
        at_ms: Some(1_795_334_400_000),
    };
    assert_eq!(feed.entries, [expected]);
}

#[test]
fn rdf_and_other_encodings() {
    let rdf = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><rdf:RDF xmlns:dc=\"x\"><channel><title>K\u{fc}che</title></channel>\
               <item><title>Caf\u{e9}</title><link>http://example.org/</link><dc:date>2026-11-22</dc:date></item></rdf:RDF>";
    let latin: Vec<u8> = rdf.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let feed = parse(&latin).unwrap();
    assert_eq!((feed.title.as_str(), feed.entries[0].title.as_str()), ("Küche", "Café"));
    assert!(feed.entries[0].at_ms.is_some());
}

#[test]
fn json() {
    let text = r#"{"version":"https://jsonfeed.org/version/1.1","title":"J","home_page_url":"https://example.org/",
        "items":[{"id":"1","title":"One","url":"https://example.org/1","date_published":"2026-11-22T08:00:00Z"},{"id":"2"}]}"#;
    let feed = parse(text.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 1, "what has no words is no headline");
    assert_eq!(feed.entries[0].at_ms, Some(1_795_334_400_000));
    assert_eq!(parse(b"{\"version\":1}"), Err(NotAFeed::Unknown));
}

#[test]
fn what_is_no_feed_is_said_so() {
    assert_eq!(parse(b"<!DOCTYPE html><html><title>Login</title></html>"), Err(NotAFeed::Html));
    assert_eq!(parse(b""), Err(NotAFeed::Unknown));
    assert_eq!(parse(b"<svg></svg>"), Err(NotAFeed::Unknown));
}

#[test]
fn mistakes_cost_what_follows_them() {
    let cut = RSS.split("<item><description>").next().unwrap();
    assert_eq!(parse(cut.as_bytes()).unwrap().entries.len(), 1);
    let bomb = "<!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><rss><channel><title>&b;</title></channel></rss>";
    assert_eq!(parse(bomb.as_bytes()).unwrap().title, "&b;");
}

#[test]
fn markup_becomes_text() {
    for (html, text) in [
        ("a &lt; b &amp; c &#8217; &#x41;", "a < b & c ’ A"),
        ("<p>one</p><p>two</p>", "one two"),
        ("1 < 2 & 3", "1 < 2 & 3"),
        ("&unknown; &toolongtobeanentity;", "&unknown; &toolongtobeanentity;"),
        ("cut <b", "cut"),
    ] {
        assert_eq!(plain(html), text);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(parts in prop::collection::vec(prop_oneof![
        Just("<rss>".to_owned()), Just("<item>".to_owned()), Just("<title>".to_owned()), Just("</item>".to_owned()),
        Just("<link href='".to_owned()), Just("&#".to_owned()), Just("<![CDATA[".to_owned()), ".{0,8}",
    ], 0..40)) {
        if let Ok(feed) = parse(parts.concat().as_bytes()) {
            prop_assert!(feed.entries.iter().all(|entry| !entry.title.is_empty() && entry.title.chars().count() <= 301));
        }
    }
}
