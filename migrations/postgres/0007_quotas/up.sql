-- What one account and one organisation have done of late of what quotas limit, and the alerts that come of it.
-- Twin of migrations/sqlite/0007_quotas: same tables, columns, nullability and unique indexes.

-- One use, or so many at once, of what a quota counts over 24 hours; it is swept after that. Written in the transaction of what is counted; of
-- rankings that are not stored, some seconds' worth at once. `likeness` is a keyed hash by which rankings that ask nearly the same are known.
-- No account: a link in a mail, which acts for its organisation.
CREATE TABLE quota_uses (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    account_id uuid REFERENCES accounts (id),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    weight integer NOT NULL CHECK (weight > 0),
    likeness bytea,
    at timestamptz NOT NULL
);
CREATE INDEX quota_uses_organisation_id ON quota_uses (organisation_id, kind, at);
CREATE INDEX quota_uses_at ON quota_uses (at);

-- Which records an account was shown last when, of those of which different ones are counted: homes whose contact was shown, requests read by
-- night. Swept after 24 hours: what was read in all stands in the log of reads.
CREATE TABLE records_shown (
    account_id uuid NOT NULL REFERENCES accounts (id),
    kind text NOT NULL,
    record_id uuid NOT NULL,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (account_id, kind, record_id)
);
CREATE INDEX records_shown_organisation_id ON records_shown (organisation_id, kind, at);
CREATE INDEX records_shown_at ON records_shown (at);

-- What managers, the coordination or auditors are told of. No account: the quota is that of the whole organisation.
CREATE TABLE alerts (
    id uuid NOT NULL PRIMARY KEY,
    about text NOT NULL,
    level text NOT NULL,
    account_id uuid REFERENCES accounts (id),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    used integer NOT NULL,
    most integer NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX alerts_organisation_id ON alerts (organisation_id, at);

-- For whom beds of a referral were held last: whose quota they count against while they are held without the word of who answers.
ALTER TABLE referrals ADD COLUMN held_by_id uuid REFERENCES accounts (id);
ALTER TABLE referrals ADD COLUMN held_for_id uuid REFERENCES organisations (id);
CREATE INDEX referrals_held_for_id ON referrals (held_for_id) WHERE held;
