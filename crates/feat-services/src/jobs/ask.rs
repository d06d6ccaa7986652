//! Asks an endpoint what it is: one harmless `GET /`, and one for its icon.

use crate::model::icon;
use crate::model::page::{Page, read_page};
use crate::model::tracked::{Found, Other, Web};
use crate::store::Icon;
use hob_base::wording::tidy;
use http::{HeaderMap, HeaderName, header};
use http_probe::{Client, Limits, Phase, ProbeError, Redirects, Request, Response, Url, says_use_https};
use std::net::SocketAddr;
use std::time::Duration;

/// How much of a page is read.
const PAGE_BYTES: usize = 64 * 1024;
/// A larger icon is none.
const ICON_BYTES: usize = 256 * 1024;
/// All icons of one service together.
const ICON_PATIENCE: Duration = Duration::from_secs(5);
/// The longest header that is kept, in characters.
const HEADER_MAX: usize = 100;

/// What was found, and the icon that came with it.
pub(super) struct Answer {
    pub(super) found: Found,
    pub(super) icon: Option<Icon>,
}

impl From<Other> for Answer {
    fn from(other: Other) -> Self {
        Self { found: Found::Other(other), icon: None }
    }
}

/// Asks an endpoint at the first of `targets` that takes the connection.
pub(super) async fn ask(client: &Client, targets: &[SocketAddr], patience: Duration) -> Answer {
    for target in targets {
        match get(client, &address("http", *target), patience).await {
            Ok(response) if says_use_https(&response) => {
                return match secured(client, *target, patience).await {
                    Some(answer) => answer,
                    None => web(client, &address("http", *target), Some(&response), patience).await,
                };
            }
            Ok(response) => return web(client, &address("http", *target), Some(&response), patience).await,
            // Another address of the same endpoint may do.
            Err(ProbeError::Refused { .. } | ProbeError::Unreachable { .. }) => {}
            // Some servers answer plain text by hanging up when they want TLS.
            Err(
                ProbeError::LooksLikeTls { .. }
                | ProbeError::ConnectionClosed { phase: Phase::BeforeHead, .. },
            ) => {
                return secured(client, *target, patience).await.unwrap_or_else(|| Other::Silent.into());
            }
            Err(error) => return judged(client, &address("http", *target), &error, patience).await,
        }
    }
    Other::Silent.into()
}

/// Asks over TLS. `None` when nothing is to be learnt that way.
async fn secured(client: &Client, target: SocketAddr, patience: Duration) -> Option<Answer> {
    let url = address("https", target);
    match get(client, &url, patience).await {
        Ok(response) => Some(web(client, &url, Some(&response), patience).await),
        // It speaks TLS, but admits only who shows a certificate of their own.
        Err(ProbeError::TlsHandshake { .. }) => Some(Other::Spoke.into()),
        Err(
            ProbeError::ConnectionClosed { .. }
            | ProbeError::TlsTimeout { .. }
            | ProbeError::NotTls { .. }
            | ProbeError::Refused { .. },
        ) => None,
        Err(error) => Some(judged(client, &url, &error, patience).await),
    }
}

/// What a failure says: a broken answer in HTTP is an answer in HTTP.
async fn judged(client: &Client, url: &str, error: &ProbeError, patience: Duration) -> Answer {
    match error {
        ProbeError::BodyTimeout { .. }
        | ProbeError::BadBody { .. }
        | ProbeError::HeadTooLarge { .. }
        | ProbeError::RedirectLoop { .. }
        | ProbeError::TooManyRedirects { .. }
        | ProbeError::BadRedirect { .. } => web(client, url, None, patience).await,
        ProbeError::NotHttp { .. } | ProbeError::BadHead { .. } | ProbeError::NotTls { .. } => {
            Other::Spoke.into()
        }
        _ => Other::Silent.into(),
    }
}

