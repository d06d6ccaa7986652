//! What each person does with their own page.

use crate::model::layout::{View, Width};
use crate::model::{Layout, check_name};
use crate::pages::{self, Arranging};
use crate::{board, cards, layouts};
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::{Error, ResourceId, Result};
use hob_feature::{Ctx, Scope};
use hob_web::answer::wants_part;
use hob_web::{Answer, Frame};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct StarForm {
    tile: String,
}

/// Makes a tile a favourite, or one no more.
pub(super) async fn star(frame: Frame, headers: HeaderMap, Form(form): Form<StarForm>) -> Answer {
    let id: ResourceId = form.tile.parse().map_err(|problem: String| Error::invalid("tile", problem))?;
    layouts::change(&frame, |layout| layout.star(&id)).await?;
    Ok(done(&headers))
}

/// Without a script the page is shown again; with one the live stream says that it changed.
fn done(headers: &HeaderMap) -> Response {
    if wants_part(headers) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Redirect::to("/").into_response()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ViewForm {
    view: String,
}

/// Large or compact tiles.
pub(super) async fn view(frame: Frame, headers: HeaderMap, Form(form): Form<ViewForm>) -> Answer {
    let view = read_view(&form.view);
    layouts::change(&frame, |layout| layout.view = view).await?;
    Ok(done(&headers))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FoldForm {
    group: String,
    folded: String,
}

/// Folds a heading, or opens it, as the page itself just did.
pub(super) async fn fold(frame: Frame, headers: HeaderMap, Form(form): Form<FoldForm>) -> Answer {
    layouts::change(&frame, |layout| layout.fold(&form.group, !form.folded.is_empty())).await?;
    Ok(done(&headers))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageQuery {
    said: String,
}

pub(super) async fn page(State(ctx): State<Ctx>, frame: Frame, Query(query): Query<PageQuery>) -> Answer {
    frame.require(Scope::Read)?;
    let house = board::current_house(&ctx).await?;
    let mine = layouts::of(&ctx, frame.who.as_ref()).await?;
    let view = Arranging {
        layout: &mine.layout,
        shelves: &mine.layout.arrange(&house),
        cards: &cards::all(&ctx),
        common: frame.identity()?.user_id.is_none(),
        said: (query.said == "saved").then_some("Saved."),
    };
    Ok(frame.page("Arrange the home page", &pages::arrange(&view)))
}

/// One press of one button of that page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    #[serde(rename = "do")]
    what: String,
    group: String,
    name: String,
    tile: String,
    card: String,
    view: String,
    width: String,
    tab: String,
}

pub(super) async fn change(State(ctx): State<Ctx>, frame: Frame, Form(form): Form<Change>) -> Answer {
    let house = board::current_house(&ctx).await?;
    let tile = || form.tile.parse::<ResourceId>().map_err(|problem| Error::invalid("tile", problem));
    let group: String = form.group.chars().take(80).collect();
    let apply: Box<dyn FnOnce(&mut Layout) + Send> = match form.what.as_str() {
        "look" => {
            let (view, width) = (read_view(&form.view), read_width(&form.width));
            let new_tab = form.tab == "new";
            Box::new(move |layout| (layout.view, layout.width, layout.new_tab) = (view, width, new_tab))
        }
        "group-up" | "group-down" => {
            let up = form.what == "group-up";
            Box::new(move |layout| layout.move_group(&group, up, &house))
        }
        "rename" => {
            let name = read_name(&form.name)?;
            Box::new(move |layout| layout.rename(&group, &name))
        }
        "fold" | "unfold" => {
            let folded = form.what == "fold";
            Box::new(move |layout| layout.fold(&group, folded))
        }
        "hide" | "show" => {
            let hidden = form.what == "hide";
            Box::new(move |layout| layout.hide(&group, hidden))
        }
        "star-up" | "star-down" => {
            let (id, up) = (tile()?, form.what == "star-up");
            Box::new(move |layout| layout.move_favourite(&id, up))
        }
        "unstar" => {
            let id = tile()?;
            Box::new(move |layout| layout.favourites.retain(|other| *other != id))
        }
        "card-on" | "card-off" => {
            let (card, off) = (form.card, form.what == "card-off");
            Box::new(move |layout| layout.card_off(&card, off))
        }
        "reset" => Box::new(|layout| *layout = Layout::default()),
        _ => return Err(Error::invalid("do", "This button does nothing.").into()),
    };
    layouts::change(&frame, apply).await?;
    Ok(Redirect::to("/home/edit?said=saved").into_response())
}

fn read_name(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    check_name(text).map_err(|problem| Error::invalid("name", format!("What a group is called: {problem}.")))
}

fn read_view(text: &str) -> View {
    let all = [View::Compact, View::Large];
    all.into_iter().find(|view| view.as_str() == text).unwrap_or_default()
}

fn read_width(text: &str) -> Width {
    let all = [Width::Narrow, Width::Wide];
    all.into_iter().find(|width| width.as_str() == text).unwrap_or_default()
}
