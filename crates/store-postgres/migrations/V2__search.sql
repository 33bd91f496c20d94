-- The index of what people wrote (src/grams.rs): for each message with words, by its position, the numbers of the pieces of
-- two or three letters that stand in it, and of its thread. It holds no text; what it finds is read and compared. It is
-- written behind the messages, so `search_index.position` says how far it has come.
CREATE TABLE message_search (
    position bigint NOT NULL PRIMARY KEY,
    grams    int[]  NOT NULL
);

CREATE INDEX message_search_grams ON message_search USING gin (grams);

CREATE TABLE search_index (
    id       smallint NOT NULL PRIMARY KEY CHECK (id = 1),
    position bigint   NOT NULL CHECK (position >= 0) -- of the newest message that is in it, or was looked at
) WITH (fillfactor = 10);

INSERT INTO search_index VALUES (1, 0);