/// `http://127.0.0.1:3000/`, without a port that goes without saying, as a person would write it.
fn address(scheme: &str, target: SocketAddr) -> String {
    match Url::parse(&format!("{scheme}://{target}/")) {
        Ok(url) => url.to_string(),
        // An IPv6 address of one link carries the number of an interface, which no URL can.
        Err(_) => format!("{scheme}://{target}/"),
    }
}

async fn get(client: &Client, url: &str, patience: Duration) -> Result<Response, ProbeError> {
    let request = Request {
        limits: Limits { total: patience, connect: patience, body_bytes: PAGE_BYTES, ..Limits::default() },
        redirects: Redirects::SameHost,
        ..Request::get(Url::parse(url)?)
    };
    client.get(&request).await
}

async fn web(client: &Client, url: &str, response: Option<&Response>, patience: Duration) -> Answer {
    let Some(response) = response else {
        return Answer { found: Found::Web(Web { url: url.to_owned(), ..Web::default() }), icon: None };
    };
    let full_type = header_text(&response.headers, &header::CONTENT_TYPE).unwrap_or_default();
    let content_type = full_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_page = content_type.is_empty() || content_type.contains("html") || content_type.contains("xml");
    let page = if is_page { read_page(&response.body, &full_type) } else { Page::default() };
    // A bare answer in JSON or text that is well has no icon; what refuses strangers may have one.
    let wants_icon = is_page || response.status >= 300;
    let icon = if wants_icon {
        let looking = find_icon(client, response, &page.icons, patience);
        tokio::time::timeout(ICON_PATIENCE, looking).await.unwrap_or_default()
    } else {
        None
    };
    let web = Web {
        url: url.to_owned(),
        title: page.title,
        server: header_text(&response.headers, &header::SERVER),
        content_type: Some(content_type).filter(|kind| !kind.is_empty()),
        icon: icon.as_ref().map(|icon| icon.hash.clone()),
    };
    Answer { found: Found::Web(web), icon }
}

/// The icon of the site at an address that is known; `None` when it has none.
///
/// # Errors
/// When the site does not answer.
pub(super) async fn icon_of(client: &Client, url: &str, patience: Duration) -> Result<Option<Icon>, ()> {
    let response = get(client, url, patience).await.map_err(|_| ())?;
    let full_type = header_text(&response.headers, &header::CONTENT_TYPE).unwrap_or_default();
    let page = if full_type.contains("html") || full_type.is_empty() {
        read_page(&response.body, &full_type)
    } else {
        Page::default()
    };
    let looking = find_icon(client, &response, &page.icons, patience);
    Ok(tokio::time::timeout(ICON_PATIENCE, looking).await.unwrap_or_default())
}

/// The first icon that is one: those that the page names, if they are on the same host and port, then the usual one.
async fn find_icon(
    client: &Client,
    response: &Response,
    named: &[String],
    patience: Duration,
) -> Option<Icon> {
    let here = &response.final_url;
    let named = named.iter().filter_map(|href| here.join(href.as_bytes()).ok());
    let mut candidates: Vec<Url> = named.filter(|url| url.same_origin(here)).take(2).collect();
    let usual = here.join(b"/favicon.ico").ok();
    candidates.extend(usual.filter(|url| !candidates.contains(url)));
    for url in candidates {
        let request = Request {
            limits: Limits {
                total: patience,
                connect: patience,
                body_bytes: ICON_BYTES,
                ..Limits::default()
            },
            redirects: Redirects::SameHost,
            ..Request::get(url)
        };
        let Ok(answer) = client.get(&request).await else { continue };
        if answer.status != 200 || answer.body_truncated || !answer.final_url.same_origin(here) {
            continue;
        }
        if let Some(content_type) = icon::sniff(&answer.body) {
            return Some(Icon {
                hash: icon::hash(&answer.body),
                content_type: content_type.to_owned(),
                bytes: answer.body.to_vec(),
            });
        }
    }
    None
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned();
    Some(tidy(&value, HEADER_MAX)).filter(|text| !text.is_empty())
}
