-- In a thread with a contact who was erased nothing comes after this sequence.
ALTER TABLE threads ADD COLUMN ends_at INTEGER CHECK (ends_at IS NULL OR sequence <= ends_at);

UPDATE threads SET ends_at = sequence WHERE point IN (
    SELECT p.id FROM contact_points p JOIN contacts c ON c.id = p.contact WHERE c.erased = 1);
