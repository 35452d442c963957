-- What was done and who read what, which only grow; the keys under which a command has one effect; the work that follows a command.
-- Twin of migrations/postgres/0002_logs: same tables, columns, nullability and unique indexes.

-- One row a record that a command changed, written in its transaction, without personal data: `detail` says how the record stands since, so
-- that the log alone tells how all stands; `organisation_id`, `addressee_id` and, where people come to a place through
-- another's door, `place_organisation_id` say who reads it. With `encounter` it brought people together who are kept apart: the coordination
-- reads it too, and out of its hours `stand_in_id`. That stands in the same row, so that nobody else counts one row more. `account_id` is null for the command line
-- and for what time does. `hash` is over the row and the hash before it, under a key that is
-- not in this database, so that a changed or missing row shows.
CREATE TABLE events (
    position INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    account_id BLOB,
    command TEXT NOT NULL,
    record_kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    by_organisation_id BLOB,
    organisation_id BLOB,
    addressee_id BLOB,
    place_organisation_id BLOB,
    encounter INTEGER NOT NULL CHECK (encounter IN (0, 1)),
    stand_in_id BLOB,
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX events_organisation_id ON events (organisation_id);
CREATE INDEX events_addressee_id ON events (addressee_id);
CREATE INDEX events_place_organisation_id ON events (place_organisation_id);
CREATE INDEX events_record_id ON events (record_id);
CREATE INDEX events_encounter ON events (position) WHERE encounter;

-- One row: the last event.
CREATE TABLE event_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    hash BLOB
) STRICT;
INSERT INTO event_head (id, position) VALUES (1, 0);

-- Who was shown what; written before the answer leaves. One row for each kind of record that an answer shows, the ids beside it. Chained as
-- the events are.
CREATE TABLE access_log (
    position INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    account_id BLOB,
    organisation_id BLOB NOT NULL,
    operation TEXT NOT NULL,
    record_kind TEXT NOT NULL,
    record_ids TEXT NOT NULL CHECK (json_valid(record_ids)),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE access_log_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    hash BLOB
) STRICT;
INSERT INTO access_log_head (id, position) VALUES (1, 0);

-- A row that is added moves the head on: no statement of its own for what always follows.
CREATE TRIGGER events_move_head AFTER INSERT ON events BEGIN
    UPDATE event_head SET position = NEW.position, hash = NEW.hash;
END;
CREATE TRIGGER access_log_moves_head AFTER INSERT ON access_log BEGIN
    UPDATE access_log_head SET position = NEW.position, hash = NEW.hash;
END;

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

-- What a command did under a key: a repeat is answered with that record.
CREATE TABLE idempotency_keys (
    account_id BLOB NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    record_kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Work to do after a command, written in its transaction. A row goes when its work is done; one that is taken comes back at `run_at`.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    task TEXT NOT NULL CHECK (json_valid(task)),
    run_at TEXT NOT NULL,
    tries INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_run_at ON jobs (run_at);
