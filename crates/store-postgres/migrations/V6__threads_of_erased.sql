-- In a thread with a contact who was erased nothing comes after this sequence, whoever writes.
ALTER TABLE threads ADD COLUMN ends_at bigint;

UPDATE threads SET ends_at = sequence WHERE point IN (
    SELECT p.id FROM contact_points p JOIN contacts c ON c.id = p.contact WHERE c.erased);

ALTER TABLE threads ADD CONSTRAINT threads_end CHECK (sequence <= ends_at);
