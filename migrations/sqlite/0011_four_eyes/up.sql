-- Changes that count with a second person's word only: kind, doors, departments and mail address of an organisation, and the roles administrator
-- and auditor.
-- Twin of migrations/postgres/0011_four_eyes: same tables, columns, nullability and unique indexes.

-- `asked_by_id` null: the operator; `approved_by_id` null beside an `approved_at`: the operator too. Of the code that was sent to a new address a
-- keyed hash is kept. `due_at`: all that it needs is there, and it counts at that instant, whether or not a job ran. `outcome` once it is decided.
CREATE TABLE pending_changes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    account_id BLOB REFERENCES accounts (id),
    kind TEXT NOT NULL,
    change TEXT NOT NULL CHECK (json_valid(change)),
    asked_by_id BLOB REFERENCES accounts (id),
    asked_at TEXT NOT NULL,
    code_hash BLOB CHECK (length(code_hash) = 32),
    proved_at TEXT,
    approved_by_id BLOB REFERENCES accounts (id),
    approved_at TEXT,
    due_at TEXT,
    ended_at TEXT,
    outcome TEXT,
    CONSTRAINT pending_changes_two_people CHECK (approved_by_id <> asked_by_id),
    CONSTRAINT pending_changes_due CHECK (due_at IS NULL OR (approved_at IS NOT NULL AND ended_at IS NULL))
) STRICT;
CREATE INDEX pending_changes_waiting ON pending_changes (id) WHERE ended_at IS NULL;
CREATE INDEX pending_changes_due_at ON pending_changes (due_at) WHERE due_at IS NOT NULL;

-- Nothing is sent to the contact address of a home before somebody who reads it has given the code that was sent there.
ALTER TABLE structures ADD COLUMN contact_proved INTEGER NOT NULL DEFAULT 0 CHECK (contact_proved IN (0, 1));
ALTER TABLE structures ADD COLUMN contact_code_hash BLOB CHECK (length(contact_code_hash) = 32);
