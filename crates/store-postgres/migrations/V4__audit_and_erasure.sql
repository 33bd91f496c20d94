-- What was done and must be answered for: each record has the hash of the one before it.
CREATE TABLE audit (
    n         bigint NOT NULL PRIMARY KEY,
    at        bigint NOT NULL,
    actor     text   NOT NULL,
    verb      text   NOT NULL,
    object    text   NOT NULL,
    contact   uuid,
    salt      bytea,           -- NULL once it is erased
    salt_seal bytea  NOT NULL,
    before    bytea,
    after     bytea,
    previous  bytea  NOT NULL,
    hash      bytea  NOT NULL
);

CREATE INDEX audit_of ON audit (contact) WHERE contact IS NOT NULL;

-- Documents that belong to a contact: exported and erased with it.
CREATE TABLE document_owners (
    kind    text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    contact uuid NOT NULL REFERENCES contacts (id),
    message uuid REFERENCES messages (id), -- it ends with this one too
    blobs   text NOT NULL,                 -- JSON list of ids: bytes of which only this document speaks
    PRIMARY KEY (kind, key)
);

CREATE INDEX document_owners_of ON document_owners (contact);
CREATE INDEX document_owners_with ON document_owners (message) WHERE message IS NOT NULL;

-- Erased contacts stand in no list.
ALTER TABLE contacts ADD COLUMN erased boolean NOT NULL DEFAULT false;

-- For finding the requests by which what belongs to a contact was written.
CREATE INDEX requests_for ON requests (resource);
