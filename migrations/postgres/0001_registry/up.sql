-- The registry: who takes part and who calls for them, homes, units and what is free.
-- Twin of migrations/sqlite/0001_registry: same tables, columns, nullability and unique indexes.

CREATE TABLE organisations (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL,
    kind text NOT NULL,
    doors jsonb NOT NULL,
    departments jsonb NOT NULL,
    contact jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- Names that read the same are one name: `name_key` is the name without case, blanks and compatible forms.
CREATE UNIQUE INDEX organisations_name_key ON organisations (name_key);

-- Only the SHA-256 of a token is kept: who reads this table cannot sign in.
CREATE TABLE accounts (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    role text NOT NULL,
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX api_clients_token_hash ON accounts (token_hash);
CREATE INDEX api_clients_organisation_id ON accounts (organisation_id);

-- A site follows from its commune. It is confidential and known by its H3 cell (`cell` set, the coordinates are the cell's centre), or public
-- and known by its point. A structure that has ended stays: what happened there is told of it.
CREATE TABLE structures (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    name text NOT NULL,
    commune text NOT NULL,
    town text,
    department text NOT NULL,
    cell text,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    finess text,
    siret text,
    contact jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    area text NOT NULL,
    ended_at timestamptz
);
CREATE INDEX structures_organisation_id ON structures (organisation_id);
CREATE INDEX structures_department ON structures (department);
-- `area` is the H3 cell of resolution 5 the site lies in: people kept apart share none.
CREATE INDEX structures_area ON structures (area);

-- Addresses stand apart, so that no query of a structure reads one by accident.
CREATE TABLE structure_addresses (
    structure_id uuid NOT NULL PRIMARY KEY REFERENCES structures (id),
    address text NOT NULL
);

-- `profile` is what the engine reads; the columns before it repeat what lists are filtered by.
CREATE TABLE units (
    id uuid NOT NULL PRIMARY KEY,
    structure_id uuid NOT NULL REFERENCES structures (id),
    kind text NOT NULL,
    stages text NOT NULL,
    genders text NOT NULL,
    doors text NOT NULL,
    takes_minors boolean NOT NULL,
    profile jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX units_structure_id ON units (structure_id);

-- The database itself refuses a bed promised twice: 0 <= held <= beds.
CREATE TABLE vacancies (
    id uuid NOT NULL PRIMARY KEY,
    unit_id uuid NOT NULL REFERENCES units (id),
    beds integer NOT NULL,
    held integer NOT NULL,
    from_day date NOT NULL,
    until_day date,
    confirmed_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    declared_by_id uuid REFERENCES organisations (id),
    CONSTRAINT vacancies_held CHECK (0 <= held AND held <= beds),
    CONSTRAINT vacancies_until_day CHECK (until_day > from_day)
);
CREATE INDEX vacancies_unit_id ON vacancies (unit_id);
