//! JSON Feed 1 and 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use crate::text::plain;
use crate::{Entry, Feed, date};
use serde_json::Value;

pub(crate) fn parse(bytes: &[u8]) -> Option<Feed> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    text(&document, "version").filter(|version| version.contains("jsonfeed.org"))?;
    let items = document.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let entries = items.iter().map(|item| {
        let title =
            text(item, "title").or_else(|| text(item, "summary")).or_else(|| text(item, "content_text"));
        let title = title.unwrap_or_else(|| plain(&text(item, "content_html").unwrap_or_default()));
        let at = text(item, "date_published").or_else(|| text(item, "date_modified"));
        Entry {
            title: plain(&title),
            link: text(item, "url").or_else(|| text(item, "external_url")),
            at_ms: at.and_then(|at| date::milliseconds(&at)),
        }
    });
    Some(Feed {
        title: plain(&text(&document, "title").unwrap_or_default()),
        link: text(&document, "home_page_url"),
        entries: entries.collect(),
    })
}
