//! Templates: data that another program sends becomes a message.

use crate::routes::unavailable;
use go_template::{Environment, MessageTemplate, RenderedMessage, TemplateError, builtin};
use hob_feature::Ctx;
use ntfy_protocol::{Limits, PublishRequest, Refusal, Template, parse_priority, refusal};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// The largest file with a template; bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// How long a template may wait for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// Held while a template is rendered.
#[derive(Default)]
struct Press(Arc<tokio::sync::Mutex<()>>);

/// Fills in the request's headline, text and priority from its data.
///
/// # Errors
/// 40041 to 40048.
pub(crate) async fn render(ctx: &Ctx, request: &mut PublishRequest, data: &[u8]) -> Result<(), Refusal> {
    let template = match &request.template {
        Template::None => return Ok(()),
        Template::Inline => inline(request),
        Template::Named(name) => named(ctx, name).await?,
    };
    let data: Value = serde_json::from_slice(data).map_err(|_| refusal::TEMPLATE_MESSAGE_NOT_JSON)?;
    let rendered = apart(ctx, template, data).await?;
    let limit = Limits::default().message_bytes;
    for part in [&rendered.title, &rendered.message].into_iter().flatten() {
        if part.len() > limit {
            return Err(refusal::TEMPLATE_MESSAGE_TOO_LARGE);
        }
    }
    if let Some(title) = rendered.title {
        request.title = ntfy_protocol::text::single_line(&title);
    }
    if let Some(message) = rendered.message {
        request.message = message;
    }
    if let Some(priority) = rendered.priority {
        request.priority = parse_priority(&priority)?;
    }
    Ok(())
}

/// Renders where nothing else waits: a template may take a quarter of a second, and anybody may send one. One at a time, so
/// that however many come they keep one processor busy and not all.
async fn apart(ctx: &Ctx, template: MessageTemplate, data: Value) -> Result<RenderedMessage, Refusal> {
    let press = ctx.memory.of::<Press>();
    let turn = tokio::time::timeout(TURN_WITHIN, press.0.clone().lock_owned()).await;
    let turn =
        turn.map_err(|_| unavailable("Too many templates wait to be rendered. Try again in a moment."))?;
    let environment = Environment::new(jiff_now(ctx), ctx.zone.clone());
    let rendered = tokio::task::spawn_blocking(move || {
        let rendered = template.render(&data, &environment);
        // Who asks may have gone; the work goes on until here.
        drop(turn);
        rendered
    });
    rendered.await.map_err(|_| refusal::INTERNAL_ERROR)?.map_err(|error| failed(&error))
}

fn inline(request: &PublishRequest) -> MessageTemplate {
    let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    MessageTemplate {
        title: part(&request.title),
        message: part(&request.message),
        priority: part(&request.priority_template),
    }
}

/// A template of the owner's own in `push/templates` of the data directory, or one that is built in.
async fn named(ctx: &Ctx, name: &str) -> Result<MessageTemplate, Refusal> {
    for ending in ["yml", "yaml"] {
        // The name consists of letters, digits, “-” and “_”.
        let path: PathBuf = ctx.data.join("push").join("templates").join(format!("{name}.{ending}"));
        let Ok(file) = tokio::fs::File::open(&path).await else { continue };
        let mut text = String::new();
        let read = file.take(FILE_BYTES_MAX).read_to_string(&mut text).await;
        read.map_err(|_| refusal::TEMPLATE_FILE_INVALID)?;
        return MessageTemplate::from_yaml(&text)
            .map_err(|error| refusal::TEMPLATE_FILE_INVALID.with_detail(&error.to_string()));
    }
    builtin(name).ok_or(refusal::TEMPLATE_FILE_NOT_FOUND)
}

fn failed(error: &TemplateError) -> Refusal {
    refusal::TEMPLATE_EXECUTE_FAILED.with_detail(&error.to_string())
}

fn jiff_now(ctx: &Ctx) -> jiff::Timestamp {
    ctx.clock.now().zoned(&ctx.zone).timestamp()
}
