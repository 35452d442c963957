-- Who is signed in on the pages. Only hashes are kept: who reads these tables cannot sign in. `browser` is its kind in words, such as
-- `Firefox, Windows`; `id_token` is the provider's, sealed, for signing out there; `last_used_at` is written when it is five minutes old.
-- Twin of migrations/sqlite/0004_sessions: same tables, columns, nullability and unique indexes.

CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    browser text NOT NULL,
    id_token bytea,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX sessions_secret_hash ON sessions (secret_hash);
CREATE INDEX sessions_account_id ON sessions (account_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- A link that somebody was given, in a mail or at the shell: only the hash of its code is kept, so that a copy of this table opens nothing.
-- It is bound to whom it was sent to (an account, or an organisation's address), and to the step of the record it is about; it is over when it
-- was used (where it is for once), when it has expired, or when what it is bound to is over (`ended_at`).
CREATE TABLE links (
    id uuid NOT NULL PRIMARY KEY,
    purpose text NOT NULL,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    account_id uuid REFERENCES accounts (id),
    record_id uuid,
    step text,
    address text,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX links_code_hash ON links (code_hash);
CREATE INDEX links_account_id ON links (account_id);
CREATE INDEX links_record_id ON links (record_id);
CREATE INDEX links_expires_at ON links (expires_at);
