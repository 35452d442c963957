-- Webhooks: where the events of a tool are sent, and how far that is. And kinds of jobs, so that none waits for another.
-- Twin of migrations/postgres/0012_webhooks: same tables, columns, nullability and unique indexes.

-- `content` (the address and the signing secrets) is sealed with the deployment's key. `record_kinds` null: all. `position`: up to which event the log
-- was looked at. An instance that serves one holds `claim` until `claimed_until`; then it is anybody's. `paused_until`: the receiver asked for it.
CREATE TABLE webhooks (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    content BLOB NOT NULL,
    record_kinds TEXT,
    position INTEGER NOT NULL CHECK (position >= 0),
    created_by_id BLOB REFERENCES accounts (id),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    last_delivered_at TEXT,
    failing_since TEXT,
    disabled_at TEXT,
    disabled_because TEXT,
    ended_at TEXT,
    claim BLOB,
    claimed_until TEXT,
    paused_until TEXT,
    CONSTRAINT webhooks_disabled CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
) STRICT;
CREATE INDEX webhooks_of_organisation ON webhooks (organisation_id, id);

-- One row an event that is sent: what waits, and afterwards the log of deliveries. `next_at` while it waits.
CREATE TABLE webhook_deliveries (
    webhook_id BLOB NOT NULL REFERENCES webhooks (id),
    position INTEGER NOT NULL,
    at TEXT NOT NULL,
    command TEXT NOT NULL,
    record_kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    attempted_at TEXT,
    status INTEGER,
    failure TEXT,
    next_at TEXT,
    PRIMARY KEY (webhook_id, position),
    CONSTRAINT webhook_deliveries_waiting CHECK ((state = 'pending') = (next_at IS NOT NULL))
) STRICT;
CREATE INDEX webhook_deliveries_next_at ON webhook_deliveries (webhook_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_at ON webhook_deliveries (at) WHERE next_at IS NULL;

-- What a program before this one writes is taken for a mail, and done all the same.
ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'mail';
CREATE INDEX jobs_kind_run_at ON jobs (kind, run_at);
