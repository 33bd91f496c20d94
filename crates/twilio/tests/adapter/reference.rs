//! Samples that others wrote down. They are not part of the repository: `PARLOR_REFERENCE_DIR` names the folder that has
//! them below `samples`; without it nothing is compared, which is said, and which fails where `PARLOR_REQUIRE_ALL=1`.

use std::path::PathBuf;
use std::{env, fs};

use parlor_channel::Happening;
use parlor_model::{Content, MediaType, ProviderMessageId};
use parlor_twilio::{TwilioAccount, TwilioSettings};
use serde_json::Value;

use crate::support::{Wire, settings};

fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("PARLOR_REFERENCE_DIR") {
        return Some(PathBuf::from(folder).join("samples"));
    }
    assert!(
        env::var_os("PARLOR_REQUIRE_ALL").is_none_or(|value| value != "1"),
        "PARLOR_REFERENCE_DIR is not set, so the samples of webhooks cannot be read"
    );
    println!("not run: the samples of webhooks (PARLOR_REFERENCE_DIR is not set)");
    None
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_sample_verifies_and_decodes_as_others_read_it() {
    let Some(folder) = folder() else {
        return;
    };
    let signatures = json(folder.join("twilio.SIGNATURES"));
    let expected = json(folder.join("twilio.EXPECT"));
    let token = signatures["secret"].as_str().unwrap();
    let url = signatures["url"].as_str().unwrap();
    let account = TwilioAccount::new(TwilioSettings {
        auth_token: token.into(),
        webhook_url: url.parse().unwrap(),
        ..settings()
    })
    .unwrap();
    let mut seen = 0;
    for file in fs::read_dir(folder.join("twilio")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let sample = json(path);
        let mut wire = Wire::post(url, &[]);
        wire.body = sample["raw_body"].as_str().unwrap().as_bytes().to_vec();
        let wire = wire.signed(signatures["files"][&name].as_str().unwrap());
        let decoded = wire.decode(&account);
        assert_eq!(decoded.issues, [], "{name}");
        let read = expected[&name].as_array().unwrap();
        assert_eq!(decoded.events.len(), read.len(), "{name}");
        for (event, read) in decoded.events.iter().zip(read) {
            let text = |key: &str| read[key].as_str();
            match &event.happening {
                Happening::Message(message) => {
                    assert_eq!(text("kind"), Some("inbound"), "{name}");
                    assert_eq!(text("sid"), Some(message.id.as_str()), "{name}");
                    assert_eq!(text("sender"), Some(message.from.address.as_str()), "{name}");
                    assert_eq!(text("to"), event.endpoint.addresses.first().map(String::as_str), "{name}");
                    let words = message.content.as_ref().and_then(Content::text);
                    assert_eq!(text("text"), Some(words.unwrap_or_default()), "{name}");
                    let answered = message.consent.map(|consent| consent.answered);
                    assert_eq!(text("opt_out_type").map(|_| true), answered, "{name}");
                    let files = read["media"].as_array().cloned().unwrap_or_default();
                    assert_eq!(message.media.len(), files.len(), "{name}");
                    for (media, file) in message.media.iter().zip(files) {
                        let declared = media.declared.as_ref().map(MediaType::as_str);
                        assert_eq!(file["type"].as_str(), declared, "{name}");
                        let id = file["url"].as_str().unwrap().rsplit('/').next().unwrap();
                        assert!(media.location.ends_with(id), "{name}");
                    }
                }
                Happening::Receipt(receipt) => {
                    assert_eq!(text("kind"), Some("status"), "{name}");
                    assert_eq!(
                        text("sid"),
                        receipt.provider_id.as_ref().map(ProviderMessageId::as_str),
                        "{name}"
                    );
                    assert_eq!(text("error_code"), receipt.code.as_deref(), "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        seen += 1;
    }
    assert!(seen >= 4 && seen == expected.as_object().unwrap().len(), "{seen} samples");
}
