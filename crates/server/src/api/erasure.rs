//! What a contact may ask for: everything that is kept of them, and its end (guarantee G23).

use std::sync::Arc;
use std::vec;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use parlor_engine::EngineError;
use parlor_engine::permission::{Actor, Object, Verb, may};
use parlor_model::{Attachment, AttachmentId, ContactId};
use parlor_store::BlobReader;
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{LINES, lines};
use super::{Api, content_type};
use crate::caller::AnyCaller;
use crate::extract::{Answer, Json, Named};
use crate::openapi::Operation;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::post(
            "/api/contacts/{contact}/export",
            "exportContact",
            "Everything that is kept of a contact, part by part, and then each file with its bytes. It is audited",
        )
        .admin()
        .gives_lines("ContactExportRow"),
        export,
    )
    .route(
        Operation::post(
            "/api/contacts/{contact}/erase",
            "eraseContact",
            "Erases a contact with everything that belongs to them. It cannot be taken back; repeating it does no harm",
        )
        .takes("EraseContact")
        .gives(200, "ErasedContact")
        .refuses(&[Code::NotConfirmed, Code::InWork, Code::Busy]),
        erase,
    )
}

/// What is still to be given out of an export.
struct Giving {
    shared: Arc<Shared>,
    files: vec::IntoIter<Attachment>,
    open: Option<(AttachmentId, Box<dyn BlobReader>)>,
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

async fn export(
    State(shared): State<Arc<Shared>>,
    caller: AnyCaller,
    Named(contact): Named<ContactId>,
) -> Result<Response, Problem> {
    let (export, files) = shared.engine.export_contact(caller.actor(&shared)?, contact).await?;
    let rows: Vec<Value> = export
        .parts
        .iter()
        .flat_map(|(part, rows)| rows.iter().map(move |row| json!({"part": part, "row": row})))
        .collect();
    let head = stream::once(std::future::ready(lines(&rows)));
    let giving = Giving { shared, files: files.into_iter(), open: None };
    let all = head
        .chain(stream::try_unfold(giving, next_line))
        .inspect_err(|error| tracing::error!(%error, "an export broke off"));
    Ok((content_type(LINES), Body::from_stream(all)).into_response())
}

/// What is known of the next file, or the next of its bytes.
async fn next_line(mut giving: Giving) -> Result<Option<(Bytes, Giving)>, Broken> {
    if let Some((file, reader)) = &mut giving.open {
        if let Some(bytes) = reader.next().await? {
            let line = lines(&[json!({"file": file, "bytes": data_encoding::BASE64.encode(&bytes)})])?;
            return Ok(Some((line, giving)));
        }
        giving.open = None;
    }
    let Some(attachment) = giving.files.next() else {
        return Ok(None);
    };
    let line = lines(&[json!({"part": "files", "row": attachment})])?;
    // Whoever has begun to be given out an export is given the rest of it.
    let file = giving.shared.engine.exported_file(Actor::Operator, attachment).await?;
    giving.open = file.reader.map(|reader| (file.attachment.id, reader));
    Ok(Some((line, giving)))
}

/// Says once more who is to be erased, so that nobody is by a slip.
#[derive(Debug, Deserialize)]
struct EraseContact {
    confirm: ContactId,
}

async fn erase(
    State(shared): State<Arc<Shared>>,
    caller: AnyCaller,
    Named(contact): Named<ContactId>,
    Json(body): Json<EraseContact>,
) -> Result<Answer<Value>, Problem> {
    let actor = caller.actor(&shared)?;
    may(actor, Verb::EraseContact, Object::Contact)?;
    if body.confirm != contact {
        return Err(Problem::new(Code::NotConfirmed, "`confirm` has to be the id of the contact once more"));
    }
    let erased = shared.engine.erase_contact(actor, contact).await.map_err(|error| match error {
        EngineError::Blob(error) => {
            tracing::error!(%error, "files that were erased are not deleted yet");
            Problem::busy("everything is erased but bytes of files; repeat it")
        }
        other => other.into(),
    })?;
    Ok(Answer::ok(json!({"contacts": erased.contacts, "rows": erased.rows, "at": erased.at})))
}
