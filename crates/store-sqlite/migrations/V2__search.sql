-- The index of what people wrote (src/grams.rs): for each message with words, by its position, the pieces of up to three
-- letters that stand in it, and its thread. It holds no text; what it finds is read and compared. It is written behind
-- the messages, so `search_index.position` says how far it has come.
CREATE VIRTUAL TABLE message_search USING fts5 (
    grams, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
);

-- What is taken out of it is taken out at once, not only marked (guarantee G23).
INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', 1);

CREATE TABLE search_index (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    form     INTEGER NOT NULL,                      -- how texts are cut into pieces; another one needs another index
    position INTEGER NOT NULL CHECK (position >= 0) -- of the newest message that is in it, or was looked at
) STRICT;

INSERT INTO search_index VALUES (1, 0, 0);
