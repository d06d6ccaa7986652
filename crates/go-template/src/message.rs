//! Templates of a whole message: title, text and priority.

#[cfg(test)]
mod tests;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::Value;

use crate::error::quoted;
use crate::{Environment, Template, TemplateError};

/// The names that [`builtin`] knows.
pub const BUILTIN_NAMES: [&str; 3] = [BUILTIN[0].0, BUILTIN[1].0, BUILTIN[2].0];

/// The templates that come along, as files of the same kind as those of an owner.
const BUILTIN: [(&str, &str); 3] = [
    ("alertmanager", include_str!("../templates/alertmanager.yml")),
    ("github", include_str!("../templates/github.yml")),
    ("grafana", include_str!("../templates/grafana.yml")),
];

/// Largest file of templates, in bytes: three templates, and room for comments.
const LARGEST_FILE: usize = 4 * Template::LONGEST;

/// The templates of one message. What is `None` is left as the request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageTemplate {
    /// Of the title.
    pub title: Option<String>,
    /// Of the message.
    pub message: Option<String>,
    /// Of the priority: what it renders to is a number or a name, such as `4` or `high`.
    pub priority: Option<String>,
}

/// What the templates of one message were rendered to, each as [`message_text`] leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedMessage {
    /// The title.
    pub title: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The priority as the template wrote it: it has still to be read.
    pub priority: Option<String>,
}

impl MessageTemplate {
    /// Reads a file of the owner: YAML with the keys `title`, `message` and `priority`, as ntfy's
    /// `template-dir` holds them. Other keys are left alone, and so is what is null.
    ///
    /// The templates themselves are read when they are rendered, or by [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// When it is larger than 128 KiB, no YAML, or no mapping of these keys to texts; line and column say where in
    /// the file.
    pub fn from_yaml(file: &str) -> Result<Self, TemplateError> {
        if file.len() > LARGEST_FILE {
            let problem = format!("a file of templates has at most {LARGEST_FILE} bytes");
            return Err(TemplateError::new(1, 1, &problem));
        }
        Reader { events: Parser::new_from_str(file) }.message()
    }

    /// Reads all templates, so that the owner learns what is wrong before a message comes.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read; the problem says which, line and column say where in it.
    pub fn check(&self) -> Result<(), TemplateError> {
        self.each(|template| Template::parse(template).map(|_| String::new())).map(|_| ())
    }

    /// Reads all templates and renders them on the same data.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read or rendered; the problem says which, line and column say where in it.
    pub fn render(&self, data: &Value, environment: &Environment) -> Result<RenderedMessage, TemplateError> {
        self.each(|template| Ok(message_text(&Template::parse(template)?.render(data, environment)?)))
    }

    fn each(
        &self,
        make: impl Fn(&str) -> Result<String, TemplateError>,
    ) -> Result<RenderedMessage, TemplateError> {
        let part = |template: &Option<String>, name: &str| {
            template.as_deref().map(&make).transpose().map_err(|error| error.of(name))
        };
        Ok(RenderedMessage {
            title: part(&self.title, "title")?,
            message: part(&self.message, "message")?,
            priority: part(&self.priority, "priority")?,
        })
    }
}

/// A template that comes along, for the webhooks of a well-known program: one of [`BUILTIN_NAMES`].
#[must_use]
pub fn builtin(name: &str) -> Option<MessageTemplate> {
    let (_, file) = BUILTIN.iter().find(|(known, _)| *known == name)?;
    MessageTemplate::from_yaml(file).ok()
}

/// What ntfy makes of rendered text: `\n` written out outside of the actions is a new line, and white space at both
/// ends goes.
#[must_use]
pub fn message_text(rendered: &str) -> String {
    rendered.replace("\\n", "\n").trim().to_owned()
}

/// Reads the events of a YAML file.
struct Reader<'f> {
    events: Parser<'f, StrInput<'f>>,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<(Event<'_>, Span), TemplateError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let at = error.marker();
                let problem = format!("the file is no YAML: {}", error.info());
                Err(TemplateError::new(at.line(), at.col() + 1, &problem))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn message(mut self) -> Result<MessageTemplate, TemplateError> {
        let mut message = MessageTemplate::default();
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::MappingStart(..), _) => break,
                (Event::StreamEnd, _) => return Ok(message),
                (Event::Scalar(text, ..), _) if is_null(&text) => return Ok(message),
                (_, span) => {
                    return Err(misplaced(span, "the file has to be a mapping with title and message"));
                }
            }
        }
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(message),
                (Event::Scalar(key, ..), _) => key.into_owned(),
                (_, span) => return Err(misplaced(span, "a key has to be a text")),
            };
            let place = match key.as_str() {
                "title" => &mut message.title,
                "message" => &mut message.message,
                "priority" => &mut message.priority,
                _ => {
                    self.skip()?;
                    continue;
                }
            };
            match self.next()? {
                (Event::Scalar(text, style, ..), _) => {
                    *place = Some(text.into_owned())
                        .filter(|text| !(style == ScalarStyle::Plain && is_null(text)));
                }
                (_, span) => {
                    return Err(misplaced(span, &format!("the value of {} has to be a text", quoted(&key))));
                }
            }
        }
    }

    /// Leaves the value of a key out that means nothing here.
    fn skip(&mut self) -> Result<(), TemplateError> {
        let mut depth = 0_usize;
        loop {
            match self.next()?.0 {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
                Event::StreamEnd => return Ok(()),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

fn misplaced(span: Span, problem: &str) -> TemplateError {
    TemplateError::new(span.start.line().max(1), span.start.col() + 1, problem)
}

/// What YAML takes for null when it is not quoted.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
