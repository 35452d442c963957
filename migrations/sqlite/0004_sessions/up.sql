-- Who is signed in on the pages. Only hashes are kept: who reads these tables cannot sign in. `browser` is its kind in words, such as
-- `Firefox, Windows`; `id_token` is the provider's, sealed, for signing out there; `last_used_at` is written when it is five minutes old.
-- Twin of migrations/postgres/0004_sessions: same tables, columns, nullability and unique indexes.

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    browser TEXT NOT NULL,
    id_token BLOB,
    last_used_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_secret_hash ON sessions (secret_hash);
CREATE INDEX sessions_account_id ON sessions (account_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- A link that somebody was given, in a mail or at the shell: only the hash of its code is kept, so that a copy of this table opens nothing.
-- It is bound to whom it was sent to (an account, or an organisation's address), and to the step of the record it is about; it is over when it
-- was used (where it is for once), when it has expired, or when what it is bound to is over (`ended_at`).
CREATE TABLE links (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    purpose TEXT NOT NULL,
    code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    account_id BLOB REFERENCES accounts (id),
    record_id BLOB,
    step TEXT,
    address TEXT,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    ended_at TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX links_code_hash ON links (code_hash);
CREATE INDEX links_account_id ON links (account_id);
CREATE INDEX links_record_id ON links (record_id);
CREATE INDEX links_expires_at ON links (expires_at);
