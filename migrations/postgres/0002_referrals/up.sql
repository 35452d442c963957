-- Referrals and the beds they hold, the log that rebuilds them, who read what, and the mails that tell.
-- Twin of migrations/sqlite/0002_referrals: same tables, columns, nullability and unique indexes.

-- The H3 cell of resolution 5 a site lies in: people kept apart share none. Filled in by the program for sites that were there before.
ALTER TABLE structures ADD COLUMN area text NOT NULL DEFAULT '';
CREATE INDEX structures_area ON structures (area);

-- One request put to one vacancy. `beds` is how many it needs; `held` whether they are held of the vacancy now. `deadline` is when it
-- lapses if nobody acts, and null once nothing more can lapse.
CREATE TABLE referrals (
    id uuid NOT NULL PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES requests (id),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    unit_id uuid NOT NULL REFERENCES units (id),
    vacancy_id uuid NOT NULL REFERENCES vacancies (id),
    addressee_id uuid NOT NULL REFERENCES organisations (id),
    door text NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'acknowledged', 'accepted', 'confirmed', 'arrived', 'ended',
        'declined', 'superseded', 'no_show', 'withdrawn', 'expired')),
    beds integer NOT NULL CHECK (beds > 0),
    held boolean NOT NULL,
    held_when_asked boolean NOT NULL,
    by_phone boolean NOT NULL,
    deadline timestamptz,
    remind_at timestamptz,
    expected_arrival timestamptz,
    course jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- What lapses is open, what is open lapses; and only what is open holds beds.
    CONSTRAINT referrals_open CHECK ((deadline IS NOT NULL) = (state IN ('asked', 'acknowledged', 'accepted', 'confirmed'))),
    CONSTRAINT referrals_held CHECK (NOT held OR deadline IS NOT NULL)
);
CREATE INDEX referrals_request_id ON referrals (request_id);
CREATE INDEX referrals_organisation_id ON referrals (organisation_id);
CREATE INDEX referrals_addressee_id ON referrals (addressee_id);
CREATE INDEX referrals_vacancy_id ON referrals (vacancy_id);
CREATE INDEX referrals_unit_id ON referrals (unit_id);
CREATE INDEX referrals_deadline ON referrals (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX referrals_remind_at ON referrals (remind_at) WHERE remind_at IS NOT NULL;

-- Refusals stand apart from referrals: their effects outlive them.
CREATE TABLE refusals (
    referral_id uuid NOT NULL PRIMARY KEY REFERENCES referrals (id),
    request_id uuid NOT NULL REFERENCES requests (id),
    unit_id uuid NOT NULL REFERENCES units (id),
    structure_id uuid NOT NULL REFERENCES structures (id),
    party text NOT NULL CHECK (party IN ('structure', 'person', 'system')),
    code text NOT NULL,
    text text,
    condition text,
    unlawful_condition text,
    effect text NOT NULL CHECK (effect IN ('exclude_unit', 'exclude_structure', 'none')),
    -- The first day on which the effect is over; null: it stays.
    until_day date,
    created_at timestamptz NOT NULL
);
CREATE INDEX refusals_request_id ON refusals (request_id);

-- A one-time code by which two referents, each at a request of their own, say that these people must not meet. Only its hash is kept.
CREATE TABLE keep_apart_codes (
    id uuid NOT NULL PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES requests (id),
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX keep_apart_codes_code_hash ON keep_apart_codes (code_hash);
CREATE INDEX keep_apart_codes_request_id ON keep_apart_codes (request_id);

-- A link has two sides and no direction: the lower id stands first.
CREATE TABLE keep_apart_links (
    id uuid NOT NULL PRIMARY KEY,
    low_request_id uuid NOT NULL REFERENCES requests (id),
    high_request_id uuid NOT NULL REFERENCES requests (id),
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT keep_apart_links_order CHECK (low_request_id < high_request_id)
);
CREATE INDEX keep_apart_links_low_request_id ON keep_apart_links (low_request_id);
CREATE INDEX keep_apart_links_high_request_id ON keep_apart_links (high_request_id);

-- What a command changed, without personal data, so that the log alone tells how things stand; whose record it is, so that each reads
-- its own; and a hash over the row and the hash before it, so that a changed or missing row shows. Null in rows older than this.
ALTER TABLE events ADD COLUMN by_organisation_id uuid;
ALTER TABLE events ADD COLUMN organisation_id uuid;
ALTER TABLE events ADD COLUMN addressee_id uuid;
ALTER TABLE events ADD COLUMN detail jsonb;
ALTER TABLE events ADD COLUMN hash bytea;
CREATE INDEX events_organisation_id ON events (organisation_id);
CREATE INDEX events_addressee_id ON events (addressee_id);
CREATE INDEX events_record_id ON events (record_id);
ALTER TABLE event_head ADD COLUMN hash bytea;

-- Who read which request or referral; written before the answer leaves. Chained as the events are.
CREATE TABLE access_log (
    position bigint NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    client_id uuid,
    organisation_id uuid,
    operation text NOT NULL,
    record_kind text NOT NULL,
    record_id uuid NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX access_log_record_id ON access_log (record_id);

CREATE TABLE access_log_head (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    position bigint NOT NULL,
    hash bytea
);
INSERT INTO access_log_head (id, position) VALUES (1, 0);

-- Both logs only grow.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_log_only_grows BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_not_emptied BEFORE TRUNCATE ON events EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_log_not_emptied BEFORE TRUNCATE ON access_log EXECUTE FUNCTION refuse_change();

-- Work to do after a command, written in its transaction. A row goes when its work is done; one that is taken comes back at `run_at`.
CREATE TABLE jobs (
    id uuid NOT NULL PRIMARY KEY,
    task jsonb NOT NULL,
    run_at timestamptz NOT NULL,
    tries integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX jobs_run_at ON jobs (run_at);

-- The key that signs the links in mails: made by the first instance, shared by all.
CREATE TABLE link_keys (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    secret bytea NOT NULL CHECK (length(secret) = 32),
    created_at timestamptz NOT NULL
);
