//! The conversation with a registry.

use std::time::Duration;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_probe::{
    Client, Hop, Limits, Method, ProbeError, Redirects, Request, Response, Scheme, Url, UrlError, next_hop,
};
use tokio::time::Instant;

use crate::answer::{
    self, Demand, Errors, Refusal, Right, Token, challenges, is_invalid_grant, is_page, may_be_asked,
    rate_limit, refresh_form, retry_after, says_registry, token_url, unexpected,
};
use crate::credential::{Credential, basic, bearer};
use crate::manifest::{ACCEPT, Manifest, best, platform_of_config, platforms};
use crate::outcome::{Outcome, Pullable, RateLimit, Report};
use crate::platform::Platform;
use crate::reference::{Digest, Reference};

/// Largest manifest, in bytes: what registries have to take (OCI distribution specification v1.1,
/// "Pushing Manifests").
const MAX_MANIFEST: usize = 4 * 1024 * 1024;

/// Largest configuration of an image, in bytes.
const MAX_CONFIG: usize = 4 * 1024 * 1024;

/// Largest answer of a token service, and of the registry to what is no manifest, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Number of redirects followed for one manifest or configuration.
const MAX_HOPS: usize = 5;

/// The type of a form (RFC 6749, section 4.1.3).
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// The header with the digest of a manifest (OCI distribution specification v1.1, "Pulling manifests").
const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What to ask a registry.
#[derive(Debug, Clone)]
pub struct Question {
    /// The image.
    pub reference: Reference,
    /// What the registry is shown, should it ask.
    pub credential: Option<Credential>,
    /// The platform which the image should run on.
    pub platform: Platform,
    /// Whether the registry is asked over plain HTTP. One on this machine is, in any case.
    pub insecure: bool,
    /// What came of the last time. If the digest is still the same, nothing but it is asked for, and
    /// what is known is told again: Docker Hub counts every manifest that is fetched as a pull.
    pub known: Option<Known>,
    /// Whether that the manifest is there is enough: it is not fetched, and what is made for which platform is not looked
    /// at. A refusal is looked into all the same.
    pub head_only: bool,
    /// How long all may take together.
    pub deadline: Duration,
}

/// What an earlier answer told: see [`Question::known`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its digest.
    pub digest: Digest,
    /// Its platforms.
    pub platforms: Vec<Platform>,
}

impl Question {
    /// A question without a credential, for the platform of this machine, to be answered within 30
    /// seconds.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            reference,
            credential: None,
            platform: Platform::of_this_machine(),
            insecure: false,
            known: None,
            head_only: false,
            deadline: Duration::from_secs(30),
        }
    }
}

/// Asks the registry of an image whether it can be pulled.
///
/// Makes two to six requests: the registry itself, its token service, the manifest, and what is
/// needed to judge these.
///
/// The future holds the connection: dropping it ends the conversation at once.
pub async fn ask(client: &Client, question: &Question) -> Report {
    let outcome = match Talk::new(client, question) {
        Ok(talk) => Box::pin(talk.pull()).await.unwrap_or_else(|outcome| outcome),
        Err(error) => Outcome::Network(error),
    };
    Report {
        reference: question.reference.clone(),
        outcome,
        credential_expires_at: question.credential.as_ref().and_then(Credential::expires_at),
    }
}

/// What a step gives, or the outcome which ends the conversation.
type Step<T> = Result<T, Outcome>;

/// One conversation.
struct Talk<'a> {
    client: &'a Client,
    question: &'a Question,
    base: Url,
    end: Instant,
}

/// The right to read, and how it came.
struct Access {
    right: Right,
    header: Option<HeaderValue>,
    lifetime: Option<Duration>,
}

/// What a registry says to who knocks.
struct Knock {
    demand: Option<Demand>,
    /// Whether the server is known to be a registry.
    sure: bool,
}

/// A token service which gives no token.
struct Refused {
    status: u16,
    said: Option<String>,
}

/// What to fetch, and how much of it.
#[derive(Clone, Copy)]
struct Want<'a> {
    head: bool,
    accept: &'a str,
    limit: usize,
}

