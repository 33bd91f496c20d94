-- What is still on its way is found without looking at everything that was ever sent.
CREATE INDEX outbox_unfinished ON outbox (id) WHERE state IN ('pending', 'sending', 'uncertain', 'needs_decision');
-- A receipt names what it is about by the provider's id.
CREATE INDEX outbox_sent_as ON outbox (provider_id, channel) WHERE provider_id IS NOT NULL;
