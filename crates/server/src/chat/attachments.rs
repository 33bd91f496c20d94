//! Files of a contact: they upload theirs before the message that takes them, and fetch what stands in their transcript.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use parlor_engine::{ContactSession, Opening};
use parlor_model::{AttachmentId, ChannelKind, ChannelName, ClientId};
use parlor_webchat::{FrameAttachment, SessionToken};
use serde::Serialize;
use uuid::Uuid;

use crate::api::Api;
use crate::extract::{Answer, NamedPair, Parameters};
use crate::files::{self, FileNameQuery};
use crate::openapi::{Operation, Parameter};
use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// What stands in the address of an upload.
const UPLOAD: &[Parameter] = &[Parameter::new("name", r#"{"type":"string"}"#, "What the file is called")];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::put(
            "/chat/{channel}/attachments/{attachment}",
            "chatUpload",
            "A contact uploads a file, the body as it is, under an id that their browser made",
        )
        .visitor()
        .parameters(UPLOAD)
        .takes_file()
        .gives(201, "OneChatAttachment")
        .refuses(&[Code::FileRejected, Code::NotPlugged, Code::TooManyRequests]),
        upload,
    )
    .route(
        Operation::get(
            "/chat/{channel}/attachments/{attachment}",
            "chatAttachment",
            "A file of the contact's transcript, as it came",
        )
        .visitor()
        .gives_file()
        .refuses(&[Code::NotPlugged]),
        file,
    )
    .route(
        Operation::get(
            "/chat/{channel}/attachments/{attachment}/thumbnail",
            "chatThumbnail",
            "Its small picture",
        )
        .visitor()
        .gives_picture()
        .refuses(&[Code::NotShown, Code::NotPlugged]),
        thumbnail,
    )
}

/// An answer with one attachment.
#[derive(Debug, Serialize)]
struct OneChatAttachment {
    attachment: FrameAttachment,
}

/// Whose session it is. A token in a header is sent by nobody but the page that has it, so no origin is asked for.
async fn visitor(shared: &Shared, channel: &str, headers: &HeaderMap) -> Result<ContactSession, Problem> {
    let nobody = || Problem::new(Code::NotSignedIn, "this needs the token of a chat session");
    let channel = ChannelName::new(channel).map_err(|_| nobody())?;
    if shared.engine.channel(&channel).is_none_or(|channel| channel.kind != ChannelKind::WebChat) {
        return Err(nobody());
    }
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| SessionToken::parse(token).ok())
        .ok_or_else(nobody)?;
    shared.known_visitor(&channel, &token, None).await?.ok_or_else(nobody)
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    NamedPair(channel, id): NamedPair<String, Uuid>,
    Parameters(query): Parameters<FileNameQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer<OneChatAttachment>, Problem> {
    let session = visitor(&shared, &channel, &headers).await?;
    shared.chat_uploads.take(&session.point, shared.engine.now()).map_err(|wait| {
        Problem::new(Code::TooManyRequests, "too many files in too little time").retry_after(wait)
    })?;
    let uploading = shared.engine.contact_uploads(&session, ClientId(id), query.clean()).await?;
    let attachment = shared.take_file(uploading, body).await?;
    Ok(Answer::created(OneChatAttachment { attachment: (&attachment).into() }))
}

async fn file(
    State(shared): State<Arc<Shared>>,
    NamedPair(channel, id): NamedPair<String, AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    open(&shared, &channel, id, &headers, Opening::Save).await
}

async fn thumbnail(
    State(shared): State<Arc<Shared>>,
    NamedPair(channel, id): NamedPair<String, AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    open(&shared, &channel, id, &headers, Opening::Thumbnail).await
}

async fn open(
    shared: &Shared,
    channel: &str,
    id: AttachmentId,
    headers: &HeaderMap,
    opening: Opening,
) -> Result<Response, Problem> {
    let session = visitor(shared, channel, headers).await?;
    let opened = shared.engine.contact_attachment(&session, id, opening).await?;
    Ok(files::answer(opened, opening))
}
