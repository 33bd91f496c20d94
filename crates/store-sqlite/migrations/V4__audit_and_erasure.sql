-- What was done and must be answered for: each record has the hash of the one before it.
CREATE TABLE audit (
    n         INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    verb      TEXT    NOT NULL,
    object    TEXT    NOT NULL,
    contact   BLOB,
    salt      BLOB,             -- NULL once it is erased
    salt_seal BLOB    NOT NULL,
    before    BLOB,
    after     BLOB,
    previous  BLOB    NOT NULL,
    hash      BLOB    NOT NULL
) STRICT;

CREATE INDEX audit_of ON audit (contact) WHERE contact IS NOT NULL;

-- Documents that belong to a contact: exported and erased with it.
CREATE TABLE document_owners (
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    contact BLOB NOT NULL REFERENCES contacts (id),
    message BLOB REFERENCES messages (id), -- it ends with this one too
    blobs   TEXT NOT NULL,                 -- JSON list of ids: bytes of which only this document speaks
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX document_owners_of ON document_owners (contact);
CREATE INDEX document_owners_with ON document_owners (message) WHERE message IS NOT NULL;

-- Erased contacts stand in no list.
ALTER TABLE contacts ADD COLUMN erased INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1));

-- For finding the requests by which what belongs to a contact was written.
CREATE INDEX requests_for ON requests (resource);
