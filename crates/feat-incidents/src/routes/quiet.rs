//! One's own quiet hours.

use crate::config;
use crate::desk::Desk;
use crate::pages::{self, Quiet};
use crate::store;
use axum::Form;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use hob_base::{Error, Result};
use hob_feature::{Problems, Scope};
use hob_web::{Answer, Frame};
use recurrence::Window;
use serde::Deserialize;

/// The most windows of one person.
const WINDOWS_MAX: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QuietForm {
    windows: String,
    saved: String,
}

/// The name of who asks. A token and the local console sleep at no hour.
fn person(frame: &Frame) -> Result<String> {
    let who = frame.identity()?;
    if who.user_id.is_none() {
        let text = "Quiet hours belong to people: log in with a name and a password in a browser.";
        return Err(Error::Forbidden(text.to_owned()));
    }
    Ok(who.name.clone())
}

pub(super) async fn show(frame: Frame, Query(query): Query<QuietForm>) -> Answer {
    let person = person(&frame)?;
    let saved = store::list_quiet(&frame.ctx.db).await?;
    let windows = saved.get(&person).cloned().unwrap_or_default();
    page(&frame, &person, &windows, "", !query.saved.is_empty()).await
}

async fn page(frame: &Frame, person: &str, windows: &str, wrong: &str, saved: bool) -> Answer {
    let all: Vec<(String, String)> = if frame.may(Scope::Admin) {
        store::list_quiet(&frame.ctx.db).await?.into_iter().collect()
    } else {
        Vec::new()
    };
    // Mistakes were reported when the hub started.
    let rota = config::read(&frame.ctx.config, &Problems::default()).rota;
    let named = rota.first.iter().chain(&rota.second).any(|name| name == person);
    let view = Quiet { windows, wrong, saved, named, all: &all };
    Ok(frame.page("Your quiet hours", &pages::quiet(&view)))
}

pub(super) async fn save(frame: Frame, Form(form): Form<QuietForm>) -> Answer {
    let person = person(&frame)?;
    match read(&form.windows) {
        Ok(windows) => {
            store::save_quiet(&frame.ctx.db, &person, &windows).await?;
            frame.ctx.memory.of::<Desk>().load_quiet(&frame.ctx.db).await?;
            Ok(Redirect::to("/incidents/quiet?saved=yes").into_response())
        }
        Err(problem) => {
            let entered: String = form.windows.chars().take(8000).collect();
            let mut again = page(&frame, &person, &entered, &problem, false).await?;
            *again.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(again)
        }
    }
}

/// The windows, one a line, without empty lines.
///
/// # Errors
/// One sentence that says what would be right.
fn read(text: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > WINDOWS_MAX {
        return Err(format!("At most {WINDOWS_MAX} windows can be kept."));
    }
    for line in &lines {
        Window::parse(line).map_err(|error| format!("This cannot be read: {error}"))?;
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_kept_as_written_without_empty_lines_and_mistakes_are_named() {
        assert_eq!(
            read(" Mon-Fri 22:00-06:30\r\n\r\ndaily 13:00-14:00 ").unwrap(),
            "Mon-Fri 22:00-06:30\ndaily 13:00-14:00"
        );
        assert_eq!(read(" \n ").unwrap(), "");
        assert!(read("at night").is_err());
        assert!(read(&"daily 13:00-14:00\n".repeat(21)).is_err());
    }
}
