//! Interactions: what an agent does in them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use parlor_engine::view::{InteractionView, MessageView};
use parlor_engine::{Once, Said, Targets};
use parlor_interaction::CaseValue;
use parlor_model::{ClientId, InteractionId, Label, MessageText, TextError, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Api, OnceOnly, nothing};
use crate::caller::AgentCaller;
use crate::extract::{Answer, Json, Named, OptionalJson};
use crate::openapi::Operation;
use crate::problem::{Code, Problem, internal};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    finishing(talking(api))
}

/// What an agent reads and writes.
fn talking(api: Api) -> Api {
    api.route(
        Operation::get("/api/interactions/{interaction}", "interaction", "One interaction")
            .gives(200, "Interaction"),
        interaction,
    )
    .route(
        Operation::get(
            "/api/interactions/{interaction}/explain",
            "explain",
            "Why it is where it is: who could take it, who not and why",
        )
        .gives(200, "Explanation"),
        explain,
    )
    .route(
        Operation::get(
            "/api/interactions/{interaction}/targets",
            "targets",
            "To whom it could be handed, and what keeps it from the others",
        )
        .gives(200, "Targets"),
        targets,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/messages",
            "sendMessage",
            "Writes to the contact; while the interaction is Ended this goes on with it, now as the writer's",
        )
        .takes("Said")
        .gives(201, "Written")
        .refuses(&[
            Code::UnsupportedContent,
            Code::FileRejected,
            Code::TextEmpty,
            Code::TextTooLong,
            Code::OverLimit,
            Code::EmojiNotAllowed,
            Code::OptedOut,
            Code::NotSmsCapable,
            Code::AtCapacity,
            Code::AsyncDisabled,
            Code::InteractionDone,
            Code::NotTaken,
            Code::NotAMember,
            Code::IdReused,
        ]),
        send,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/typing",
            "typing",
            "Says that one types to the contact, or has stopped",
        )
        .takes("Typing")
        .gives_nothing(),
        typing,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/notes",
            "note",
            "Leaves a note that only agents see",
        )
        .takes("Text")
        .gives(201, "OneMessage")
        .refuses(&[Code::TextEmpty, Code::TextTooLong, Code::InteractionDone, Code::IdReused]),
        note,
    )
}

/// What an agent does with the work itself.
fn finishing(api: Api) -> Api {
    api.route(
        Operation::post("/api/interactions/{interaction}/end", "end", "Ends the session")
            .may_take("Once")
            .gives(200, "OneInteraction")
            .refuses(&[Code::InteractionDone, Code::NotTaken, Code::IdReused]),
        end,
    )
    .route(
        Operation::post("/api/interactions/{interaction}/done", "done", "Closes it for good")
            .may_take("Once")
            .gives(200, "OneInteraction")
            .refuses(&[Code::MustEndFirst, Code::DispositionRequired, Code::IdReused]),
        done,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/disposition",
            "setDisposition",
            "Says how it came out",
        )
        .takes("SetDisposition")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::UnknownDisposition,
            Code::DispositionGroup,
            Code::InteractionDone,
            Code::NotTaken,
            Code::IdReused,
        ]),
        set_disposition,
    )
    .route(
        Operation::put("/api/interactions/{interaction}/case", "setCaseData", "Writes down what the case is")
            .takes("SetCaseData")
            .gives(200, "OneInteraction")
            .refuses(&[
                Code::NotTaken,
                Code::NotAMember,
                Code::InteractionDone,
                Code::CaseReadOnly,
                Code::CaseTooLarge,
                Code::TooMany,
                Code::IdReused,
            ]),
        set_case_data,
    )
    .route(
        Operation::post("/api/interactions/{interaction}/park", "park", "Puts it aside: it weighs nothing")
            .may_take("Once")
            .gives(200, "OneInteraction")
            .refuses(&[
                Code::NotTaken,
                Code::NotOwner,
                Code::SessionEnded,
                Code::InteractionDone,
                Code::IdReused,
            ]),
        park,
    )
    .route(
        Operation::post(
            "/api/interactions/{interaction}/unpark",
            "unpark",
            "Takes it up again; without room it waits in its queue",
        )
        .may_take("Once")
        .gives(200, "OneInteraction")
        .refuses(&[
            Code::NotTaken,
            Code::NotOwner,
            Code::SessionEnded,
            Code::InteractionDone,
            Code::IdReused,
        ]),
        unpark,
    )
}

