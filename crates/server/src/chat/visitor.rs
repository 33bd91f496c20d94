//! Who is behind a token.

use parlor_engine::{Arrival, ContactSession, EngineError};
use parlor_model::{ChannelKind, ChannelName, IdSource, PointAddress, PointKey};
use parlor_store::{DocumentKey, DocumentWrite, StoreError};
use parlor_webchat::{ContactName, SessionToken};
use serde::{Deserialize, Serialize};

use crate::shared::Shared;

/// The kind of the documents of web-chat sessions; the key is the hash of the token.
const SESSION: &str = "webchat_session";

/// The randomness of a visitor's address, in bytes. It is no secret, only different from all others.
const ADDRESS_BYTES: usize = 16;

/// What a session is.
#[derive(Serialize, Deserialize)]
struct Session {
    channel: ChannelName,
    address: PointAddress,
}

impl Shared {
    /// Begins a session: token, contact and thread are made in one commit.
    pub(crate) async fn new_visitor(
        &self,
        channel: &ChannelName,
        name: Option<&ContactName>,
    ) -> Result<(SessionToken, ContactSession), EngineError> {
        let ids: &dyn IdSource = &**self.engine.ids();
        let token = SessionToken::new(ids);
        let mut address = [0; ADDRESS_BYTES];
        ids.fill(&mut address);
        let session = Session {
            channel: channel.clone(),
            address: PointAddress::new(data_encoding::HEXLOWER.encode(&address)),
        };
        let mut arrival = arrival(&session, name);
        arrival.documents.push(DocumentWrite {
            key: key(&token),
            expected_version: Some(0),
            body: Some(serde_json::to_string(&session).map_err(StoreError::backend)?),
        });
        let session = self.engine.arrive(arrival).await?;
        Ok((token, session))
    }

    /// Goes on with the session of a token; `None` when nobody has one on this channel.
    pub(crate) async fn known_visitor(
        &self,
        channel: &ChannelName,
        token: &SessionToken,
        name: Option<&ContactName>,
    ) -> Result<Option<ContactSession>, EngineError> {
        let Some(document) = self.engine.store().document(&key(token)).await? else {
            return Ok(None);
        };
        let session: Session = serde_json::from_str(&document.body)
            .map_err(|_| StoreError::Corrupt { detail: "a web-chat session".to_owned() })?;
        if session.channel != *channel {
            return Ok(None);
        }
        self.engine.arrive(arrival(&session, name)).await.map(Some)
    }
}

fn key(token: &SessionToken) -> DocumentKey {
    DocumentKey::new(SESSION, token.hash().as_str())
}

fn arrival(session: &Session, name: Option<&ContactName>) -> Arrival {
    let key = PointKey {
        kind: ChannelKind::WebChat,
        scope: session.channel.to_string(),
        address: session.address.clone(),
    };
    let mut arrival = Arrival::new(session.channel.clone(), key);
    arrival.display_name = name.map(|name| name.as_str().to_owned());
    arrival
}
