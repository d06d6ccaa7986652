//! What people write down themselves: bookmarks, search engines, and tiles for what Hob does not find.

use hob_base::ResourceId;
use hob_base::wording::tidy;

/// The scope of tiles that people wrote down on the home page: `service/by-hand/wiki`.
pub const SCOPE: &str = "by-hand";
/// The most links of all kinds.
pub const LINKS_MAX: usize = 2000;
/// The longest address.
const URL_BYTES_MAX: usize = 2000;
/// What stands for the words in the address of a search engine.
pub const QUERY: &str = "{query}";

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// A tile with a health of its own.
    Tile,
    /// A plain link.
    Bookmark,
    /// A search engine; its address has [`QUERY`] in it.
    Engine,
}

impl LinkKind {
    /// The word in tables and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tile => "tile",
            Self::Bookmark => "bookmark",
            Self::Engine => "engine",
        }
    }

    /// Reads that word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tile, Self::Bookmark, Self::Engine].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name in addresses and ids; unique among links of its kind.
    pub id: String,
    /// What it is for.
    pub kind: LinkKind,
    /// What it is called.
    pub name: String,
    /// Where it leads.
    pub url: String,
    /// Under which heading it stands.
    pub group: Option<String>,
    /// One or two characters, or a built-in symbol.
    pub icon: Option<String>,
    /// What it is, in a few words.
    pub description: Option<String>,
    /// Words to find it by, divided by commas.
    pub tags: Option<String>,
    /// Whether a tile is probed.
    pub checked: bool,
    /// Whether it stands in `hob.toml`, and can only be changed there.
    pub fixed: bool,
}

impl Link {
    /// A link of this kind without anything else.
    pub fn new(kind: LinkKind, name: impl Into<String>, url: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: slug(&name),
            kind,
            name,
            url: url.into(),
            group: None,
            icon: None,
            description: None,
            tags: None,
            checked: kind == LinkKind::Tile,
            fixed: false,
        }
    }

    /// The resource that a tile is.
    pub fn resource(&self) -> ResourceId {
        ResourceId::new("service", SCOPE, &self.id)
    }
}

/// All links, those of the file first, then in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Grows with every change.
    pub version: u64,
    /// The links.
    pub all: Vec<Link>,
}

impl Links {
    /// Those of one kind.
    pub fn of(&self, kind: LinkKind) -> impl Iterator<Item = &Link> {
        self.all.iter().filter(move |link| link.kind == kind)
    }

    /// One of them.
    pub fn find(&self, kind: LinkKind, id: &str) -> Option<&Link> {
        self.of(kind).find(|link| link.id == id)
    }

    /// An id of this kind that no other link has.
    pub fn free_id(&self, kind: LinkKind, wanted: &str) -> String {
        let stem = if wanted.is_empty() { kind.as_str() } else { wanted };
        let mut id = stem.to_owned();
        let mut number = 2_u32;
        while self.find(kind, &id).is_some() {
            id = format!("{stem}-{number}");
            number += 1;
        }
        id
    }
}

/// A name as part of an address: letters, digits and hyphens.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase).take(60) {
        if letter.is_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// An address that a browser opens: `http://` or `https://`, without a password in it.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#'])) else {
        return Err("it must begin with http:// or https:// and a host, such as https://photos.example.org/"
            .to_owned());
    };
    if text.len() > URL_BYTES_MAX
        || text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>\"".contains(c))
    {
        return Err(format!("it must be one address without spaces, of at most {URL_BYTES_MAX} letters"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("it must not have a name or password in it: everybody who sees the page could read them"
            .to_owned());
    }
    Ok(text.to_owned())
}

/// The address of a search engine, with [`QUERY`] where the words go; without it they are put at the end, where many
/// engines want them.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_engine(text: &str) -> Result<String, String> {
    let url = check_url(&text.replace("%s", QUERY))?;
    if url.contains(QUERY) {
        return Ok(url);
    }
    if url.ends_with('=') {
        return Ok(format!("{url}{QUERY}"));
    }
    Err(format!("it must say where the words go, such as https://duckduckgo.com/?q={QUERY}"))
}

/// The address that an engine answers these words at.
pub fn engine_address(url: &str, words: &str) -> String {
    const KEEP: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let words: String = words.trim().chars().take(500).collect();
    url.replace(QUERY, &percent_encoding::utf8_percent_encode(&words, &KEEP).to_string())
}

/// Scheme and host of an address, for the policy that says where forms may lead.
pub fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c));
    plain.then(|| format!("{scheme}://{host}"))
}

/// A text of one line, or nothing.
pub fn short(text: &str, max: usize) -> Option<String> {
    Some(tidy(text, max)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_those_that_a_browser_opens() {
        assert_eq!(check_url(" https://nas.lan:8096/web "), Ok("https://nas.lan:8096/web".to_owned()));
        for wrong in
            ["", "nas.lan", "javascript:alert(1)", "https://", "http:///x", "https://a b", "ftp://x/"]
        {
            assert!(check_url(wrong).is_err(), "{wrong}");
        }
        assert!(check_url("https://me:secret@nas.lan/").unwrap_err().contains("password"));
    }

    #[test]
    fn an_engine_says_where_the_words_go() {
        let engine = check_engine("https://duckduckgo.com/?q=%s&ia=web").unwrap();
        assert_eq!(engine_address(&engine, " a&b ü"), "https://duckduckgo.com/?q=a%26b%20%C3%BC&ia=web");
        assert_eq!(
            check_engine("https://searx.lan/search?q=").unwrap(),
            "https://searx.lan/search?q={query}"
        );
        assert!(check_engine("https://duckduckgo.com/").unwrap_err().contains("{query}"));
        assert_eq!(origin(&engine).as_deref(), Some("https://duckduckgo.com"));
        assert_eq!(origin("https://x;script-src *"), None);
    }

    #[test]
    fn names_become_parts_of_addresses_and_no_two_are_the_same() {
        assert_eq!(slug("  Home Assistant (new)! "), "home-assistant-new");
        let links = Links { version: 1, all: vec![Link::new(LinkKind::Bookmark, "Wiki", "https://w/")] };
        assert_eq!(links.free_id(LinkKind::Bookmark, "wiki"), "wiki-2");
        assert_eq!(links.free_id(LinkKind::Tile, "wiki"), "wiki");
        assert_eq!(links.free_id(LinkKind::Tile, ""), "tile");
    }

    proptest! {
        #[test]
        fn what_is_accepted_keeps_its_host_whatever_is_searched(url in "https://[a-z.]{1,9}/[a-z?=]{0,9}\\{query\\}", words in ".{0,40}") {
            let engine = check_engine(&url).unwrap();
            let address = engine_address(&engine, &words);
            prop_assert_eq!(origin(&address), origin(&engine));
            prop_assert!(check_url(&address).is_ok(), "{}", address);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = (check_url(&text), check_engine(&text), origin(&text), slug(&text));
        }
    }
}
