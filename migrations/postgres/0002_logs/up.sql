-- What was done and who read what, which only grow; the keys under which a command has one effect; the work that follows a command.
-- Twin of migrations/sqlite/0002_logs: same tables, columns, nullability and unique indexes.

-- One row a record that a command changed, written in its transaction, without personal data: `detail` says how the record stands since, so
-- that the log alone tells how all stands; `organisation_id`, `addressee_id` and, where people come to a place through
-- another's door, `place_organisation_id` say who reads it. With `encounter` it brought people together who are kept apart: the coordination
-- reads it too, and out of its hours `stand_in_id`. That stands in the same row, so that nobody else counts one row more. `account_id` is null for the command line
-- and for what time does. `hash` is over the row and the hash before it, under a key that is
-- not in this database, so that a changed or missing row shows.
CREATE TABLE events (
    position bigint NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    account_id uuid,
    command text NOT NULL,
    record_kind text NOT NULL,
    record_id uuid NOT NULL,
    by_organisation_id uuid,
    organisation_id uuid,
    addressee_id uuid,
    place_organisation_id uuid,
    encounter boolean NOT NULL,
    stand_in_id uuid,
    detail jsonb NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX events_organisation_id ON events (organisation_id);
CREATE INDEX events_addressee_id ON events (addressee_id);
CREATE INDEX events_place_organisation_id ON events (place_organisation_id);
CREATE INDEX events_record_id ON events (record_id);
CREATE INDEX events_encounter ON events (position) WHERE encounter;

-- One row: the last event. Who writes locks it first, so positions have no gap and commit in order.
CREATE TABLE event_head (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    position bigint NOT NULL,
    hash bytea
);
INSERT INTO event_head (id, position) VALUES (1, 0);

-- Who was shown what; written before the answer leaves. One row for each kind of record that an answer shows, the ids beside it. Chained as
-- the events are.
CREATE TABLE access_log (
    position bigint NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    account_id uuid,
    organisation_id uuid NOT NULL,
    operation text NOT NULL,
    record_kind text NOT NULL,
    record_ids jsonb NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TABLE access_log_head (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    position bigint NOT NULL,
    hash bytea
);
INSERT INTO access_log_head (id, position) VALUES (1, 0);

-- A row that is added moves the head on: no statement of its own for what always follows.
CREATE FUNCTION move_event_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_head SET position = NEW.position, hash = NEW.hash WHERE position < NEW.position;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_move_head AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION move_event_head();
CREATE FUNCTION move_access_log_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE access_log_head SET position = NEW.position, hash = NEW.hash WHERE position < NEW.position;
    RETURN NULL;
END
$$;
CREATE TRIGGER access_log_moves_head AFTER INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION move_access_log_head();

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

-- What a command did under a key: a repeat is answered with that record.
CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    record_kind text NOT NULL,
    record_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Work to do after a command, written in its transaction. A row goes when its work is done; one that is taken comes back at `run_at`.
CREATE TABLE jobs (
    id uuid NOT NULL PRIMARY KEY,
    task jsonb NOT NULL,
    run_at timestamptz NOT NULL,
    tries integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX jobs_run_at ON jobs (run_at);
