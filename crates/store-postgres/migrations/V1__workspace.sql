-- One workspace: the tables of one schema, which is the `search_path` of every session.
--
-- Moments are microseconds since 1970 (UTC), closed sets of names that stand in every message are small integers
-- (src/code.rs), everything else is readable text. Text that is compared or ordered is so by its bytes.
--
-- A `position` is a place in the journal of the workspace, gapless from 1 over all the tables whose primary key it is:
-- messages, interaction_events, observations, alerts and journal. What is journaled is therefore written once, into
-- the table it belongs to, and a range of the journal is the same range of five tables.

-- The one row of what is counted and kept once. Whoever writes to the workspace locks it first and holds it to the end
-- of the transaction: that is what makes positions gapless, and seen in their order.
CREATE TABLE workspace (
    id           smallint NOT NULL PRIMARY KEY CHECK (id = 1),
    inbox_secret bytea    NOT NULL CHECK (length(inbox_secret) = 16), -- keys the hash of inbox keys
    position     bigint   NOT NULL CHECK (position >= 0),             -- the newest
    messages     bigint   NOT NULL CHECK (messages >= 0),
    inbox        bigint   NOT NULL CHECK (inbox >= 0),
    dead_letters bigint   NOT NULL CHECK (dead_letters >= 0)
) WITH (fillfactor = 10);

INSERT INTO workspace VALUES (
    1, substring(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 16), 0, 0, 0, 0);

-- The last transaction of each store that ever wrote here: how one whose connection broke while it committed finds out
-- what became of it.
CREATE TABLE writers (
    id     uuid        NOT NULL PRIMARY KEY,
    number bigint      NOT NULL,
    seen   timestamptz NOT NULL
) WITH (fillfactor = 10);

-- Inbound events taken: a keyed 128-bit hash (`hash` then `rest`) of the whole key. The day is that of the provider's
-- own time, 0 when there is none; it is part of the event, so that a repetition years later finds the same row, and
-- rows of one day lie together in the index.
CREATE TABLE inbox (
    day     bigint NOT NULL,
    hash    bigint NOT NULL,
    rest    bigint NOT NULL,
    message uuid,
    PRIMARY KEY (day, hash, rest)
);

-- Writes of agents' clients, so that repeating one changes nothing.
CREATE TABLE requests (
    agent       text COLLATE "C" NOT NULL,
    id          uuid   NOT NULL,
    fingerprint bytea  NOT NULL,
    resource    uuid   NOT NULL,
    at          bigint NOT NULL,
    PRIMARY KEY (agent, id)
);

CREATE TABLE contacts (
    id           uuid    NOT NULL PRIMARY KEY,
    version      bigint  NOT NULL,
    display_name text,
    fields       text    NOT NULL, -- JSON object of strings
    created_at   bigint  NOT NULL,
    root         uuid    NOT NULL, -- as whom it is shown in the end: itself, unless contact_aliases says otherwise
    has_entries  boolean NOT NULL DEFAULT false -- an entry places it in the contact list
);

CREATE INDEX contacts_of_root ON contacts (root);
CREATE INDEX contacts_without_entries ON contacts (id) WHERE NOT has_entries;

CREATE TABLE contact_points (
    id           uuid   NOT NULL PRIMARY KEY,
    contact      uuid   NOT NULL REFERENCES contacts (id),
    kind         text   COLLATE "C" NOT NULL,
    scope        text   COLLATE "C" NOT NULL,
    address      text   COLLATE "C" NOT NULL,
    display_name text,
    created_at   bigint NOT NULL,
    UNIQUE (kind, scope, address)
);

CREATE INDEX contact_points_of ON contact_points (contact);

-- Contacts that are shown as another one, one step at a time; never a circle.
CREATE TABLE contact_aliases (
    contact  uuid NOT NULL PRIMARY KEY REFERENCES contacts (id),
    shown_as uuid NOT NULL REFERENCES contacts (id)
);

CREATE INDEX contact_aliases_into ON contact_aliases (shown_as);

