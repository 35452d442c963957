-- Referrals and the beds they hold, the log that rebuilds them, who read what, and the mails that tell.
-- Twin of migrations/postgres/0002_referrals: same tables, columns, nullability and unique indexes.

-- The H3 cell of resolution 5 a site lies in: people kept apart share none. Filled in by the program for sites that were there before.
ALTER TABLE structures ADD COLUMN area TEXT NOT NULL DEFAULT '';
CREATE INDEX structures_area ON structures (area);

-- One request put to one vacancy. `beds` is how many it needs; `held` whether they are held of the vacancy now. `deadline` is when it
-- lapses if nobody acts, and null once nothing more can lapse.
CREATE TABLE referrals (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    request_id BLOB NOT NULL REFERENCES requests (id),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    unit_id BLOB NOT NULL REFERENCES units (id),
    vacancy_id BLOB NOT NULL REFERENCES vacancies (id),
    addressee_id BLOB NOT NULL REFERENCES organisations (id),
    door TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'acknowledged', 'accepted', 'confirmed', 'arrived', 'ended',
        'declined', 'superseded', 'no_show', 'withdrawn', 'expired')),
    beds INTEGER NOT NULL CHECK (beds > 0),
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    held_when_asked INTEGER NOT NULL CHECK (held_when_asked IN (0, 1)),
    by_phone INTEGER NOT NULL CHECK (by_phone IN (0, 1)),
    deadline TEXT,
    remind_at TEXT,
    expected_arrival TEXT,
    course TEXT NOT NULL CHECK (json_valid(course)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- What lapses is open, what is open lapses; and only what is open holds beds.
    CONSTRAINT referrals_open CHECK ((deadline IS NOT NULL) = (state IN ('asked', 'acknowledged', 'accepted', 'confirmed'))),
    CONSTRAINT referrals_held CHECK (NOT held OR deadline IS NOT NULL)
) STRICT;
CREATE INDEX referrals_request_id ON referrals (request_id);
CREATE INDEX referrals_organisation_id ON referrals (organisation_id);
CREATE INDEX referrals_addressee_id ON referrals (addressee_id);
CREATE INDEX referrals_vacancy_id ON referrals (vacancy_id);
CREATE INDEX referrals_unit_id ON referrals (unit_id);
CREATE INDEX referrals_deadline ON referrals (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX referrals_remind_at ON referrals (remind_at) WHERE remind_at IS NOT NULL;

-- Refusals stand apart from referrals: their effects outlive them.
CREATE TABLE refusals (
    referral_id BLOB NOT NULL PRIMARY KEY REFERENCES referrals (id),
    request_id BLOB NOT NULL REFERENCES requests (id),
    unit_id BLOB NOT NULL REFERENCES units (id),
    structure_id BLOB NOT NULL REFERENCES structures (id),
    party TEXT NOT NULL CHECK (party IN ('structure', 'person', 'system')),
    code TEXT NOT NULL,
    text TEXT,
    condition TEXT,
    unlawful_condition TEXT,
    effect TEXT NOT NULL CHECK (effect IN ('exclude_unit', 'exclude_structure', 'none')),
    -- The first day on which the effect is over; null: it stays.
    until_day TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX refusals_request_id ON refusals (request_id);

-- A one-time code by which two referents, each at a request of their own, say that these people must not meet. Only its hash is kept.
CREATE TABLE keep_apart_codes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    request_id BLOB NOT NULL REFERENCES requests (id),
    code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
    expires_at TEXT NOT NULL,
    used_at TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX keep_apart_codes_code_hash ON keep_apart_codes (code_hash);
CREATE INDEX keep_apart_codes_request_id ON keep_apart_codes (request_id);

-- A link has two sides and no direction: the lower id stands first.
CREATE TABLE keep_apart_links (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    low_request_id BLOB NOT NULL REFERENCES requests (id),
    high_request_id BLOB NOT NULL REFERENCES requests (id),
    created_at TEXT NOT NULL,
    ended_at TEXT,
    CONSTRAINT keep_apart_links_order CHECK (low_request_id < high_request_id)
) STRICT;
CREATE INDEX keep_apart_links_low_request_id ON keep_apart_links (low_request_id);
CREATE INDEX keep_apart_links_high_request_id ON keep_apart_links (high_request_id);

-- What a command changed, without personal data, so that the log alone tells how things stand; whose record it is, so that each reads
-- its own; and a hash over the row and the hash before it, so that a changed or missing row shows. Null in rows older than this.
ALTER TABLE events ADD COLUMN by_organisation_id BLOB;
ALTER TABLE events ADD COLUMN organisation_id BLOB;
ALTER TABLE events ADD COLUMN addressee_id BLOB;
ALTER TABLE events ADD COLUMN detail TEXT CHECK (json_valid(detail));
ALTER TABLE events ADD COLUMN hash BLOB;
CREATE INDEX events_organisation_id ON events (organisation_id);
CREATE INDEX events_addressee_id ON events (addressee_id);
CREATE INDEX events_record_id ON events (record_id);
ALTER TABLE event_head ADD COLUMN hash BLOB;

-- Who read which request or referral; written before the answer leaves. Chained as the events are.
CREATE TABLE access_log (
    position INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    client_id BLOB,
    organisation_id BLOB,
    operation TEXT NOT NULL,
    record_kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX access_log_record_id ON access_log (record_id);

CREATE TABLE access_log_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    hash BLOB
) STRICT;
INSERT INTO access_log_head (id, position) VALUES (1, 0);

-- Both logs only grow.
CREATE TRIGGER events_only_grow_update BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'events only grows');
END;
CREATE TRIGGER events_only_grow_delete BEFORE DELETE ON events BEGIN
    SELECT RAISE(ABORT, 'events only grows');
END;
CREATE TRIGGER access_log_only_grows_update BEFORE UPDATE ON access_log BEGIN
    SELECT RAISE(ABORT, 'access_log only grows');
END;
CREATE TRIGGER access_log_only_grows_delete BEFORE DELETE ON access_log BEGIN
    SELECT RAISE(ABORT, 'access_log only grows');
END;

-- Work to do after a command, written in its transaction. A row goes when its work is done; one that is taken comes back at `run_at`.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    task TEXT NOT NULL CHECK (json_valid(task)),
    run_at TEXT NOT NULL,
    tries INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_run_at ON jobs (run_at);

-- The key that signs the links in mails: made by the first instance, shared by all.
CREATE TABLE link_keys (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    created_at TEXT NOT NULL
) STRICT;
