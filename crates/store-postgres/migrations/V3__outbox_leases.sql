-- Who sends an entry, and until when nobody else does. Only entries that are being sent have both.
ALTER TABLE outbox ADD COLUMN worker text, ADD COLUMN lease_until bigint;

-- Position of the message: the order in which the entries of a thread are sent.
ALTER TABLE outbox ADD COLUMN place bigint NOT NULL DEFAULT 0;
UPDATE outbox o SET place = m.position FROM messages m WHERE m.id = o.message;

-- What waits to be sent, in order; what stands in the way of others of its thread; what is being sent.
CREATE INDEX outbox_waiting ON outbox (place, id) WHERE state = 'pending';
CREATE INDEX outbox_before ON outbox (thread, place, id) WHERE state = 'pending';
CREATE INDEX outbox_in_flight ON outbox (thread) WHERE state IN ('sending', 'uncertain');
CREATE INDEX outbox_of_message ON outbox (message);
