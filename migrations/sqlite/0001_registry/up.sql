-- The registry: who takes part and who calls for them, homes, units and what is free.
-- Twin of migrations/postgres/0001_registry: same tables, columns, nullability and unique indexes.

CREATE TABLE organisations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    doors TEXT NOT NULL CHECK (json_valid(doors)),
    departments TEXT NOT NULL CHECK (json_valid(departments)),
    contact TEXT NOT NULL CHECK (json_valid(contact)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
-- Names that read the same are one name: `name_key` is the name without case, blanks and compatible forms.
CREATE UNIQUE INDEX organisations_name_key ON organisations (name_key);

-- Only the SHA-256 of a token is kept: who reads this table cannot sign in.
CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
    created_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
CREATE UNIQUE INDEX api_clients_token_hash ON accounts (token_hash);
CREATE INDEX api_clients_organisation_id ON accounts (organisation_id);

-- A site follows from its commune. It is confidential and known by its H3 cell (`cell` set, the coordinates are the cell's centre), or public
-- and known by its point. A structure that has ended stays: what happened there is told of it.
CREATE TABLE structures (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    commune TEXT NOT NULL,
    town TEXT,
    department TEXT NOT NULL,
    cell TEXT,
    latitude REAL NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude REAL NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    finess TEXT,
    siret TEXT,
    contact TEXT NOT NULL CHECK (json_valid(contact)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    area TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX structures_organisation_id ON structures (organisation_id);
CREATE INDEX structures_department ON structures (department);
-- `area` is the H3 cell of resolution 5 the site lies in: people kept apart share none.
CREATE INDEX structures_area ON structures (area);

-- Addresses stand apart, so that no query of a structure reads one by accident.
CREATE TABLE structure_addresses (
    structure_id BLOB NOT NULL PRIMARY KEY REFERENCES structures (id),
    address TEXT NOT NULL
) STRICT;

-- `profile` is what the engine reads; the columns before it repeat what lists are filtered by.
CREATE TABLE units (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    structure_id BLOB NOT NULL REFERENCES structures (id),
    kind TEXT NOT NULL,
    stages TEXT NOT NULL,
    genders TEXT NOT NULL,
    doors TEXT NOT NULL,
    takes_minors INTEGER NOT NULL CHECK (takes_minors IN (0, 1)),
    profile TEXT NOT NULL CHECK (json_valid(profile)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX units_structure_id ON units (structure_id);

-- The database itself refuses a bed promised twice: 0 <= held <= beds.
CREATE TABLE vacancies (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    unit_id BLOB NOT NULL REFERENCES units (id),
    beds INTEGER NOT NULL,
    held INTEGER NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT,
    confirmed_at TEXT NOT NULL,
    withdrawn_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    declared_by_id BLOB REFERENCES organisations (id),
    CONSTRAINT vacancies_held CHECK (0 <= held AND held <= beds),
    CONSTRAINT vacancies_until_day CHECK (until_day > from_day)
) STRICT;
CREATE INDEX vacancies_unit_id ON vacancies (unit_id);
