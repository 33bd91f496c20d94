//! Files as they go over HTTP: uploads that are read as they come, and downloads that no browser can mistake for a page.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use parlor_engine::{OpenAttachment, Opening, Uploading};
use parlor_model::{Attachment, FileName};
use serde::Deserialize;

use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// What a file of a stranger may do in a page of ours, should a browser ever take it for one: nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// What every file is called that is saved: a browser that knows no type shows nothing.
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// What stands in the address of an upload.
#[derive(Debug, Deserialize)]
pub(crate) struct FileNameQuery {
    /// What the file is called.
    pub(crate) name: Option<String>,
}

impl FileNameQuery {
    pub(crate) fn clean(&self) -> FileName {
        FileName::clean(self.name.as_deref().unwrap_or_default())
    }
}

impl Shared {
    /// Takes the bytes of an upload.
    pub(crate) async fn take_file(&self, uploading: Uploading, body: Body) -> Result<Attachment, Problem> {
        let mut writer = match uploading {
            // Whoever repeats an upload need not be listened to: it is there.
            Uploading::There(attachment) => return Ok(attachment),
            Uploading::Begun(writer) => writer,
        };
        let deadline = tokio::time::Instant::now() + self.limits.upload_within;
        let mut parts = body.into_data_stream();
        loop {
            // Neither one part nor the whole may take as long as it likes (threat T8).
            let patience = tokio::time::Instant::now() + self.limits.body_within;
            let Ok(next) = tokio::time::timeout_at(deadline.min(patience), parts.next()).await else {
                return Err(Problem::new(Code::RequestTimeout, "the file did not arrive in time"));
            };
            match next {
                None => break,
                Some(Ok(part)) => writer.write(part).await?,
                Some(Err(_)) => {
                    return Err(Problem::new(Code::RequestTimeout, "the file ended too early"));
                }
            }
        }
        Ok(writer.finish().await?)
    }
}

/// An answer with the bytes of an attachment.
pub(crate) fn answer(opened: OpenAttachment, opening: Opening) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    let kind = match opening {
        Opening::Save => BYTES,
        Opening::Picture | Opening::Thumbnail => {
            HeaderValue::from_str(opened.media_type.as_str()).unwrap_or(BYTES)
        }
    };
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition(&opened.attachment.name, opening));
    if let Some(bytes) = opened.bytes {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    let parts = futures_util::stream::unfold(Some(opened.reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(part)) => Some((Ok(part), Some(reader))),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(%error, "a file could not be read to its end");
                Some((Err(std::io::Error::other("it cannot be read")), None))
            }
        }
    });
    (headers, Body::from_stream(parts)).into_response()
}

/// How a file is to be taken, and what to call it (RFC 6266). The name stands in it twice: for everybody in ASCII, and in
/// full for those who read the other form (RFC 8187).
fn disposition(name: &FileName, opening: Opening) -> HeaderValue {
    let how = match opening {
        Opening::Save => "attachment",
        Opening::Picture | Opening::Thumbnail => "inline",
    };
    let plain: String = name
        .as_str()
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' | ' ' => character,
            _ => '_',
        })
        .collect();
    let mut full = String::new();
    for byte in name.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => full.push(char::from(byte)),
            _ => {
                full.push('%');
                full.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
            }
        }
    }
    HeaderValue::from_str(&format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{full}"))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(name: &str) -> String {
        disposition(&FileName::clean(name), Opening::Save).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_name_stands_in_both_forms() {
        assert_eq!(said("chair.png"), "attachment; filename=\"chair.png\"; filename*=UTF-8''chair.png");
        assert_eq!(
            said("Stühle \"neu\".png"),
            "attachment; filename=\"St_hle _neu_.png\"; filename*=UTF-8''St%C3%BChle%20%22neu%22.png"
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_its_header(name in any::<String>()) {
            let said = said(&name);
            let inside = &said["attachment; filename=\"".len()..];
            let (plain, full) = inside.split_once("\"; filename*=UTF-8''").unwrap();
            prop_assert!(!plain.contains(['"', '\\', '\r', '\n', '/', ';']));
            prop_assert!(full.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%._-".contains(&byte)));
        }
    }
}
