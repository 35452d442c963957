-- The registry: who takes part and who calls for them, homes, units and what is free.
-- Twin of migrations/sqlite/0001_registry: same tables, columns, nullability and unique indexes.

CREATE TABLE organisations (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL,
    kind text NOT NULL,
    orients boolean NOT NULL,
    doors jsonb NOT NULL,
    departments jsonb NOT NULL,
    contact jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- Names that read the same are one name: `name_key` is the name without case, blanks and compatible forms.
CREATE UNIQUE INDEX organisations_name_key ON organisations (name_key);

-- Who acts for an organisation: a person of it, or a tool. What a person may is in `roles`; a tool has `scopes`, and `roles` only where the
-- operator made it. An account that was ended stays, since both logs name it.
CREATE TABLE accounts (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    kind text NOT NULL,
    label text NOT NULL,
    email text,
    email_key text,
    roles text NOT NULL,
    scopes text,
    created_by_id uuid REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    accepted_at timestamptz,
    until timestamptz,
    ended_at timestamptz,
    CONSTRAINT accounts_person CHECK (kind <> 'person' OR (email IS NOT NULL AND scopes IS NULL)),
    CONSTRAINT accounts_email CHECK ((email IS NULL) = (email_key IS NULL))
);
CREATE INDEX accounts_organisation_id ON accounts (organisation_id);
-- An address that reads the same signs one account in.
CREATE UNIQUE INDEX accounts_email_key ON accounts (email_key) WHERE ended_at IS NULL;

-- What a tool proves itself with: two may be good at once, so that one can be put in the other's place. Only the SHA-256 of a secret is kept:
-- who reads this table cannot call. Whoever was shown it is named, and told of where they leave.
CREATE TABLE account_secrets (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    created_by_id uuid REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    ended_at timestamptz
);
CREATE UNIQUE INDEX account_secrets_secret_hash ON account_secrets (secret_hash);
CREATE INDEX account_secrets_account_id ON account_secrets (account_id);

-- What is stored sealed is bytea: it opens with a key that is not in this database (migrations/keys), and only in its own row.

-- A site follows from its commune. Whether it is confidential or public, all that leads to it is sealed in `content`; of a public one the point
-- stands in the clear, for rectangles on a map. `area_hash`, `finess_hash` and `siret_hash` are keyed hashes: they are compared, and tell nothing.
-- Where two organisations give one number both are `contested`, and neither is matched, until someone has decided.
-- A structure that has ended stays: what happened there is told of it.
CREATE TABLE structures (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    department text NOT NULL,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    content bytea NOT NULL,
    area_hash bytea NOT NULL CHECK (length(area_hash) = 32),
    finess_hash bytea CHECK (length(finess_hash) = 32),
    siret_hash bytea CHECK (length(siret_hash) = 32),
    contested boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT structures_point CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX structures_organisation_id ON structures (organisation_id);
CREATE INDEX structures_department ON structures (department);
-- People kept apart share no area, which is the H3 cell of resolution 5 a site lies in.
CREATE INDEX structures_area_hash ON structures (area_hash);
CREATE INDEX structures_finess_hash ON structures (finess_hash) WHERE finess_hash IS NOT NULL;
CREATE INDEX structures_siret_hash ON structures (siret_hash) WHERE siret_hash IS NOT NULL;

-- Addresses stand apart, so that no query of a structure reads one by accident; and sealed.
CREATE TABLE structure_addresses (
    structure_id uuid NOT NULL PRIMARY KEY REFERENCES structures (id),
    address bytea NOT NULL
);

-- `profile` is what the engine reads; the columns before it repeat what lists are filtered by.
-- `hidden` is what of it leads to an address, sealed: the text of answering hours, the accreditation.
CREATE TABLE units (
    id uuid NOT NULL PRIMARY KEY,
    structure_id uuid NOT NULL REFERENCES structures (id),
    kind text NOT NULL,
    stages text NOT NULL,
    genders text NOT NULL,
    doors text NOT NULL,
    takes_minors boolean NOT NULL,
    profile jsonb NOT NULL,
    hidden bytea,
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
