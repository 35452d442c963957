-- Webhooks: where the events of a tool are sent, and how far that is. And kinds of jobs, so that none waits for another.
-- Twin of migrations/sqlite/0012_webhooks: same tables, columns, nullability and unique indexes.

-- `content` (the address and the signing secrets) is sealed with the deployment's key. `record_kinds` null: all. `position`: up to which event the log
-- was looked at. An instance that serves one holds `claim` until `claimed_until`; then it is anybody's. `paused_until`: the receiver asked for it.
CREATE TABLE webhooks (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    content bytea NOT NULL,
    record_kinds text,
    position bigint NOT NULL CHECK (position >= 0),
    created_by_id uuid REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_delivered_at timestamptz,
    failing_since timestamptz,
    disabled_at timestamptz,
    disabled_because text,
    ended_at timestamptz,
    claim uuid,
    claimed_until timestamptz,
    paused_until timestamptz,
    CONSTRAINT webhooks_disabled CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
);
CREATE INDEX webhooks_of_organisation ON webhooks (organisation_id, id);

-- One row an event that is sent: what waits, and afterwards the log of deliveries. `next_at` while it waits.
CREATE TABLE webhook_deliveries (
    webhook_id uuid NOT NULL REFERENCES webhooks (id),
    position bigint NOT NULL,
    at timestamptz NOT NULL,
    command text NOT NULL,
    record_kind text NOT NULL,
    record_id uuid NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    attempted_at timestamptz,
    status integer,
    failure text,
    next_at timestamptz,
    PRIMARY KEY (webhook_id, position),
    CONSTRAINT webhook_deliveries_waiting CHECK ((state = 'pending') = (next_at IS NOT NULL))
);
CREATE INDEX webhook_deliveries_next_at ON webhook_deliveries (webhook_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_at ON webhook_deliveries (at) WHERE next_at IS NULL;

-- What a program before this one writes is taken for a mail, and done all the same.
ALTER TABLE jobs ADD COLUMN kind text NOT NULL DEFAULT 'mail';
CREATE INDEX jobs_kind_run_at ON jobs (kind, run_at);
