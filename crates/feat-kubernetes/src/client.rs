//! What is asked of an API server: the one place that names `kube`.
//!
//! `kube` knows how to sign in (kubeconfigs in all their styles, client certificates, tokens that are renewed, proxies); what
//! comes back is read here, object by object, so that a large list is never in memory as a whole, and every failure
//! becomes a [`Trouble`] in one sentence.

mod exec;
mod kubeconfig;
mod page;
mod trouble;

pub(crate) use kubeconfig::where_it_leads;
pub(crate) use page::Page;
pub(crate) use trouble::{Fault, Trouble};

use crate::config::Origin;
use http::{Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take to begin. A list of a large cluster is put together first.
const HEAD_WITHIN: Duration = Duration::from_secs(45);
/// How long the next piece of an answer may take.
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// How long the next piece of a watch may take; whoever watches is less patient.
const WATCH_WITHIN_MAX: Duration = Duration::from_secs(600);
/// The largest answer that is read at once, in bytes: a page of a list is cut into smaller ones when it is larger.
const ANSWER_BYTES_MAX: usize = 48 * 1024 * 1024;
/// The largest change that is read, in bytes. An object in etcd has 1.5 MB by default.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A buffer that grew beyond this is given back.
const BUFFER_BYTES_KEPT: usize = 64 * 1024;
/// How much of an error's text is read, in bytes.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// An API server that can be asked.
#[derive(Clone)]
pub(crate) struct Api {
    client: kube::Client,
    config: Arc<kube::Config>,
    /// Where it is: `https://192.168.1.5:6443`.
    pub(crate) server: String,
    /// When what was shown to get in ends, in milliseconds since 1970, where that is known and it can be had anew.
    pub(crate) expires_ms: Option<i64>,
    /// When the client certificate ends, in milliseconds since 1970, where there is one: somebody must renew it.
    pub(crate) certificate_ends_ms: Option<i64>,
}

impl Api {
    /// Gets ready to ask the API server to which `origin` leads. Nothing is sent to it yet; an exec plugin is run.
    ///
    /// # Errors
    /// What is wrong with the kubeconfig or the plugin.
    pub(crate) async fn open(origin: &Origin) -> Result<Self, Trouble> {
        let (mut config, expires_ms) = kubeconfig::load(origin).await?;
        // Hob tries again by itself, and knows when that makes sense.
        config.default_retry = false;
        config.connect_timeout = Some(Duration::from_secs(8));
        Self::connect(config, expires_ms).await
    }

    /// The same identity and the same authority at another address: a kubelet of the cluster.
    ///
    /// # Errors
    /// [`Trouble`]; also where nobody's certificate is checked, since whoever took that address would be shown what Hob
    /// signs in with.
    pub(crate) async fn elsewhere(&self, address: &SocketAddr) -> Result<Self, Trouble> {
        let mut config = kube::Config::clone(&self.config);
        if config.accept_invalid_certs {
            return Err(Trouble::unchecked(address));
        }
        let url = format!("https://{address}");
        config.cluster_url = url.parse().map_err(|_| Trouble::protocol(&url, "this is no address"))?;
        config.tls_server_name = None;
        config.proxy_url = None;
        Self::connect(config, self.expires_ms).await
    }

    async fn connect(config: kube::Config, expires_ms: Option<i64>) -> Result<Self, Trouble> {
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let config = Arc::new(config);
        let with = kube::Config::clone(&config);
        // Reads files and root certificates.
        let client = tokio::task::spawn_blocking(move || kube::Client::try_from(with))
            .await
            .map_err(|error| Trouble::protocol(&server, &error.to_string()))?
            .map_err(|error| Trouble::of(&server, &error))?;
        let certificate_ends_ms =
            if expires_ms.is_some() { None } else { kubeconfig::certificate_ends(&config).await };
        Ok(Self { client, config, server, expires_ms, certificate_ends_ms })
    }

    /// One answer in JSON, within `limit`.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, limit: Duration) -> Result<T, Trouble> {
        let asking = async {
            let body = self.send(path, "application/json").await?;
            self.collect(body, ANSWER_BYTES_MAX).await
        };
        let bytes =
            tokio::time::timeout(limit, asking).await.map_err(|_| Trouble::silent(&self.server, limit))??;
        serde_json::from_slice(&bytes).map_err(|error| Trouble::protocol(&self.server, &error.to_string()))
    }

    /// The first `max` bytes of an answer in plain text, within `limit`.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(crate) async fn text(&self, path: &str, max: usize, limit: Duration) -> Result<String, Trouble> {
        let asking = async {
            let mut body = self.send(path, "*/*").await?;
            let mut text = Vec::new();
            while text.len() < max
                && let Some(piece) = self.piece(&mut body, PIECE_WITHIN).await?
            {
                text.extend_from_slice(&piece);
            }
            text.truncate(max);
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        tokio::time::timeout(limit, asking).await.map_err(|_| Trouble::silent(&self.server, limit))?
    }

    /// One page of a list; each object is handed to `each` and dropped.
    ///
    /// # Errors
    /// [`Trouble`]; [`Fault::TooLarge`] asks for a smaller page.
    pub(crate) async fn list(&self, path: &str, each: impl FnMut(Value)) -> Result<Page, Trouble> {
        let body = self.send(path, "application/json").await?;
        let bytes = self.collect(body, ANSWER_BYTES_MAX).await?;
        page::read(&bytes, each).map_err(|error| Trouble::protocol(&self.server, &error.to_string()))
    }

    /// Changes as they happen.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(crate) async fn watch(&self, path: &str) -> Result<Changes, Trouble> {
        let body = self.send(path, "application/json").await?;
        Ok(Changes { api: self.clone(), body, buffer: Vec::new(), read: 0 })
    }

    async fn send(&self, path: &str, accept: &str) -> Result<Body, Trouble> {
        let request = Request::get(path)
            .header(header::ACCEPT, accept)
            .header(header::USER_AGENT, "hob")
            .body(Body::empty())
            .map_err(|error| Trouble::protocol(&self.server, &error.to_string()))?;
        let response = tokio::time::timeout(HEAD_WITHIN, self.client.send(request))
            .await
            .map_err(|_| Trouble::silent(&self.server, HEAD_WITHIN))?
            .map_err(|error| Trouble::of(&self.server, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response.into_body());
        }
        let mut body = response.into_body();
        let mut text = Vec::new();
        while text.len() < ERROR_BYTES_MAX
            && let Ok(Some(piece)) = self.piece(&mut body, PIECE_WITHIN).await
        {
            text.extend_from_slice(&piece);
        }
        Err(Trouble::refused(&self.server, status.as_u16(), &text))
    }

    async fn collect(&self, mut body: Body, max: usize) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(&mut body, PIECE_WITHIN).await? {
            if bytes.len() + piece.len() > max {
                return Err(Trouble::too_large(&self.server, max));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// The next piece of a body; `None` at its end.
    async fn piece(
        &self,
        body: &mut Body,
        within: Duration,
    ) -> Result<Option<impl AsRef<[u8]> + std::ops::Deref<Target = [u8]> + use<>>, Trouble> {
        loop {
            let frame = tokio::time::timeout(within, body.frame())
                .await
                .map_err(|_| Trouble::silent(&self.server, within))?;
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(Trouble::broken(&self.server, &error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// One line of a watch.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub(crate) struct Change {
    /// `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
    #[serde(rename = "type", default)]
    pub(crate) what: String,
    /// The object; of a bookmark only its version, of an error its status.
    #[serde(default)]
    pub(crate) object: Value,
}

/// Changes as they happen.
pub(crate) struct Changes {
    api: Api,
    body: Body,
    buffer: Vec<u8>,
    /// How much of the buffer holds no end of a line.
    read: usize,
}

impl Changes {
    /// The next change; `None` when the server ended the watch. A change that is no JSON is left out.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(crate) async fn next(&mut self) -> Result<Option<Change>, Trouble> {
        loop {
            while let Some(line) = self.line() {
                if let Ok(change) = serde_json::from_slice::<Change>(&line) {
                    return Ok(Some(change));
                }
            }
            let Some(piece) = self.api.piece(&mut self.body, WATCH_WITHIN_MAX).await? else {
                return Ok(None);
            };
            self.buffer.extend_from_slice(&piece);
            if self.buffer.len() > LINE_BYTES_MAX && !self.buffer.contains(&b'\n') {
                return Err(Trouble::too_large(&self.api.server, LINE_BYTES_MAX));
            }
        }
    }

    /// Takes the first whole line out of the buffer.
    fn line(&mut self) -> Option<Vec<u8>> {
        let Some(end) = self.buffer[self.read..].iter().position(|byte| *byte == b'\n') else {
            self.read = self.buffer.len();
            return None;
        };
        let rest = self.buffer.split_off(self.read + end + 1);
        let mut line = std::mem::replace(&mut self.buffer, rest);
        self.read = 0;
        line.pop();
        if self.buffer.is_empty() && self.buffer.capacity() > BUFFER_BYTES_KEPT {
            self.buffer = Vec::new();
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_else_is_shown_a_token_where_no_certificate_is_checked() {
        let mut config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
        config.accept_invalid_certs = true;
        let api = Api::connect(config, None).await.unwrap();
        let trouble = api.elsewhere(&"192.168.1.7:10250".parse().unwrap()).await.map(|_| ()).unwrap_err();
        assert_eq!(trouble.fault, Fault::Setup);
        assert!(trouble.sentence.contains("192.168.1.7:10250 is not asked"), "{trouble:?}");
    }
}
