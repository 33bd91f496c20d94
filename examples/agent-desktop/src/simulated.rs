//! A telephone and a mail program that only pretend: the demonstration calls nobody and sends nothing.
//!
//! Where a real embedder puts their telephony, this one lets it ring for a moment. What ends in `99`, and an e-mail to a
//! domain `.invalid`, fails, so that one can see that, too.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use parlor::channel::{
    Launch, Launched, OutsideError, OutsideLauncher, VoiceCall, VoiceEndpoint, VoiceGateway,
};
use parlor::engine::Engine;
use parlor::model::{ConsultId, OutsideMeans};
use tokio::task::AbortHandle;

/// How long it rings before somebody outside answers.
const RINGS: Duration = Duration::from_secs(2);

/// Numbers with this end are busy.
const BUSY_END: &str = "99";

/// Addresses with this end do not exist, anywhere (RFC 2606).
const NO_DOMAIN: &str = ".invalid";

/// Plays what happens outside.
#[derive(Debug, Default)]
pub(crate) struct Simulated {
    engine: OnceLock<Engine>,
    ringing: Mutex<BTreeMap<ConsultId, AbortHandle>>,
}

impl Simulated {
    /// Says whom to tell that somebody outside has answered.
    pub(crate) fn tells(&self, engine: Engine) {
        // Said once, before anybody can call.
        let _ = self.engine.set(engine);
    }

    fn rings(&self, call: &VoiceCall, is_busy: bool) {
        let Some(engine) = self.engine.get().cloned() else {
            return;
        };
        let (interaction, consult) = (call.interaction, call.consult);
        let rings = tokio::spawn(async move {
            tokio::time::sleep(RINGS).await;
            let told = if is_busy {
                engine.call_ended(interaction, consult).await
            } else {
                engine.call_answered(interaction, consult).await
            };
            if let Err(error) = told {
                tracing::debug!(%error, "the consult of a simulated call is over");
            }
        });
        let mut ringing = self.ringing.lock().unwrap_or_else(PoisonError::into_inner);
        ringing.retain(|_, call| !call.is_finished());
        ringing.insert(consult, rings.abort_handle());
    }
}

#[async_trait]
impl VoiceGateway for Simulated {
    async fn call(&self, call: &VoiceCall) -> Result<(), OutsideError> {
        match &call.to {
            // It rings at their desk, where they answer.
            VoiceEndpoint::Agent(_) => {}
            VoiceEndpoint::Contact { number, .. } => self.rings(call, number.as_str().ends_with(BUSY_END)),
        }
        Ok(())
    }

    async fn hang_up(&self, consult: ConsultId) {
        let rings = self.ringing.lock().unwrap_or_else(PoisonError::into_inner).remove(&consult);
        if let Some(rings) = rings {
            rings.abort();
        }
    }
}

#[async_trait]
impl OutsideLauncher for Simulated {
    async fn launch(&self, launch: &Launch) -> Result<Launched, OutsideError> {
        let address = launch.address.as_str();
        match launch.means {
            OutsideMeans::Call if address.ends_with(BUSY_END) => {
                Err(OutsideError::new("the simulated line is busy"))
            }
            OutsideMeans::Call => Ok(Launched::Started),
            OutsideMeans::Email if address.ends_with(NO_DOMAIN) => {
                Err(OutsideError::new("the simulated domain does not exist"))
            }
            OutsideMeans::Email => Ok(Launched::Sent),
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor::model::{AgentName, ClientId, ContactId, Id, PointAddress};
    use uuid::Uuid;

    use super::*;

    async fn launched(means: OutsideMeans, address: &str) -> Option<Launched> {
        let agent = AgentName::new("alice").unwrap();
        let contact = ContactId::from_uuid(Uuid::from_u128(1));
        let launch =
            Launch::new(ClientId(Uuid::from_u128(2)), agent, means, contact, PointAddress::new(address));
        Simulated::default().launch(&launch).await.ok()
    }

    #[tokio::test]
    async fn one_can_see_what_is_started_sent_and_failed() {
        assert_eq!(launched(OutsideMeans::Call, "+15550001111").await, Some(Launched::Started));
        assert_eq!(launched(OutsideMeans::Call, "+15550001199").await, None);
        assert_eq!(launched(OutsideMeans::Email, "ann@example.org").await, Some(Launched::Sent));
        assert_eq!(launched(OutsideMeans::Email, "ann@nowhere.invalid").await, None);
    }
}
