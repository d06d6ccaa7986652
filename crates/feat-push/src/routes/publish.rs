//! Publishing: a request becomes a message, and is answered when the message is kept.

use super::{Asked, json};
use crate::config;
use crate::desk::desk;
use crate::files::{self, Upload};
use crate::outgoing;
use crate::store::attachments;
use crate::upload::{BodyError, BodyReader};
use crate::visitor::{Cost, Right, Visitor};
use crate::writer::{self, Filed, Publication, When};
use axum::response::Response;
use hob_base::Timestamp;
use hob_feature::Ctx;
use ntfy_protocol::{
    Body, Event, Limits, Message, PublishRequest, Refusal, SequenceId, Template, Topic, matrix, refusal,
};
use std::sync::atomic::Ordering;

/// How many messages may wait for their time.
const SCHEDULED_MAX: u64 = 10_000;
/// The longest request of a Matrix server; bytes.
const MATRIX_BYTES_MAX: usize = 128 << 10;

/// `PUT /topic`, `POST /topic`, `GET /topic/publish`, `PUT /topic/sequence`.
pub(super) async fn publish(
    asked: Asked,
    topic: Topic,
    sequence: Option<SequenceId>,
) -> Result<Response, Refusal> {
    let visitor = asked.visitor().await?;
    visitor.may(&asked.ctx, topic.as_str(), Right::Write).await?;
    let now = asked.ctx.clock.now().zoned(&asked.ctx.zone);
    let (headers, query) = (&asked.parts.headers, asked.query());
    let request = PublishRequest::from_http(topic, sequence, headers, query, &now, &Limits::default())?;
    let body = BodyReader::new(asked.body, &asked.parts.headers);
    let message =
        Publisher { ctx: asked.ctx, headers: asked.parts.headers, visitor }.take(request, body).await?;
    Ok(answer(&message))
}

/// `POST /` and `PUT /`.
pub(super) async fn publish_json(asked: Asked) -> Result<Response, Refusal> {
    let visitor = asked.visitor().await?;
    let now = asked.ctx.clock.now().zoned(&asked.ctx.zone);
    let query = asked.query().to_owned();
    let mut body = BodyReader::new(asked.body, &asked.parts.headers);
    let bytes = whole(&mut body, Limits::default().json_bytes(), refusal::JSON_BODY_TOO_LARGE).await?;
    let (request, text) =
        PublishRequest::from_json(&bytes, &asked.parts.headers, &query, &now, &Limits::default())?;
    visitor.may(&asked.ctx, request.topic.as_str(), Right::Write).await?;
    let publisher = Publisher { ctx: asked.ctx, headers: asked.parts.headers, visitor };
    let message = publisher.take(request, BodyReader::of_text(text)).await?;
    Ok(answer(&message))
}

/// `DELETE /topic/sequence`.
pub(super) async fn delete(asked: Asked, topic: Topic, sequence: SequenceId) -> Result<Response, Refusal> {
    of_sequence(asked, Event::MessageDelete, &topic, &sequence).await
}

/// `PUT /topic/sequence/clear`.
pub(super) async fn clear(asked: Asked, topic: Topic, sequence: SequenceId) -> Result<Response, Refusal> {
    of_sequence(asked, Event::MessageClear, &topic, &sequence).await
}

async fn of_sequence(
    asked: Asked,
    event: Event,
    topic: &Topic,
    sequence: &SequenceId,
) -> Result<Response, Refusal> {
    let visitor = asked.visitor().await?;
    visitor.may(&asked.ctx, topic.as_str(), Right::Write).await?;
    visitor.pay(&asked.ctx, Cost::Message)?;
    let now = asked.ctx.clock.now();
    let expires_at = now.plus(config::settings(&asked.ctx).keep);
    let id = new_id(&asked.ctx)?;
    let mut message = Message::of_sequence(event, id, seconds(now), topic.as_str(), sequence.as_str());
    message.expires = seconds(expires_at);
    let publisher = visitor.name().unwrap_or_default().to_owned();
    let publication = Publication { message, when: When::Now, at: now, expires_at, publisher, file: None };
    let delivery = writer::publish(&asked.ctx, publication).await?;
    Ok(answer(&delivery.message))
}

