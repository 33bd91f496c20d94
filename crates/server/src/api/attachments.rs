//! Files: uploaded for a message, looked at, saved.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use parlor_engine::Opening;
use parlor_model::{Attachment, AttachmentId, ChannelName, ClientId, FileName, InteractionId};
use serde::{Deserialize, Serialize};

use super::Api;
use crate::caller::AgentCaller;
use crate::extract::{Answer, Named, Parameters};
use crate::files;
use crate::openapi::{Operation, Parameter};
use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// What stands in the address of an upload.
const UPLOAD: &[Parameter] = &[
    Parameter::new("id", r#"{"type":"string","format":"uuid"}"#, "Made by the client; required"),
    Parameter::new("name", r#"{"type":"string"}"#, "What the file is called"),
    Parameter::new(
        "interaction",
        r#"{"type":"string","format":"uuid"}"#,
        "The interaction in which it will be sent",
    ),
    Parameter::new("channel", r#"{"type":"string"}"#, "The channel, for a message without an interaction"),
];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/attachments",
            "uploadAttachment",
            "Uploads a file, the body as it is, for a message to a contact; the message names it by `id`",
        )
        .parameters(UPLOAD)
        .takes_file()
        .gives(201, "OneAttachment")
        .refuses(&[Code::NotFound, Code::FileRejected, Code::UnsupportedContent, Code::NotPlugged]),
        upload,
    )
    .route(
        Operation::get("/api/attachments/{attachment}", "showAttachment", "The whole picture, to be shown")
            .gives_picture()
            .refuses(&[Code::NotShown, Code::NotPlugged]),
        show,
    )
    .route(
        Operation::get("/api/attachments/{attachment}/thumbnail", "showThumbnail", "Its small picture")
            .gives_picture()
            .refuses(&[Code::NotShown, Code::NotPlugged]),
        thumbnail,
    )
    .route(
        Operation::get(
            "/api/attachments/{attachment}/save",
            "saveAttachment",
            "The file as it came, to be kept; needs `save_attachment`",
        )
        .gives_file()
        .refuses(&[Code::NotPlugged]),
        save,
    )
}

#[derive(Debug, Deserialize)]
struct Upload {
    id: ClientId,
    name: Option<String>,
    interaction: Option<InteractionId>,
    channel: Option<String>,
}

/// An answer with one attachment.
#[derive(Debug, Serialize)]
struct OneAttachment {
    attachment: Attachment,
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Parameters(query): Parameters<Upload>,
    body: Body,
) -> Result<Answer<OneAttachment>, Problem> {
    let name = FileName::clean(query.name.as_deref().unwrap_or_default());
    let engine = &shared.engine;
    let uploading = match (query.interaction, query.channel) {
        (Some(interaction), _) => engine.agent_uploads(&caller.name, interaction, query.id, name).await?,
        (None, Some(channel)) => {
            let channel = ChannelName::new(channel).map_err(|_| Problem::not_found("channel"))?;
            engine.agent_uploads_without_interaction(&caller.name, &channel, query.id, name).await?
        }
        (None, None) => {
            return Err(Problem::new(Code::BadQuery, "an upload is for an `interaction` or a `channel`"));
        }
    };
    let attachment = shared.take_file(uploading, body).await?;
    Ok(Answer::created(OneAttachment { attachment }))
}

async fn open(
    shared: &Shared,
    caller: &AgentCaller,
    id: AttachmentId,
    opening: Opening,
) -> Result<Response, Problem> {
    let opened = shared.engine.open_attachment(&caller.name, id, opening).await?;
    Ok(files::answer(opened, opening))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<AttachmentId>,
) -> Result<Response, Problem> {
    open(&shared, &caller, id, Opening::Picture).await
}

async fn thumbnail(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<AttachmentId>,
) -> Result<Response, Problem> {
    open(&shared, &caller, id, Opening::Thumbnail).await
}

async fn save(
    State(shared): State<Arc<Shared>>,
    caller: AgentCaller,
    Named(id): Named<AttachmentId>,
) -> Result<Response, Problem> {
    open(&shared, &caller, id, Opening::Save).await
}
