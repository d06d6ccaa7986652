//! Fetching what the owner wrote down.

use crate::config::{Place, web_address};
use http_probe::{Client, Limits, ProbeError, Redirects, Request, Url};
use std::time::Duration;

/// The longest that one source may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is larger is no calendar and no news.
const BYTES_MAX: usize = 8 << 20;

/// What stands at a place.
///
/// # Errors
/// A sentence that never shows the address: it may be a secret.
pub(crate) async fn fetch(client: &Client, place: &Place) -> Result<Vec<u8>, String> {
    let url = match place {
        Place::File(path) => return read_file(path.clone()).await,
        Place::Url(url) => url.clone(),
        Place::Secret(secret) => {
            let secret = secret.clone();
            let resolved = tokio::task::spawn_blocking(move || secret.resolve()).await;
            let resolved = resolved.map_err(|_| "Its address could not be read.".to_owned())?;
            web_address(resolved.map_err(sentence)?.reveal()).map_err(sentence)?
        }
    };
    get(client, &url).await
}

/// What is answered at an address.
///
/// # Errors
/// A sentence.
pub(crate) async fn get(client: &Client, url: &str) -> Result<Vec<u8>, String> {
    let url = Url::parse(url).map_err(|error| sentence(error.to_string()))?;
    let request = Request {
        limits: Limits { total: PATIENCE, body_bytes: BYTES_MAX, ..Limits::default() },
        redirects: Redirects::Follow,
        ..Request::get(url)
    };
    let response = client.get(&request).await.map_err(|error| why(&error))?;
    match response.status {
        200 if response.body_truncated => Err(format!("It is larger than {} MB.", BYTES_MAX >> 20)),
        200 => Ok(response.body.to_vec()),
        401 | 403 => Err(format!("It wants a login (status {}).", response.status)),
        404 | 410 => Err(format!("There is nothing at its address any more (status {}).", response.status)),
        429 => Err("It was asked too often.".to_owned()),
        status => Err(format!("It answered with status {status}.")),
    }
}

/// Why there was no answer.
fn why(error: &ProbeError) -> String {
    match error {
        // Where it leads mostly holds the secret again.
        ProbeError::TooManyRedirects { .. }
        | ProbeError::RedirectLoop { .. }
        | ProbeError::BadRedirect { .. } => {
            "It redirects again and again, or to what is no address.".to_owned()
        }
        other => sentence(other.to_string()),
    }
}

async fn read_file(path: std::path::PathBuf) -> Result<Vec<u8>, String> {
    use tokio::io::AsyncReadExt as _;
    let failed = |error: std::io::Error| format!("The file {} cannot be read: {error}.", path.display());
    let file = tokio::fs::File::open(&path).await.map_err(failed)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX) + 1;
    file.take(limit).read_to_end(&mut bytes).await.map_err(failed)?;
    if bytes.len() > BYTES_MAX {
        return Err(format!("The file {} is larger than {} MB.", path.display(), BYTES_MAX >> 20));
    }
    Ok(bytes)
}

/// With a capital letter and a full stop.
fn sentence(text: impl Into<String>) -> String {
    let text = text.into();
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => "It could not be read.".to_owned(),
    }
}
