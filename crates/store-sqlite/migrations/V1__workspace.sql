-- One workspace.
--
-- Ids are 16-byte BLOBs, moments are microseconds since 1970 (UTC), closed sets of names that stand in every message
-- are small integers (src/code.rs), everything else is readable text.
--
-- A `position` is a place in the journal of the workspace, gapless from 1 over all the tables whose primary key it is:
-- messages, interaction_events, observations, alerts and journal. What is journaled is therefore written once, into
-- the table it belongs to, and a range of the journal is the same range of five tables.

-- The one row of what is counted and kept once. It is written at the end of every transaction that changes it.
CREATE TABLE workspace (
    id           INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    inbox_secret BLOB    NOT NULL CHECK (length(inbox_secret) = 16), -- keys the hash of inbox keys
    position     INTEGER NOT NULL CHECK (position >= 0),             -- the newest
    messages     INTEGER NOT NULL CHECK (messages >= 0),
    inbox        INTEGER NOT NULL CHECK (inbox >= 0),
    dead_letters INTEGER NOT NULL CHECK (dead_letters >= 0)
) STRICT;

INSERT INTO workspace VALUES (1, randomblob(16), 0, 0, 0, 0);

-- Inbound events taken: a keyed 128-bit hash (`hash` then `rest`) of the whole key. The day is that of the provider's
-- own time, 0 when there is none; it is part of the event, so that a repetition years later finds the same row, and
-- rows of one day lie together.
CREATE TABLE inbox (
    day     INTEGER NOT NULL,
    hash    INTEGER NOT NULL,
    rest    INTEGER NOT NULL,
    message BLOB,
    PRIMARY KEY (day, hash, rest)
) STRICT, WITHOUT ROWID;