impl<'a> Talk<'a> {
    fn new(client: &'a Client, question: &'a Question) -> Result<Self, ProbeError> {
        let plain = question.insecure || question.reference.is_local();
        let scheme = if plain { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/v2/", question.reference.host()))?;
        // A clock cannot hold every sum.
        let end = Instant::now() + question.deadline.min(Duration::from_secs(86_400));
        Ok(Self { client, question, base, end })
    }

    async fn pull(&self) -> Step<Outcome> {
        let knock = self.knock().await?;
        let mut access = match &knock.demand {
            Some(demand) => self.log_in(demand).await?,
            None => Access { right: Right::Open, header: None, lifetime: None },
        };
        if let Some(found) = self.unchanged(&access).await? {
            return Ok(Outcome::Ok(found));
        }
        let mut answer = self.manifest(&access).await?;
        // Some registries let everybody knock and ask only then who it is.
        if answer.status == 401 && access.right == Right::Open {
            let demand = self.demand(&answer)?;
            access = self.log_in(&demand).await?;
            answer = self.manifest(&access).await?;
        }
        if answer.status != 200 {
            return self.explain(&access, &answer, &knock).await;
        }
        self.judge(&access, &answer).await
    }

    /// Asks for the root of the interface (OCI distribution specification v1.1, end-1).
    async fn knock(&self) -> Step<Knock> {
        let answer = self.get(&self.base, Want { accept: "*/*", ..Want::small() }, None).await?;
        let (status, headers) = (answer.status, &answer.headers);
        let sure = says_registry(headers);
        let page = is_page(headers) && !sure;
        match status {
            200 if page => Err(Outcome::NotARegistry { saw: "the answer is a page for people".to_owned() }),
            200 => Ok(Knock { demand: None, sure }),
            401 => {
                let demand = self.demand(&answer)?;
                let sure = sure || matches!(demand, Demand::Token { .. });
                Ok(Knock { demand: Some(demand), sure })
            }
            404 | 405 if sure => Ok(Knock { demand: None, sure }),
            400 if http_probe::says_use_https(&answer) => {
                let reason = "it wants to be asked over HTTPS, and was asked without".to_owned();
                Err(Outcome::RegistryFault { status, reason })
            }
            300..=399 => {
                let to = answer.location().and_then(|to| answer::plain(&to.to_string()));
                let to = to.unwrap_or_else(|| "another address".to_owned());
                Err(Outcome::NotARegistry { saw: format!("it sends on to {to}") })
            }
            _ => {
                let errors = Errors::parse(&answer.body);
                if sure || !errors.codes.is_empty() {
                    return Err(Outcome::RegistryFault { status, reason: unexpected(errors.said) });
                }
                let saw = format!("it answers with status {status} where every registry says who it is");
                Err(Outcome::NotARegistry { saw })
            }
        }
    }

    fn demand(&self, answer: &Response) -> Step<Demand> {
        Demand::of(&self.base, &challenges(&answer.headers))
            .map_err(|reason| Outcome::RegistryFault { status: answer.status, reason })
    }

    /// Gets the right which the registry demands.
    async fn log_in(&self, demand: &Demand) -> Step<Access> {
        let credential = self.question.credential.as_ref();
        match (demand, credential) {
            (_, Some(Credential::RegistryToken(token))) => Ok(Access {
                right: Right::GivenToken,
                header: Some(sendable(bearer(token))?),
                lifetime: None,
            }),
            (Demand::Password, Some(Credential::Password { user, password })) => {
                let header = Some(sendable(basic(user, password))?);
                Ok(Access { right: Right::Password, header, lifetime: None })
            }
            (Demand::Password, Some(Credential::IdentityToken(_))) => {
                let reason = "it wants a name and a password, and an identity token is neither".to_owned();
                Err(Outcome::RegistryFault { status: 401, reason })
            }
            (Demand::Password, None) => Err(Outcome::NoCredential { said: None }),
            (Demand::Token { realm, service }, _) => self.log_in_at(realm, service.as_deref()).await,
        }
    }

    /// Gets a token, and where there is none, the reason.
    async fn log_in_at(&self, realm: &Url, service: Option<&str>) -> Step<Access> {
        if !may_be_asked(&self.base, realm) {
            let reason = "its token service is to be asked without HTTPS, where everybody on the way could \
                          read the credential"
                .to_owned();
            return Err(Outcome::RegistryFault { status: 401, reason });
        }
        let known = self.question.credential.is_some();
        let scope = format!("repository:{}:pull", self.question.reference.repository());
        let refused = match self.token(realm, service, Some(&scope)).await? {
            Ok(token) => {
                let right = if known { Right::Token } else { Right::Anonymous };
                return Ok(Access {
                    right,
                    header: Some(sendable(bearer(&token.token))?),
                    lifetime: token.lifetime,
                });
            }
            Err(refused) => refused,
        };
        let said = refused.said;
        if !known {
            return Err(Outcome::NoCredential { said });
        }
        // Some services refuse a token for what the credential may not read. Logging in alone, as
        // `docker login` does, tells whether it is that.
        if refused.status == 403 && self.token(realm, service, None).await?.is_ok() {
            return Err(Outcome::NoAccess { said });
        }
        Err(Outcome::CredentialRejected { said })
    }

    /// Asks a token service for a token, with the credential if there is one.
    async fn token(
        &self,
        realm: &Url,
        service: Option<&str>,
        scope: Option<&str>,
    ) -> Step<Result<Token, Refused>> {
        let too_long = Outcome::Network(ProbeError::BadUrl { reason: UrlError::TooLong });
        let request = match &self.question.credential {
            Some(Credential::IdentityToken(token)) => Request {
                method: Method::POST,
                headers: vec![(header::CONTENT_TYPE, FORM)],
                body: refresh_form(service, scope, token).into(),
                body_is_private: true,
                ..Request::get(realm.clone())
            },
            Some(Credential::Password { user, password }) => Request {
                headers: vec![(header::AUTHORIZATION, sendable(basic(user, password))?)],
                ..Request::get(token_url(realm, service, scope, Some(user)).ok_or(too_long)?)
            },
            // A token for the registry itself is nothing to show to a token service.
            Some(Credential::RegistryToken(_)) | None => {
                Request::get(token_url(realm, service, scope, None).ok_or(too_long)?)
            }
        };
        let answer = self.send(request, Want::small()).await?;
        self.read_token(&answer)
    }

    fn read_token(&self, answer: &Response) -> Step<Result<Token, Refused>> {
        let status = answer.status;
        let fault = |reason| Err(Outcome::RegistryFault { status, reason });
        let by_form = matches!(self.question.credential, Some(Credential::IdentityToken(_)));
        match status {
            200 if answer.body_truncated => {
                fault("the answer of its token service is too large or broke off".to_owned())
            }
            200 => match Token::parse(&answer.body) {
                Some(token) => Ok(Ok(token)),
                None => fault("its token service gives out something that is no token".to_owned()),
            },
            401 | 403 => Ok(Err(Refused { status, said: Errors::parse(&answer.body).said })),
            // RFC 6749, section 5.2.
            400 if by_form && is_invalid_grant(&answer.body) => {
                Ok(Err(Refused { status, said: Errors::parse(&answer.body).said }))
            }
            404 | 405 if by_form => fault("its token service takes no identity tokens".to_owned()),
            300..=399 => {
                fault("its token service sends on to another address, which gets no credential".to_owned())
            }
            _ => fault(format!("of its token service, {}", unexpected(Errors::parse(&answer.body).said))),
        }
    }

    fn manifest_path(&self, version: &str) -> String {
        format!("/v2/{}/manifests/{version}", self.question.reference.repository())
    }

    async fn manifest(&self, access: &Access) -> Step<Response> {
        let path = self.manifest_path(self.question.reference.version());
        self.fetch(&path, Want { head: false, accept: ACCEPT, limit: MAX_MANIFEST }, access).await
    }

    /// What is known, if the registry still has it; or that it has it, if that is enough.
    async fn unchanged(&self, access: &Access) -> Step<Option<Pullable>> {
        let known = self.question.known.as_ref();
        if known.is_none() && !self.question.head_only {
            return Ok(None);
        }
        let path = self.manifest_path(self.question.reference.version());
        let answer = self.fetch(&path, Want { head: true, accept: ACCEPT, limit: 0 }, access).await?;
        let Some(told) = told_digest(&answer.headers).filter(|_| answer.status == 200) else {
            return Ok(None);
        };
        let same = known.filter(|known| known.digest == told);
        if same.is_none() && !self.question.head_only {
            return Ok(None);
        }
        let platforms = same.map(|known| known.platforms.clone()).unwrap_or_default();
        Ok(Some(pullable(access, &answer, told, platforms)))
    }

    /// Says why there is no manifest.
    async fn explain(&self, access: &Access, answer: &Response, knock: &Knock) -> Step<Outcome> {
        match answer::refusal(access.right, answer.status, &answer.headers, &answer.body, knock.sure) {
            Refusal::Is(outcome) => Ok(outcome),
            Refusal::AskCredential => {
                let said = Errors::parse(&answer.body).said;
                // Where everybody may knock, being let in proves nothing.
                let rejected = knock.demand.is_none()
                    || self.get(&self.base, Want::small(), access.header.clone()).await?.status == 401;
                Ok(if rejected { Outcome::CredentialRejected { said } } else { Outcome::NoAccess { said } })
            }
            Refusal::AskRepository => {
                let path = format!("/v2/{}/tags/list?n=1", self.question.reference.repository());
                let tags = self.fetch(&path, Want::small(), access).await?;
                let said = Errors::parse(&answer.body).said;
                Ok(if tags.status == 404 { Outcome::NoAccess { said } } else { Outcome::TagMissing })
            }
        }
    }

    /// Judges a manifest, and fetches what tells of its platform.
    async fn judge(&self, access: &Access, answer: &Response) -> Step<Outcome> {
        let fault =
            |reason: &str| Outcome::RegistryFault { status: answer.status, reason: reason.to_owned() };
        if answer.body_truncated {
            return Err(fault("the manifest is larger than 4 MiB, or broke off"));
        }
        let Some(manifest) = Manifest::parse(&answer.body) else {
            let page = is_page(&answer.headers);
            let saw = "in place of a manifest there is a page for people".to_owned();
            return Err(if page {
                Outcome::NotARegistry { saw }
            } else {
                fault("the manifest cannot be read")
            });
        };
        let wanted = self.question.reference.digest().cloned();
        let told = wanted.or_else(|| told_digest(&answer.headers));
        // The digest of an old manifest is not that of its bytes, as these hold signatures.
        let checked = !matches!(manifest, Manifest::Old(_));
        if checked && told.as_ref().is_some_and(|digest| !digest.is_of(&answer.body)) {
            return Err(fault("the manifest is not the one that its digest belongs to"));
        }
        let digest = told.unwrap_or_else(|| Digest::sha256(&answer.body));
        let there = self.platforms(access, manifest).await?;
        let wanted = &self.question.platform;
        if there.as_ref().is_some_and(|there| !there.iter().any(|platform| wanted.runs(platform))) {
            let there = there.unwrap_or_default();
            return Ok(Outcome::WrongArchitecture { wanted: wanted.clone(), there });
        }
        Ok(Outcome::Ok(pullable(access, answer, digest, there.unwrap_or_default())))
    }

    /// The platforms of a manifest; `None` where nobody tells.
    async fn platforms(&self, access: &Access, manifest: Manifest) -> Step<Option<Vec<Platform>>> {
        match manifest {
            Manifest::Artifact => Ok(None),
            Manifest::Old(platform) => Ok(Some(vec![platform])),
            Manifest::Image { config } => {
                Ok(self.config(access, &config).await?.map(|platform| vec![platform]))
            }
            Manifest::Index(images) => {
                let best = best(&images, &self.question.platform);
                if let Some(image) = best {
                    self.find(access, &image.digest).await?;
                }
                // The best image has no platform only if none has.
                let untold = best.is_some_and(|image| image.platform.is_none());
                Ok((!untold).then(|| platforms(&images)))
            }
        }
    }

    /// Asks whether the manifest of one image of an index is there. Who tidies up images without a tag
    /// often takes those away to which an index points.
    async fn find(&self, access: &Access, digest: &Digest) -> Step<()> {
        let path = self.manifest_path(digest.as_str());
        let answer = self.fetch(&path, Want { head: true, accept: ACCEPT, limit: 0 }, access).await?;
        if answer.status != 404 {
            return Ok(());
        }
        let reason =
            format!("the tag is there, but the image for {} that it names is gone", self.question.platform);
        Err(Outcome::RegistryFault { status: 404, reason })
    }

    /// The platform in the configuration of an image (OCI distribution specification v1.1, end-2).
    async fn config(&self, access: &Access, digest: &Digest) -> Step<Option<Platform>> {
        let path = format!("/v2/{}/blobs/{digest}", self.question.reference.repository());
        let want = Want { head: false, accept: "*/*", limit: MAX_CONFIG };
        let answer = self.fetch(&path, want, access).await?;
        let fault =
            |reason: &str| Err(Outcome::RegistryFault { status: answer.status, reason: reason.to_owned() });
        match answer.status {
            200 if answer.body_truncated => {
                fault("the configuration of the image is larger than 4 MiB, or broke off")
            }
            200 if !digest.is_of(&answer.body) => {
                fault("the configuration of the image is not the one that its digest belongs to")
            }
            200 => Ok(platform_of_config(&answer.body)),
            404 => fault("the tag is there, but the configuration of its image is gone"),
            _ => fault("it gives out the manifest, but not the configuration of the image"),
        }
    }

    /// Fetches something of the repository and follows redirects, without any credential or token.
    async fn fetch(&self, path: &str, want: Want<'_>, access: &Access) -> Step<Response> {
        let bad = |reason| Outcome::Network(ProbeError::BadUrl { reason });
        let mut url = self.base.join(path.as_bytes()).map_err(bad)?;
        let mut header = access.header.clone();
        for _ in 0..=MAX_HOPS {
            let answer = self.get(&url, want, header.take()).await?;
            let location = answer.headers.get(header::LOCATION).map(HeaderValue::as_bytes);
            let status = answer.status;
            match next_hop(&url, status, location, Redirects::Follow) {
                Hop::Final | Hop::Stop => return Ok(answer),
                Hop::Follow(next) if next.scheme() == Scheme::Https || self.base.scheme() == Scheme::Http => {
                    url = next;
                }
                Hop::Follow(_) => {
                    let reason = "it sends on to an address without HTTPS".to_owned();
                    return Err(Outcome::RegistryFault { status, reason });
                }
                Hop::Bad { reason } => {
                    let reason = format!("it sends on to an address that cannot be asked: {reason}");
                    return Err(Outcome::RegistryFault { status, reason });
                }
            }
        }
        Err(Outcome::Network(ProbeError::TooManyRedirects { limit: MAX_HOPS as u8, last: Box::new(url) }))
    }

    /// Fetches something with a credential or a token, and follows no redirect.
    async fn get(&self, url: &Url, want: Want<'_>, authorization: Option<HeaderValue>) -> Step<Response> {
        let headers = authorization.map(|value| (header::AUTHORIZATION, value)).into_iter().collect();
        let request = if want.head { Request::head(url.clone()) } else { Request::get(url.clone()) };
        self.send(Request { headers, ..request }, want).await
    }

    /// Sends a request, and ends the conversation if the answer is about limits or a fault.
    async fn send(&self, request: Request, want: Want<'_>) -> Step<Response> {
        let answer = self.connect(request, want).await?;
        let status = answer.status;
        match status {
            429 => Err(Outcome::RateLimited {
                retry_after: retry_after(&answer.headers),
                limit: rate_limit(&answer.headers).unwrap_or_default(),
            }),
            500.. => {
                let reason = unexpected(Errors::parse(&answer.body).said);
                Err(Outcome::RegistryFault { status, reason })
            }
            _ => Ok(answer),
        }
    }

    /// Sends a request, and takes no answer of whom the roots do not trust. To such a server
    /// `http-probe` sends neither `Authorization` nor a private body.
    async fn connect(&self, mut request: Request, want: Want<'_>) -> Step<Response> {
        let total = self.end.saturating_duration_since(Instant::now());
        request
            .headers
            .extend(HeaderValue::from_str(want.accept).ok().map(|accept| (header::ACCEPT, accept)));
        request.limits = Limits { total, body_bytes: want.limit, redirects: 0, ..Limits::default() };
        request.redirects = Redirects::No;
        let answer = self.client.get(&request).await.map_err(Outcome::Network)?;
        match answer.certificate.as_ref().map(|certificate| &certificate.trusted) {
            Some(Err(why)) => Err(Outcome::Network(ProbeError::TlsHandshake {
                addr: answer.remote,
                reason: format!("the certificate is {why}"),
            })),
            Some(Ok(())) | None => Ok(answer),
        }
    }
}

impl Want<'_> {
    fn small() -> Self {
        Self { head: false, accept: "application/json", limit: MAX_ANSWER }
    }
}

fn sendable(header: Option<HeaderValue>) -> Step<HeaderValue> {
    header.ok_or_else(|| Outcome::RegistryFault {
        status: 401,
        reason: "it wants a token which holds characters that cannot be sent".to_owned(),
    })
}

fn told_digest(headers: &HeaderMap) -> Option<Digest> {
    Digest::parse(headers.get(DIGEST)?.to_str().ok()?.trim()).ok()
}

fn pullable(access: &Access, answer: &Response, digest: Digest, platforms: Vec<Platform>) -> Pullable {
    let rate_limit: Option<RateLimit> = rate_limit(&answer.headers);
    let credential_used = matches!(access.right, Right::Token | Right::Password | Right::GivenToken);
    Pullable { digest, platforms, token_lifetime: access.lifetime, rate_limit, credential_used }
}
