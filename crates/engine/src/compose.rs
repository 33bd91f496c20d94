//! What an agent is told of a text while they write it.

use parlor_composer::spans;
use parlor_model::{AgentName, ChannelName};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::permission::{Actor, Object, Verb, may};
use crate::view::{ComposeView, CountView, PartsView};

impl Engine {
    /// How much of each limit of a channel a text uses up, and what in it can be clicked. Nothing is written or sent.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotFound`] for a channel that there is not.
    pub fn compose(
        &self,
        agent: &AgentName,
        channel: &ChannelName,
        text: &str,
    ) -> Result<ComposeView, EngineError> {
        let configured = self.inner.configured_agent(agent)?;
        may(Actor::Agent(configured), Verb::ActAsOneself, Object::Workspace)?;
        let transport = self.inner.transport_of(channel)?;
        let counts = transport.capabilities().text_limits().iter().map(|limit| {
            let named = limit.limit();
            CountView {
                name: named.name.clone().into_owned(),
                unit: named.unit.as_str().to_owned(),
                count: limit.count(text),
                limit: named.value,
            }
        });
        let parts = transport.capabilities().parts().map(|measure| {
            let detail = measure.detail(text);
            PartsView {
                unit: measure.unit().as_str().to_owned(),
                count: measure.count(text),
                alphabet: detail.map(|detail| detail.alphabet),
                left: detail.map(|detail| detail.left),
            }
        });
        Ok(ComposeView { counts: counts.collect(), parts, spans: spans(text) })
    }
}
