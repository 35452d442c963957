-- Who is signed in on the pages. Only hashes are kept: who reads these tables cannot sign in.
-- Twin of migrations/postgres/0004_sessions: same tables, columns, nullability and unique indexes.

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    client_id BLOB NOT NULL REFERENCES api_clients (id),
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_secret_hash ON sessions (secret_hash);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- A link that signs one client in, once.
CREATE TABLE sign_in_links (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    client_id BLOB NOT NULL REFERENCES api_clients (id),
    code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
    expires_at TEXT NOT NULL,
    used_at TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sign_in_links_code_hash ON sign_in_links (code_hash);
