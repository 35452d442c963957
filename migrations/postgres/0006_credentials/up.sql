-- How people sign in: a local account's password and second factor, or who a provider says they are; and what keeps guessing hopeless.
-- Twin of migrations/sqlite/0006_credentials: same tables, columns, nullability and unique indexes.

-- A local account has both factors or is none. The password as Argon2id has it (PHC string); the TOTP secret sealed; the last time step a
-- code was taken of, so that no code is taken twice.
CREATE TABLE credentials (
    account_id uuid NOT NULL PRIMARY KEY REFERENCES accounts (id),
    password_hash text NOT NULL,
    totp_secret bytea NOT NULL,
    totp_step bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Codes for when the telephone is lost: 60 random bits each, of which the hash is kept, each good once.
CREATE TABLE recovery_codes (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES credentials (account_id),
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX recovery_codes_code_hash ON recovery_codes (code_hash);
CREATE INDEX recovery_codes_account_id ON recovery_codes (account_id);

-- Who an account is at an OpenID Connect provider: the first sign-in binds it, and nobody else of that provider is that account since.
CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX identities_account_id ON identities (account_id, issuer);

-- Sign-ins that are on their way through the provider, each for one browser and one return.
CREATE TABLE provider_sign_ins (
    state_hash bytea NOT NULL PRIMARY KEY CHECK (length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
    nonce text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX provider_sign_ins_expires_at ON provider_sign_ins (expires_at);

-- When the tries of somebody are whole again, by a hash of whom they count for (an address typed, a place they come from).
CREATE TABLE sign_in_tries (
    subject bytea NOT NULL PRIMARY KEY CHECK (length(subject) = 32),
    whole_at timestamptz NOT NULL
);
CREATE INDEX sign_in_tries_whole_at ON sign_in_tries (whole_at);

-- Browsers in which somebody has signed in: their tries count apart, so that strangers who guess lock nobody out.
CREATE TABLE known_browsers (
    secret_hash bytea NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
    account_id uuid NOT NULL REFERENCES accounts (id),
    expires_at timestamptz NOT NULL
);
CREATE INDEX known_browsers_expires_at ON known_browsers (expires_at);
CREATE INDEX known_browsers_account_id ON known_browsers (account_id);

-- Telephones that an organisation remembers: each read out a code of a signed-in account's. The secret of its cookie as a hash; which account
-- gave the code, with which it ends; when it was ended before its time.
CREATE TABLE remembered_phones (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    label text NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX remembered_phones_secret_hash ON remembered_phones (secret_hash);
CREATE INDEX remembered_phones_organisation_id ON remembered_phones (organisation_id);
CREATE INDEX remembered_phones_account_id ON remembered_phones (account_id);
CREATE INDEX remembered_phones_expires_at ON remembered_phones (expires_at);
