//! Files that go out by a provider: it fetches them where they lie (r85).

use std::time::Duration;

use bytes::Bytes;
use parlor::channel::{Feature, PreflightRefusal};
use parlor::engine::{EngineError, FileLink, Said, Uploading};
use parlor::model::{AttachmentId, FileName, InteractionId};
use url::Url;

use crate::post::Phones;
use crate::world::{name, text};

const HER: &str = "+15550002222";

/// The smallest picture there is.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\xdacd\xf8\xcfP\x0f\0\x03\x86\x01\x80Z4}k\0\0\0\0IEND\xaeB`\x82";

async fn talking(phones: &Phones) -> InteractionId {
    phones.ready("alice").await;
    phones.texts(HER, "in-1", "which chair?").await;
    phones.world.takes("alice").await.id
}

/// Alice sends a picture; gives where the network was told that it lies.
async fn sends_picture(phones: &Phones, id: InteractionId) -> Result<Vec<Url>, EngineError> {
    let client = phones.world.client_id();
    let engine = phones.engine();
    let file_name = FileName::clean("chair.png");
    match engine.agent_uploads(&name("alice"), id, client, file_name).await? {
        Uploading::Begun(mut writer) => {
            writer.write(Bytes::from_static(PICTURE)).await?;
            writer.finish().await?;
        }
        Uploading::There(_) => {}
    }
    let said = Said::new(Some(text("this one")), vec![client]).unwrap();
    engine.send(&name("alice"), id, phones.world.client_id(), said).await?;
    engine.settle().await;
    Ok(phones.post.last_links())
}

/// What a link says.
fn parts(link: &Url) -> (AttachmentId, FileLink) {
    let file = link.path_segments().unwrap().next_back().unwrap().parse().unwrap();
    let value = |name: &str| link.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    (file, FileLink { until: value("until").parse().unwrap(), signature: value("signature") })
}

async fn opened(phones: &Phones, file: AttachmentId, link: &FileLink) -> Option<Vec<u8>> {
    let mut opened = phones.engine().linked_attachment(file, link).await.ok()?;
    let mut bytes = Vec::new();
    while let Some(part) = opened.reader.next().await.unwrap() {
        bytes.extend_from_slice(&part);
    }
    Some(bytes)
}

#[tokio::test]
async fn r85_a_picture_goes_out_where_it_is_switched_on() {
    let phones = Phones::sending_files(Some("https://desk.example/files")).await;
    let id = talking(&phones).await;
    let links = sends_picture(&phones, id).await.unwrap();
    assert_eq!(phones.post.asked(), ["this one"]);
    assert_eq!(links.len(), 1);
    assert!(links[0].as_str().starts_with("https://desk.example/files/"), "{}", links[0].path());
    let (file, link) = parts(&links[0]);
    assert_eq!(opened(&phones, file, &link).await.as_deref(), Some(PICTURE));
}

#[tokio::test]
async fn a_link_opens_its_own_file_for_a_day_and_for_nobody_who_made_it_up() {
    let phones = Phones::sending_files(Some("https://desk.example/files/")).await;
    let id = talking(&phones).await;
    let first = parts(&sends_picture(&phones, id).await.unwrap()[0]);
    let second = parts(&sends_picture(&phones, id).await.unwrap()[0]);
    assert!(opened(&phones, second.0, &first.1).await.is_none(), "each has a signature of its own");
    let longer = FileLink { until: first.1.until + 1, ..first.1.clone() };
    assert!(opened(&phones, first.0, &longer).await.is_none(), "the time is signed too");
    for signature in ["", "AAAA", "not base64!", &first.1.signature[1..]] {
        let forged = FileLink { signature: signature.to_owned(), ..first.1.clone() };
        assert!(opened(&phones, first.0, &forged).await.is_none(), "{signature}");
    }
    phones.world.skip(Duration::from_hours(24) - Duration::from_secs(1)).await;
    assert!(opened(&phones, first.0, &first.1).await.is_some());
    phones.world.skip(Duration::from_secs(1)).await;
    assert!(opened(&phones, first.0, &first.1).await.is_none(), "its time is over");
}

#[tokio::test]
async fn what_one_node_signed_another_one_opens() {
    let phones = Phones::sending_files(Some("https://desk.example/files")).await;
    let id = talking(&phones).await;
    let (file, link) = parts(&sends_picture(&phones, id).await.unwrap()[0]);
    // The process that comes next has other randomness, and serves no links of its own.
    let phones = phones.restarted().await;
    assert_eq!(opened(&phones, file, &link).await.as_deref(), Some(PICTURE));
}

#[tokio::test]
async fn r85_nothing_can_be_attached_that_nobody_could_fetch() {
    let phones = Phones::sending_files(None).await;
    let id = talking(&phones).await;
    let refused = sends_picture(&phones, id).await;
    let off = PreflightRefusal::SwitchedOff { feature: Feature::Image };
    assert!(matches!(&refused, Err(EngineError::Preflight(refusal)) if *refusal == off), "{refused:?}");
}
