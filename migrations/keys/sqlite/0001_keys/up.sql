-- The key store: it stands apart from the registry, with backups of its own that live at most 30 days. A key is wrapped by a master key that
-- is in no database.
-- Twin of migrations/keys/postgres/0001_keys: same tables, columns, nullability and unique indexes.

-- `id` is `request/` and the id of a request, or names a key of the deployment: `deployment/data`, `deployment/hash`. `generation` counts the
-- keys of one name, from 1; `master` is the name of the master key that wraps it.
CREATE TABLE keys (
    id TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation > 0),
    wrapped BLOB NOT NULL,
    master TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id, generation)
) STRICT;
CREATE INDEX keys_master ON keys (master);
