//! Emoji to choose from.

use std::sync::Arc;

use axum::extract::State;
use parlor_composer::{EmojiLocale, NamedEmoji};
use serde::{Deserialize, Serialize};

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Parameters};
use crate::openapi::{Operation, Parameter};
use crate::problem::Problem;
use crate::shared::Shared;

const PARAMETERS: &[Parameter] = &[
    Parameter::new(
        "locale",
        r#"{"type":"string"}"#,
        "The language of names and words, such as `fr`; English for what is not known",
    ),
    Parameter::new("search", r#"{"type":"string"}"#, "Only those that this finds, the best first"),
];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/api/emoji",
            "emoji",
            "All emoji in the order of Unicode's charts, or those that are found by a name or by what they express",
        )
        .parameters(PARAMETERS)
        .gives(200, "EmojiList"),
        emoji,
    )
    .route(
        Operation::get("/api/emoji/recent", "recentEmoji", "The emoji that one sent last, the latest first")
            .gives(200, "RecentEmoji"),
        recent,
    )
}

#[derive(Debug, Deserialize)]
struct Wanted {
    locale: Option<String>,
    search: Option<String>,
}

#[derive(Debug, Serialize)]
struct EmojiList {
    emoji: Vec<NamedEmoji>,
}

async fn emoji(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Answer<EmojiList>, Problem> {
    let locale = EmojiLocale::of(wanted.locale.as_deref().unwrap_or_default());
    let emoji = match wanted.search {
        Some(typed) => shared.engine.search_emoji(&caller.name, locale, &typed)?,
        None => shared.engine.emoji(&caller.name, locale)?.to_vec(),
    };
    Ok(Answer::ok(EmojiList { emoji }))
}

#[derive(Debug, Serialize)]
struct Recent {
    emoji: Vec<String>,
}

async fn recent(State(shared): State<Arc<Shared>>, caller: AgentCaller) -> Result<Answer<Recent>, Problem> {
    Ok(Answer::ok(Recent { emoji: shared.engine.recent_emoji(&caller.name).await? }))
}
