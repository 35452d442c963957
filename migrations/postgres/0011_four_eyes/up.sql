-- Changes that count with a second person's word only: kind, doors, departments and mail address of an organisation, and the roles administrator
-- and auditor.
-- Twin of migrations/sqlite/0011_four_eyes: same tables, columns, nullability and unique indexes.

-- `asked_by_id` null: the operator; `approved_by_id` null beside an `approved_at`: the operator too. Of the code that was sent to a new address a
-- keyed hash is kept. `due_at`: all that it needs is there, and it counts at that instant, whether or not a job ran. `outcome` once it is decided.
CREATE TABLE pending_changes (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    account_id uuid REFERENCES accounts (id),
    kind text NOT NULL,
    change jsonb NOT NULL,
    asked_by_id uuid REFERENCES accounts (id),
    asked_at timestamptz NOT NULL,
    code_hash bytea CHECK (length(code_hash) = 32),
    proved_at timestamptz,
    approved_by_id uuid REFERENCES accounts (id),
    approved_at timestamptz,
    due_at timestamptz,
    ended_at timestamptz,
    outcome text,
    CONSTRAINT pending_changes_two_people CHECK (approved_by_id <> asked_by_id),
    CONSTRAINT pending_changes_due CHECK (due_at IS NULL OR (approved_at IS NOT NULL AND ended_at IS NULL))
);
CREATE INDEX pending_changes_waiting ON pending_changes (id) WHERE ended_at IS NULL;
CREATE INDEX pending_changes_due_at ON pending_changes (due_at) WHERE due_at IS NOT NULL;

-- Nothing is sent to the contact address of a home before somebody who reads it has given the code that was sent there.
ALTER TABLE structures ADD COLUMN contact_proved boolean NOT NULL DEFAULT false;
ALTER TABLE structures ADD COLUMN contact_code_hash bytea CHECK (length(contact_code_hash) = 32);