-- Writes of agents' clients, so that repeating one changes nothing.
CREATE TABLE requests (
    agent       TEXT    NOT NULL,
    id          BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    resource    BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (agent, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
    id           BLOB    NOT NULL PRIMARY KEY,
    version      INTEGER NOT NULL,
    display_name TEXT,
    fields       TEXT    NOT NULL, -- JSON object of strings
    created_at   INTEGER NOT NULL,
    has_entries  INTEGER NOT NULL DEFAULT 0 CHECK (has_entries IN (0, 1)) -- an entry places it in the contact list
) STRICT;

CREATE INDEX contacts_without_entries ON contacts (id) WHERE has_entries = 0;

CREATE TABLE contact_points (
    id           BLOB    NOT NULL PRIMARY KEY,
    contact      BLOB    NOT NULL REFERENCES contacts (id),
    kind         TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    display_name TEXT,
    created_at   INTEGER NOT NULL,
    UNIQUE (kind, scope, address)
) STRICT;

CREATE INDEX contact_points_of ON contact_points (contact);

-- Contacts that are shown as another one, one step at a time; never a circle.
CREATE TABLE contact_aliases (
    contact  BLOB NOT NULL PRIMARY KEY REFERENCES contacts (id),
    shown_as BLOB NOT NULL REFERENCES contacts (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_aliases_into ON contact_aliases (shown_as);

CREATE TABLE threads (
    key              INTEGER NOT NULL PRIMARY KEY,
    id               BLOB    NOT NULL UNIQUE,
    channel          TEXT    NOT NULL,
    point            BLOB REFERENCES contact_points (id), -- direct with this contact point, or
    post             TEXT,                                -- below this post
    created_at       INTEGER NOT NULL,
    sequence         INTEGER NOT NULL DEFAULT 0, -- of the newest message
    contact_messages INTEGER NOT NULL DEFAULT 0, -- messages of `point` that count as unread until they are read
    activity         INTEGER NOT NULL DEFAULT 0, -- position of the newest message
    last_text        INTEGER,                    -- position of the newest message that is a text
    delivered        INTEGER NOT NULL DEFAULT 0, -- acknowledged by the contact
    read             INTEGER NOT NULL DEFAULT 0, -- likewise
    CHECK ((point IS NULL) <> (post IS NULL))
) STRICT;

CREATE UNIQUE INDEX threads_direct ON threads (point, channel) WHERE point IS NOT NULL;
CREATE UNIQUE INDEX threads_post ON threads (post, channel) WHERE post IS NOT NULL;
-- The order of the contact list.
CREATE INDEX threads_activity ON threads (activity) WHERE point IS NOT NULL AND activity > 0;

-- Contact points that wrote below a post; the rest of the contact list.
CREATE TABLE post_authors (
    point     BLOB    NOT NULL REFERENCES contact_points (id),
    thread    INTEGER NOT NULL REFERENCES threads (key),
    activity  INTEGER NOT NULL, -- position of its newest message in the thread
    last_text INTEGER,          -- position of its newest message in the thread that is a text
    PRIMARY KEY (point, thread)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_authors_activity ON post_authors (activity);

CREATE TABLE interactions (
    key      INTEGER NOT NULL PRIMARY KEY, -- position of the first event
    id       BLOB    NOT NULL UNIQUE,
    thread   INTEGER NOT NULL REFERENCES threads (key),
    version  INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    snapshot TEXT    NOT NULL -- JSON
) STRICT;

CREATE INDEX interactions_of ON interactions (thread);
-- At most one of a thread is open.
CREATE UNIQUE INDEX interactions_open ON interactions (thread) WHERE state <> 'done';
CREATE INDEX interactions_open_by_id ON interactions (id) WHERE state <> 'done';

CREATE TABLE interaction_events (
    position    INTEGER NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    interaction INTEGER NOT NULL REFERENCES interactions (key),
    version     INTEGER NOT NULL,
    recorded    TEXT    NOT NULL -- JSON
) STRICT;

CREATE INDEX interaction_events_of ON interaction_events (interaction);

CREATE TABLE offers (
    id          BLOB    NOT NULL PRIMARY KEY,
    interaction INTEGER NOT NULL REFERENCES interactions (key),
    agent       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    position         INTEGER NOT NULL PRIMARY KEY,
    id               BLOB    NOT NULL UNIQUE,
    thread           INTEGER NOT NULL REFERENCES threads (key),
    sequence         INTEGER NOT NULL,
    interaction      INTEGER REFERENCES interactions (key),
    segment          INTEGER NOT NULL,
    visibility       INTEGER NOT NULL,
    author           INTEGER NOT NULL, -- what kind of author
    author_point     BLOB REFERENCES contact_points (id), -- a contact other than the thread's
    author_name      TEXT,                                -- an agent or an automaton
    contact_messages INTEGER NOT NULL, -- of the thread, up to and with this message
    parent           BLOB,
    at               INTEGER NOT NULL,
    provider_time    INTEGER,
    provider_id      ANY, -- a UUID in its usual form as BLOB, everything else as TEXT
    kind             INTEGER NOT NULL,
    body             TEXT    NOT NULL, -- the text, or JSON for kinds that are more than a text
    UNIQUE (thread, sequence)
) STRICT;

-- What contacts wrote in threads that are not theirs alone, for counting what is unread.
CREATE INDEX messages_by_point ON messages (author_point, thread, sequence)
    WHERE author_point IS NOT NULL AND visibility <> 2;

CREATE TABLE observations (
    position    INTEGER NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    message     INTEGER NOT NULL REFERENCES messages (position),
    stage       INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    reason      TEXT
) STRICT;

CREATE INDEX observations_of ON observations (message);

CREATE TABLE outbox (
    id          BLOB    NOT NULL PRIMARY KEY,
    version     INTEGER NOT NULL,
    message     BLOB    NOT NULL REFERENCES messages (id),
    thread      BLOB    NOT NULL REFERENCES threads (id),
    channel     TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    not_before  INTEGER NOT NULL,
    provider_id TEXT,
    reason      TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
    interaction INTEGER NOT NULL REFERENCES interactions (key),
    timer       TEXT    NOT NULL, -- JSON
    due         INTEGER NOT NULL,
    PRIMARY KEY (interaction, timer)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
    name       TEXT    NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL,
    signed_in  INTEGER NOT NULL CHECK (signed_in IN (0, 1)),
    readiness  TEXT    NOT NULL, -- JSON
    idle_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What agents hold, per class: the last line of defence of capacity.
CREATE TABLE agent_loads (
    agent TEXT    NOT NULL REFERENCES agents (name),
    class TEXT    NOT NULL,
    used  INTEGER NOT NULL CHECK (used >= 0),
    cap   INTEGER NOT NULL CHECK (used <= cap),
    PRIMARY KEY (agent, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_markers (
    agent  TEXT    NOT NULL,
    thread INTEGER NOT NULL REFERENCES threads (key),
    upto   INTEGER NOT NULL,
    PRIMARY KEY (agent, thread)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignments (
    agent   TEXT NOT NULL,
    contact BLOB NOT NULL REFERENCES contacts (id),
    PRIMARY KEY (agent, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
    position   INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    id         BLOB    NOT NULL UNIQUE,
    agent      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    contact    BLOB    NOT NULL REFERENCES contacts (id),
    thread     INTEGER NOT NULL REFERENCES threads (key),
    message    BLOB    NOT NULL REFERENCES messages (id),
    alerted_at INTEGER NOT NULL
) STRICT;

CREATE INDEX alerts_last ON alerts (agent, thread);

-- What is journaled and has no table of its own. Which columns are used, by kind (src/code.rs):
--   acknowledged  thread, first = delivered, second = read
--   agent         agent
--   contact       contact
--   read          agent, thread, first = up to
--   assignment    agent, contact, first = whether assigned
CREATE TABLE journal (
    position INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    agent    TEXT,
    contact  BLOB,
    thread   INTEGER REFERENCES threads (key),
    first    INTEGER,
    second   INTEGER
) STRICT;

CREATE TABLE documents (
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE TABLE consent (
    key      INTEGER NOT NULL PRIMARY KEY,
    point    BLOB    NOT NULL REFERENCES contact_points (id),
    purpose  TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    evidence TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE INDEX consent_of ON consent (point);

CREATE TABLE dead_letters (
    key     INTEGER NOT NULL PRIMARY KEY,
    account TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    raw     BLOB    NOT NULL
) STRICT;

CREATE TABLE leases (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