/// An answer with one interaction.
#[derive(Debug, Serialize)]
pub(super) struct OneInteraction {
    pub(super) interaction: InteractionView,
}

/// An answer with one message.
#[derive(Debug, Serialize)]
pub(super) struct OneMessage {
    pub(super) message: MessageView,
}

/// A text to write, with the id that the client made for it.
#[derive(Debug, Deserialize)]
pub(super) struct Text {
    pub(super) id: ClientId,
    text: String,
}

impl Text {
    pub(super) fn checked(self) -> Result<MessageText, Problem> {
        Ok(MessageText::new(self.text)?)
    }
}

/// What to say, with the id that the client made for it.
#[derive(Debug, Deserialize)]
pub(super) struct SaidBody {
    pub(super) id: ClientId,
    text: Option<String>,
    #[serde(default)]
    attachments: Vec<ClientId>,
    /// A number that cannot receive texts is written to all the same (r130).
    #[serde(default)]
    force: bool,
}

impl SaidBody {
    pub(super) fn checked(self) -> Result<Said, Problem> {
        said(self.text, self.attachments, self.force)
    }
}

/// Words, files, or both. Blank words beside files are none.
pub(super) fn said(text: Option<String>, attachments: Vec<ClientId>, force: bool) -> Result<Said, Problem> {
    let text = text.filter(|text| attachments.is_empty() || !text.trim().is_empty());
    let text = text.map(MessageText::new).transpose()?;
    let said = Said::new(text, attachments).ok_or(TextError::Empty)?;
    Ok(if force { said.anyway() } else { said })
}

async fn interaction(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
) -> Result<Answer<InteractionView>, Problem> {
    Ok(Answer::ok(shared.engine.interaction(&caller.name, id).await?))
}

async fn targets(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
) -> Result<Answer<Targets>, Problem> {
    Ok(Answer::ok(shared.engine.targets(&caller.name, id).await?))
}

async fn explain(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
) -> Result<Answer<Value>, Problem> {
    let explanation = shared.engine.explain(&caller.name, id).await?;
    let at: Timestamp = shared.engine.now();
    let mut answer = match &explanation {
        Some(explanation) => serde_json::to_value(explanation).map_err(|error| internal(&error))?,
        None => json!({"interaction": id, "at": at, "verdicts": []}),
    };
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("waits".to_owned(), explanation.is_some().into());
    }
    Ok(Answer::ok(answer))
}

#[derive(Debug, Serialize)]
pub(super) struct Written {
    pub(super) message: MessageView,
    pub(super) interaction: InteractionView,
}

async fn send(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<SaidBody>,
) -> Result<Answer<Written>, Problem> {
    let (client, said) = (body.id, body.checked()?);
    let (message, interaction) = shared.engine.send(&caller.name, id, client, said).await?;
    Ok(Answer::created(Written { message, interaction }))
}

#[derive(Debug, Deserialize)]
struct Typing {
    on: bool,
}

async fn typing(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<Typing>,
) -> Result<Response, Problem> {
    shared.engine.agent_typing(&caller.name, id, body.on).await?;
    Ok(nothing())
}

async fn note(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<Text>,
) -> Result<Answer<OneMessage>, Problem> {
    let (client, text) = (body.id, body.checked()?);
    let message = shared.engine.note(&caller.name, id, client, text).await?;
    Ok(Answer::created(OneMessage { message }))
}

async fn end(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.end(&caller.name, id, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn done(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.mark_done(&caller.name, id, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

#[derive(Debug, Deserialize)]
struct SetDisposition {
    id: Option<ClientId>,
    code: String,
}

async fn set_disposition(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<SetDisposition>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.set_disposition(&caller.name, id, &body.code, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

#[derive(Debug, Deserialize)]
struct SetCaseData {
    id: Option<ClientId>,
    key: Label,
    value: Option<CaseValue>,
}

async fn set_case_data(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    Json(body): Json<SetCaseData>,
) -> Result<Answer<OneInteraction>, Problem> {
    let SetCaseData { id: once, key, value } = body;
    let interaction = shared.engine.set_case_data(&caller.name, id, key, value, Once(once)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn park(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.park(&caller.name, id, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}

async fn unpark(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<InteractionId>,
    OptionalJson(body): OptionalJson<OnceOnly>,
) -> Result<Answer<OneInteraction>, Problem> {
    let interaction = shared.engine.unpark(&caller.name, id, Once(body.id)).await?;
    Ok(Answer::ok(OneInteraction { interaction }))
}