/// `POST /_matrix/push/v1/notify`.
pub(super) async fn matrix(asked: Asked) -> Result<Response, Refusal> {
    let visitor = asked.visitor().await?;
    let base = desk(&asked.ctx).base_url(&asked.ctx, Some(&asked.parts.headers));
    let limits = Limits::default();
    let mut body = BodyReader::new(asked.body, &asked.parts.headers);
    let bytes = whole(&mut body, MATRIX_BYTES_MAX, refusal::MATRIX_REQUEST_TOO_LARGE).await?;
    let notify = match matrix::parse(&bytes, &base, limits.message_bytes) {
        Ok(notify) => notify,
        Err(matrix::Unpublished::Rejected(pushkey)) => return Ok(json(&matrix::answer(&[&pushkey]))),
        Err(matrix::Unpublished::Refused(refusal)) => return Err(refusal),
    };
    visitor.may(&asked.ctx, notify.topic.as_str(), Right::Write).await?;
    let now = asked.ctx.clock.now().zoned(&asked.ctx.zone);
    let request =
        PublishRequest::from_http(notify.topic, None, &http::HeaderMap::new(), &notify.query, &now, &limits)?;
    let publisher = Publisher { ctx: asked.ctx, headers: asked.parts.headers, visitor };
    publisher.take(request, BodyReader::of_bytes(bytes.into())).await?;
    Ok(json(&matrix::answer(&[])))
}

/// A mail to a topic. Without a text its subject is the text, and what is too long is cut.
pub(crate) async fn of_mail(
    ctx: Ctx,
    visitor: Visitor,
    topic: &str,
    subject: &str,
    text: &str,
) -> Result<(), Refusal> {
    let limits = Limits::default();
    let topic = Topic::new(topic)?;
    visitor.may(&ctx, topic.as_str(), Right::Write).await?;
    let now = ctx.clock.now().zoned(&ctx.zone);
    let mut request = PublishRequest::from_http(topic, None, &http::HeaderMap::new(), "", &now, &limits)?;
    let (title, text) = if text.is_empty() { ("", subject) } else { (subject, text) };
    request.title = title.to_owned();
    let body = BodyReader::of_text(ntfy_protocol::text::cut(text, limits.message_bytes).to_owned());
    Publisher { ctx, headers: http::HeaderMap::new(), visitor }.take(request, body).await.map(drop)
}

fn answer(message: &Message) -> Response {
    json(&format!("{}\n", message.to_json()))
}

fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

fn new_id(ctx: &Ctx) -> Result<String, Refusal> {
    desk(ctx).new_id().map_err(|_| refusal::INTERNAL_ERROR)
}

async fn whole(body: &mut BodyReader, limit: usize, too_large: Refusal) -> Result<Vec<u8>, Refusal> {
    let bytes = body.peek(limit + 1).await.map_err(refusal_of)?.to_vec();
    if bytes.len() > limit { Err(too_large) } else { Ok(bytes) }
}

/// A body that breaks off is the sender's fault.
fn refusal_of(error: BodyError) -> Refusal {
    match error {
        BodyError::Broken => refusal::BAD_REQUEST.with_detail("the body ended before it was complete"),
        BodyError::TooSlow => refusal::BAD_REQUEST.with_detail("the body did not arrive in time"),
    }
}

/// Somebody who publishes one message.
struct Publisher {
    ctx: Ctx,
    headers: http::HeaderMap,
    visitor: Visitor,
}

impl Publisher {
    async fn take(&self, request: PublishRequest, mut body: BodyReader) -> Result<Message, Refusal> {
        self.visitor.pay(&self.ctx, Cost::Message)?;
        outgoing::check(&self.ctx, &self.visitor, &request)?;
        let limit = Limits::default().message_bytes;
        let start = body.peek(limit + 1).await.map_err(refusal_of)?;
        let more = start.len() > limit;
        let judged = request.judge_body(start.get(..limit).unwrap_or(start), more)?;
        let id = new_id(&self.ctx)?;
        match judged {
            Body::Attachment => self.with_file(request, id, body).await,
            Body::Template => self.rendered(request, id, body).await,
            judged => {
                let email = request.email.clone();
                let publication = self.publication(request, id, judged);
                self.send(publication, email).await
            }
        }
    }

