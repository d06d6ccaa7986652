//! Doors to what reads strangers' bytes, for the targets in `fuzz/`: bytes in, and a panic where a promise is broken.

use crate::model::endpoints::{address_text, group, names, targets};
use crate::model::page::{TITLE_MAX, is_generic, read_page};
use crate::model::process::{Process, may_see_all};
use crate::model::{icon, known};
use crate::read;
use std::collections::{BTreeSet, HashMap};

/// The title and the icons of a page.
pub fn page(bytes: &[u8], content_type: &str) {
    let page = read_page(bytes, content_type);
    if let Some(title) = &page.title {
        assert_plain(title, TITLE_MAX);
        assert!(!title.is_empty(), "a title is empty");
        is_generic(title);
    }
    assert!(page.icons.len() <= 4, "too many icons");
    for icon in &page.icons {
        assert!(!icon.is_empty() && icon.len() <= 2048, "the address of an icon has no good length");
        assert!(!icon.starts_with("data:"), "an image within the page counts as an address");
    }
}

/// What kind of image bytes are, and what they are called. Gives the content type.
pub fn image(bytes: &[u8]) -> Option<&'static str> {
    assert!(icon::is_hash(&icon::hash(bytes)), "the name of an icon is none");
    icon::sniff(bytes)
}

/// `/proc/net/tcp`, up to the names of the endpoints.
pub fn sockets(table: &[u8]) {
    let Ok(mut sockets) = read::read_lines(table) else { panic!("memory cannot be read") };
    sockets.sort();
    sockets.dedup();
    let pids: HashMap<u64, u32> =
        sockets.iter().filter(|socket| socket.inode % 3 > 0).map(|s| (s.inode, s.uid)).collect();
    let endpoints = group(&sockets, &pids);
    let names = names(&endpoints, |_| None);
    assert_eq!(names.len(), endpoints.len(), "an endpoint has no name");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "two endpoints have one name");
    let grouped: BTreeSet<u64> = endpoints.iter().flat_map(|endpoint| endpoint.inodes.clone()).collect();
    assert!(sockets.iter().all(|socket| grouped.contains(&socket.inode)), "a socket is lost");
    for endpoint in &endpoints {
        assert!(!targets(&endpoint.addresses, endpoint.port).is_empty(), "there is nowhere to ask");
        address_text(&endpoint.addresses);
    }
}

/// What the files of a process say: `comm`, `cmdline`, `cgroup` and `status`.
pub fn process(comm: &str, cmdline: &[u8], cgroup: &str, status: &str) {
    let process = Process::new(1, comm, cmdline, cgroup);
    for text in [Some(&process.comm), Some(&process.name), process.unit.as_ref(), process.container.as_ref()]
    {
        assert_plain(text.map_or("", String::as_str), 60);
    }
    process.is_forwarder();
    known::is_not_http(3000, Some(&process.comm));
    may_see_all(status);
}

fn assert_plain(text: &str, max: usize) {
    assert!(text.chars().count() <= max, "longer than {max} characters: {text}");
    assert!(!text.chars().any(char::is_control), "a control character: {text:?}");
}
