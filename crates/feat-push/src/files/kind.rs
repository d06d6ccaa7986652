//! What a file is, by how it begins or what it is called.

/// How files begin: where, the bytes, the type, the extension.
const BEGINNINGS: &[(usize, &[u8], &str, &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (0, b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (0, b"GIF87a", "image/gif", ".gif"),
    (0, b"GIF89a", "image/gif", ".gif"),
    (8, b"WEBP", "image/webp", ".webp"),
    (4, b"ftypavif", "image/avif", ".avif"),
    (4, b"ftypheic", "image/heic", ".heic"),
    (0, b"BM", "image/bmp", ".bmp"),
    (0, b"%PDF-", "application/pdf", ".pdf"),
    (8, b"WAVE", "audio/wav", ".wav"),
    (8, b"AVI ", "video/x-msvideo", ".avi"),
    (4, b"ftypqt", "video/quicktime", ".mov"),
    (4, b"ftypM4A", "audio/mp4", ".m4a"),
    (4, b"ftyp", "video/mp4", ".mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm", ".webm"),
    (0, b"ID3", "audio/mpeg", ".mp3"),
    (0, b"\xff\xfb", "audio/mpeg", ".mp3"),
    (0, b"OggS", "audio/ogg", ".ogg"),
    (0, b"fLaC", "audio/flac", ".flac"),
    (0, b"\x1f\x8b", "application/gzip", ".gz"),
    (0, b"BZh", "application/x-bzip2", ".bz2"),
    (0, b"\xfd7zXZ\0", "application/x-xz", ".xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd", ".zst"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ".7z"),
    (257, b"ustar", "application/x-tar", ".tar"),
];

/// Types by the end of the name, where the beginning says little.
const ENDINGS: &[(&str, &str, &str)] = &[
    (".apk", "application/vnd.android.package-archive", ".apk"),
    (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    (".zip", "application/zip", ".zip"),
    (".svg", "image/svg+xml", ".svg"),
    (".html", "text/html; charset=utf-8", ".html"),
    (".json", "application/json", ".json"),
    (".csv", "text/csv; charset=utf-8", ".csv"),
    (".md", "text/markdown; charset=utf-8", ".md"),
    (".xml", "text/xml; charset=utf-8", ".xml"),
    (".yml", "application/yaml", ".yml"),
    (".yaml", "application/yaml", ".yaml"),
    (".log", "text/plain; charset=utf-8", ".log"),
    (".sh", "text/plain; charset=utf-8", ".sh"),
    (".txt", "text/plain; charset=utf-8", ".txt"),
    (".mp3", "audio/mpeg", ".mp3"),
];

/// The type of a file and the extension of its address, by its beginning and its name.
pub(crate) fn of(start: &[u8], name: &str) -> (&'static str, &'static str) {
    for (at, bytes, kind, extension) in BEGINNINGS {
        if start.get(*at..).is_some_and(|rest| rest.starts_with(bytes)) {
            return (kind, extension);
        }
    }
    let name = name.to_ascii_lowercase();
    let text = is_text(start);
    let zip = start.starts_with(b"PK\x03\x04");
    for (ending, kind, extension) in ENDINGS {
        let textual = !matches!(*ending, ".apk" | ".docx" | ".xlsx" | ".zip" | ".mp3");
        // A name alone does not make a program a text.
        if name.ends_with(ending) && (text || !textual) {
            return (kind, extension);
        }
    }
    match (zip, text) {
        (true, _) => ("application/zip", ".zip"),
        (_, true) => ("text/plain; charset=utf-8", ".txt"),
        _ => ("application/octet-stream", ""),
    }
}

fn is_text(start: &[u8]) -> bool {
    let valid = match std::str::from_utf8(start) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    valid && !start.contains(&0)
}

/// Whether a browser may show this in its place: what cannot run anything.
pub(crate) fn is_harmless(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default();
    matches!(
        kind,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/bmp" | "text/plain"
    ) || kind.starts_with("audio/")
        || kind.starts_with("video/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_how_they_begin() {
        for (start, name, kind, extension) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], "x.txt", "image/png", ".png"),
            (b"\xff\xd8\xff\xe0", "", "image/jpeg", ".jpg"),
            (b"RIFF....WEBPVP8 ", "", "image/webp", ".webp"),
            (b"....ftypisom", "", "video/mp4", ".mp4"),
            (b"PK\x03\x04", "app.APK", "application/vnd.android.package-archive", ".apk"),
            (b"PK\x03\x04", "", "application/zip", ".zip"),
            (b"hello", "", "text/plain; charset=utf-8", ".txt"),
            ("h\u{e9}".as_bytes().split_at(2).0, "", "text/plain; charset=utf-8", ".txt"),
            (b"<svg>", "x.svg", "image/svg+xml", ".svg"),
            (b"\0\x01", "x.html", "application/octet-stream", ""),
            (b"", "", "text/plain; charset=utf-8", ".txt"),
        ] {
            assert_eq!(of(start, name), (kind, extension), "{name} {start:?}");
        }
    }

    #[test]
    fn only_what_cannot_run_is_shown_in_its_place() {
        for kind in ["image/png", "text/plain; charset=utf-8", "video/mp4", "audio/ogg"] {
            assert!(is_harmless(kind), "{kind}");
        }
        for kind in ["text/html; charset=utf-8", "image/svg+xml", "text/xml", "application/pdf", ""] {
            assert!(!is_harmless(kind), "{kind}");
        }
    }
}