    /// The message with its times, and what becomes of it.
    fn publication(&self, request: PublishRequest, id: String, body: Body) -> Publication {
        let now = self.ctx.clock.now();
        let keep = config::settings(&self.ctx).keep;
        let due = request.deliver_at.map(|at| Timestamp::from_millis(at.saturating_mul(1000)));
        let when = match due {
            Some(due) if due > now => When::Later(due),
            _ if request.cache && request.poll_id.is_empty() => When::Now,
            _ => When::NowUnkept,
        };
        let expires_at = due.unwrap_or(now).max(now).plus(keep);
        let message = request.into_message(id, seconds(now), seconds(expires_at), body);
        let publisher = self.visitor.name().unwrap_or_default().to_owned();
        Publication { message, when, at: now, expires_at, publisher, file: None }
    }

    async fn send(
        &self,
        publication: Publication,
        email: Option<ntfy_protocol::Email>,
    ) -> Result<Message, Refusal> {
        if matches!(publication.when, When::Later(_)) {
            self.schedule()?;
        }
        let delivery = writer::publish(&self.ctx, publication).await?;
        if let Some(email) = email {
            outgoing::mail(&self.ctx, &self.visitor, &delivery.message, &email);
        }
        Ok(delivery.message.clone())
    }

    /// Refuses what is for later when very much is: it is not forgotten to make room, unlike what was delivered.
    fn schedule(&self) -> Result<(), Refusal> {
        let most = SCHEDULED_MAX.min(config::settings(&self.ctx).keep_messages / 2);
        if desk(&self.ctx).scheduled.fetch_add(1, Ordering::Relaxed) < most {
            return Ok(());
        }
        desk(&self.ctx).scheduled.fetch_sub(1, Ordering::Relaxed);
        Err(refusal::LIMIT_MESSAGES.with_detail("too many messages wait for their time"))
    }

    async fn with_file(
        &self,
        request: PublishRequest,
        id: String,
        body: BodyReader,
    ) -> Result<Message, Refusal> {
        let now = self.ctx.clock.now();
        let expires_at = now.plus(config::settings(&self.ctx).attachment_expiry);
        if request.deliver_at.is_some_and(|at| at > seconds(expires_at)) {
            return Err(refusal::ATTACHMENT_EXPIRY_BEFORE_DELIVERY);
        }
        let upload = Upload { ctx: &self.ctx, visitor: &self.visitor, id: &id };
        let kept = upload.take(&request.filename, body, refusal_of).await?;
        let email = request.email.clone();
        let mut publication = self.publication(request, id.clone(), Body::Attachment);
        let attachment = publication.message.attachment.get_or_insert_default();
        let base = desk(&self.ctx).base_url(&self.ctx, Some(&self.headers));
        attachment.name = kept.name.clone();
        attachment.kind = kept.kind.to_owned();
        attachment.size = i64::try_from(kept.size).unwrap_or(i64::MAX);
        attachment.expires = seconds(expires_at);
        attachment.url = format!("{base}/file/{id}{}", kept.extension);
        let row = attachments::Row {
            message_id: id,
            topic: publication.message.topic.clone(),
            owner: self.visitor.key(),
            name: attachment.name.clone(),
            kind: attachment.kind.clone(),
            size: attachment.size,
            expires_at,
        };
        publication.file = Some(Filed { row, kept });
        publication.message.fill_in();
        // Its row is written with the message, so one that is not kept would have a file and no row.
        if publication.when == When::NowUnkept {
            publication.when = When::Now;
        }
        self.send(publication, email).await
    }

    async fn rendered(
        &self,
        mut request: PublishRequest,
        id: String,
        mut body: BodyReader,
    ) -> Result<Message, Refusal> {
        let too_large = refusal::TEMPLATE_MESSAGE_TOO_LARGE;
        let data = whole(&mut body, Limits::default().template_bytes(), too_large).await?;
        files::template::render(&self.ctx, &mut request, &data).await?;
        request.template = Template::None;
        let text = Body::Text(std::mem::take(&mut request.message));
        let email = request.email.clone();
        let publication = self.publication(request, id, text);
        self.send(publication, email).await
    }
}
