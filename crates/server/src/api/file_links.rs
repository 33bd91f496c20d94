//! Files for the providers that bring messages: opened by whoever has the link.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use parlor_engine::{FileLink, Opening};
use parlor_model::AttachmentId;
use serde::Deserialize;

use super::Api;
use crate::extract::{Named, Parameters};
use crate::files;
use crate::openapi::{Operation, Parameter};
use crate::problem::Problem;
use crate::shared::Shared;

const LINK: &[Parameter] = &[
    Parameter::new("until", r#"{"type":"integer","minimum":0}"#, "Until when it opens the file"),
    Parameter::new("signature", r#"{"type":"string"}"#, "That it was made here"),
];

pub(super) fn routes(api: Api) -> Api {
    api.route(
        Operation::get(
            "/files/{attachment}",
            "linkedFile",
            "A file of a message, for the provider that was given this address with the message",
        )
        .anyone()
        .parameters(LINK)
        .gives_file(),
        open,
    )
}

#[derive(Deserialize)]
struct LinkQuery {
    #[serde(default)]
    until: u64,
    #[serde(default)]
    signature: String,
}

async fn open(
    State(shared): State<Arc<Shared>>,
    Named(attachment): Named<AttachmentId>,
    Parameters(query): Parameters<LinkQuery>,
) -> Result<Response, Problem> {
    let link = FileLink { until: query.until, signature: query.signature };
    let opened = shared.engine.linked_attachment(attachment, &link).await?;
    let kind = HeaderValue::from_str(opened.media_type.as_str());
    let mut answer = files::answer(opened, Opening::Save);
    // A provider goes by the type; what it is shown as is not ours to say.
    if let Ok(kind) = kind {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(answer)
}
