//! Stylesheet, scripts and icons: in the binary, compressed at build time, under names that change with their content.

use crate::compress::Packed;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// Its name in `assets/`.
    pub name: &'static str,
    /// Its address, with a hash of the content.
    pub path: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of an asset. A name that does not exist is a mistake in our own pages; it leads to a 404, which the
/// browser tests notice.
pub fn asset(name: &str) -> &'static str {
    find(name).map_or("/assets/missing", |asset| asset.path)
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Answers with an asset; its address never changes its content, so browsers keep it for a year.
pub(crate) async fn serve_asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(file.as_str()))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    respond(asset, &headers, "public, max-age=31536000, immutable")
}

/// Answers with an asset under an address that stays the same, such as the service worker's.
pub(crate) fn serve_fixed(name: &str, headers: &HeaderMap) -> Response {
    match find(name) {
        Some(asset) => respond(asset, headers, "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn respond(asset: &Asset, headers: &HeaderMap, cache: &'static str) -> Response {
    let (body, how) = match (Packed::for_request(headers), asset.brotli, asset.gzip) {
        (Packed::Brotli, Some(body), _) => (body, Packed::Brotli),
        (Packed::Brotli | Packed::Gzip, _, Some(body)) => (body, Packed::Gzip),
        _ => (asset.plain, Packed::Plain),
    };
    let mut response = body.into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = how.coding() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_has_its_own_address_with_a_hash() {
        for asset in ASSETS {
            assert!(
                asset.path.starts_with("/assets/") && asset.path.len() > asset.name.len() + 16,
                "{}",
                asset.path
            );
            assert_eq!(ASSETS.iter().filter(|other| other.path == asset.path).count(), 1);
        }
    }
}