CREATE TABLE threads (
    key              bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id               uuid   NOT NULL UNIQUE,
    channel          text   COLLATE "C" NOT NULL,
    point            uuid   REFERENCES contact_points (id), -- direct with this contact point, or
    post             text   COLLATE "C",                    -- below this post
    created_at       bigint NOT NULL,
    sequence         bigint NOT NULL DEFAULT 0, -- of the newest message
    contact_messages bigint NOT NULL DEFAULT 0, -- messages of `point` that count as unread until they are read
    activity         bigint NOT NULL DEFAULT 0, -- position of the newest message
    last_text        bigint,                    -- position of the newest message that is a text
    delivered        bigint NOT NULL DEFAULT 0, -- acknowledged by the contact
    read             bigint NOT NULL DEFAULT 0, -- likewise
    CHECK ((point IS NULL) <> (post IS NULL))
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX threads_direct ON threads (point, channel) WHERE point IS NOT NULL;
CREATE UNIQUE INDEX threads_post ON threads (post, channel) WHERE post IS NOT NULL;
-- The order of the contact list.
CREATE INDEX threads_activity ON threads (activity) WHERE point IS NOT NULL AND activity > 0;

-- Contact points that wrote below a post; the rest of the contact list.
CREATE TABLE post_authors (
    point     uuid   NOT NULL REFERENCES contact_points (id),
    thread    bigint NOT NULL REFERENCES threads (key),
    activity  bigint NOT NULL, -- position of its newest message in the thread
    last_text bigint,          -- position of its newest message in the thread that is a text
    PRIMARY KEY (point, thread)
);

CREATE INDEX post_authors_activity ON post_authors (activity);

CREATE TABLE interactions (
    key      bigint NOT NULL PRIMARY KEY, -- position of the first event
    id       uuid   NOT NULL UNIQUE,
    thread   bigint NOT NULL REFERENCES threads (key),
    version  bigint NOT NULL,
    state    text   NOT NULL,
    snapshot text   NOT NULL -- JSON
) WITH (fillfactor = 70);

CREATE INDEX interactions_of ON interactions (thread, key);
-- At most one of a thread is open.
CREATE UNIQUE INDEX interactions_open ON interactions (thread) WHERE state <> 'done';
CREATE INDEX interactions_open_by_id ON interactions (id) WHERE state <> 'done';

CREATE TABLE interaction_events (
    position    bigint NOT NULL PRIMARY KEY,
    at          bigint NOT NULL,
    interaction bigint NOT NULL REFERENCES interactions (key),
    version     bigint NOT NULL,
    recorded    text   NOT NULL -- JSON
);

CREATE INDEX interaction_events_of ON interaction_events (interaction, position);

CREATE TABLE offers (
    id          uuid   NOT NULL PRIMARY KEY,
    interaction bigint NOT NULL REFERENCES interactions (key),
    agent       text   NOT NULL
);

CREATE TABLE messages (
    position         bigint   NOT NULL PRIMARY KEY,
    id               uuid     NOT NULL UNIQUE,
    thread           bigint   NOT NULL REFERENCES threads (key),
    sequence         bigint   NOT NULL,
    interaction      bigint   REFERENCES interactions (key),
    segment          bigint   NOT NULL,
    visibility       smallint NOT NULL,
    author           smallint NOT NULL, -- what kind of author
    author_point     uuid     REFERENCES contact_points (id), -- a contact other than the thread's
    author_name      text,                                    -- an agent or an automaton
    contact_messages bigint   NOT NULL, -- of the thread, up to and with this message
    parent           uuid,
    at               bigint   NOT NULL,
    provider_time    bigint,
    provider_id      text,
    kind             smallint NOT NULL,
    body             text     NOT NULL, -- the text, or JSON for kinds that are more than a text
    UNIQUE (thread, sequence)
);

-- What contacts wrote in threads that are not theirs alone, for counting what is unread.
CREATE INDEX messages_by_point ON messages (author_point, thread, sequence)
    WHERE author_point IS NOT NULL AND visibility <> 2;

CREATE TABLE observations (
    position    bigint   NOT NULL PRIMARY KEY,
    at          bigint   NOT NULL,
    message     bigint   NOT NULL REFERENCES messages (position),
    stage       smallint NOT NULL,
    observed_at bigint   NOT NULL,
    reason      text
);

CREATE INDEX observations_of ON observations (message);

CREATE TABLE outbox (
    id          uuid   NOT NULL PRIMARY KEY,
    version     bigint NOT NULL,
    message     uuid   NOT NULL REFERENCES messages (id),
    thread      uuid   NOT NULL REFERENCES threads (id),
    channel     text   NOT NULL,
    state       text   NOT NULL,
    attempts    bigint NOT NULL,
    not_before  bigint NOT NULL,
    provider_id text,
    reason      text
);

CREATE TABLE timers (
    interaction bigint NOT NULL REFERENCES interactions (key),
    timer       text   COLLATE "C" NOT NULL, -- JSON
    due         bigint NOT NULL,
    PRIMARY KEY (interaction, timer)
);

CREATE TABLE agents (
    name       text    COLLATE "C" NOT NULL PRIMARY KEY,
    version    bigint  NOT NULL,
    signed_in  boolean NOT NULL,
    readiness  text    NOT NULL, -- JSON
    idle_since bigint  NOT NULL
) WITH (fillfactor = 50);

-- What agents hold, per class: the last line of defence of capacity.
CREATE TABLE agent_loads (
    agent text   COLLATE "C" NOT NULL REFERENCES agents (name),
    class text   COLLATE "C" NOT NULL,
    used  bigint NOT NULL CHECK (used >= 0),
    cap   bigint NOT NULL CHECK (used <= cap),
    PRIMARY KEY (agent, class)
) WITH (fillfactor = 50);

CREATE TABLE read_markers (
    agent  text   COLLATE "C" NOT NULL,
    thread bigint NOT NULL REFERENCES threads (key),
    upto   bigint NOT NULL,
    PRIMARY KEY (agent, thread)
);

CREATE TABLE assignments (
    agent   text COLLATE "C" NOT NULL,
    contact uuid NOT NULL REFERENCES contacts (id),
    PRIMARY KEY (agent, contact)
);

CREATE TABLE alerts (
    position   bigint NOT NULL PRIMARY KEY,
    at         bigint NOT NULL,
    id         uuid   NOT NULL UNIQUE,
    agent      text   COLLATE "C" NOT NULL,
    kind       text   NOT NULL,
    contact    uuid   NOT NULL REFERENCES contacts (id),
    thread     bigint NOT NULL REFERENCES threads (key),
    message    uuid   NOT NULL REFERENCES messages (id),
    alerted_at bigint NOT NULL
);

CREATE INDEX alerts_last ON alerts (agent, thread, position);

-- What is journaled and has no table of its own. Which columns are used, by kind (src/code.rs):
--   acknowledged  thread, first = delivered, second = read
--   agent         agent
--   contact       contact
--   read          agent, thread, first = up to
--   assignment    agent, contact, first = whether assigned
CREATE TABLE journal (
    position bigint   NOT NULL PRIMARY KEY,
    at       bigint   NOT NULL,
    kind     smallint NOT NULL,
    agent    text,
    contact  uuid,
    thread   bigint REFERENCES threads (key),
    first    bigint,
    second   bigint
);

CREATE TABLE documents (
    kind    text   COLLATE "C" NOT NULL,
    key     text   COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    body    text   NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE TABLE consent (
    key      bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    point    uuid   NOT NULL REFERENCES contact_points (id),
    purpose  text   NOT NULL,
    state    text   NOT NULL,
    evidence text   NOT NULL,
    at       bigint NOT NULL
);

CREATE INDEX consent_of ON consent (point, key);

CREATE TABLE dead_letters (
    key     bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account text   NOT NULL,
    reason  text   NOT NULL,
    at      bigint NOT NULL,
    raw     bytea  NOT NULL
);

CREATE TABLE leases (
    name   text   COLLATE "C" NOT NULL PRIMARY KEY,
    holder text   NOT NULL,
    epoch  bigint NOT NULL,
    until  bigint NOT NULL
) WITH (fillfactor = 50);

-- Up to which sequence the messages of a thread stand before a position. Sequences are gapless and rise with the
-- position, so that halving finds the place.
CREATE FUNCTION sequence_before(in_thread bigint, place bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    low    bigint := 0;
    high   bigint := (SELECT t.sequence FROM threads t WHERE t.key = in_thread);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := low + (high - low + 1) / 2;
        IF (SELECT m.position FROM messages m WHERE m.thread = in_thread AND m.sequence = middle) < place THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
