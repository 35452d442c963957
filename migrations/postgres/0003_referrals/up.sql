-- Requests, the referrals they are put to places by, and what keeps requests apart.
-- Twin of migrations/sqlite/0003_referrals: same tables, columns, nullability and unique indexes.

CREATE TABLE requests (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    state text NOT NULL CHECK (state IN ('open', 'placed', 'closed')),
    stage text NOT NULL,
    urgency text NOT NULL,
    department text NOT NULL,
    first_day date NOT NULL,
    nights integer NOT NULL,
    -- What it says of its people, its notes and what is still to do for them: sealed with a key of its own, and null once it is erased.
    content bytea,
    -- What statistics count of it, once it is erased.
    remains jsonb,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- A word and a number by which people speak of it on the phone.
    alias text NOT NULL,
    close_reason text,
    -- In whose hands it is, and until when: looked at through this indexed column, as deadlines are.
    lent_to_id uuid REFERENCES organisations (id),
    lent_until timestamptz,
    -- When its organisation is next reminded of what it has still to do.
    remind_at timestamptz,
    -- When the person took back what she had agreed to: what it said of her is gone since.
    erased_at timestamptz,
    CONSTRAINT requests_lent CHECK ((lent_to_id IS NULL) = (lent_until IS NULL))
);
CREATE INDEX requests_organisation_id ON requests (organisation_id);
CREATE INDEX requests_alias ON requests (alias);
CREATE UNIQUE INDEX requests_alias_in_use ON requests (alias) WHERE state <> 'closed';
CREATE INDEX requests_lent_to_id ON requests (lent_to_id) WHERE lent_to_id IS NOT NULL;
CREATE INDEX requests_lent_until ON requests (lent_until) WHERE lent_until IS NOT NULL;
CREATE INDEX requests_remind_at ON requests (remind_at) WHERE remind_at IS NOT NULL;

-- One request put to one vacancy. `beds` is how many it needs; `held` whether they are held of the vacancy now. `deadline` is when it lapses
-- if nobody acts, and null once nothing more can lapse. `due_at` is when time next does anything to it (a hold ends, it lapses, those
-- expected are late), and null where time does nothing: it is looked at through this one indexed column. `last_step` is the last command and
-- how the row stood before, so that it can be taken back. `words` is what was said on the way, sealed with the key of the request.
CREATE TABLE referrals (
    id uuid NOT NULL PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES requests (id),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    unit_id uuid NOT NULL REFERENCES units (id),
    vacancy_id uuid NOT NULL REFERENCES vacancies (id),
    addressee_id uuid NOT NULL REFERENCES organisations (id),
    place_organisation_id uuid NOT NULL REFERENCES organisations (id),
    door text NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'acknowledged', 'accepted', 'confirmed', 'arrived', 'ended',
        'declined', 'superseded', 'no_show', 'turned_away', 'withdrawn', 'expired')),
    beds integer NOT NULL CHECK (beds > 0),
    held boolean NOT NULL,
    held_when_asked boolean NOT NULL,
    by_phone boolean NOT NULL,
    deadline timestamptz,
    due_at timestamptz,
    remind_at timestamptz,
    expected_arrival timestamptz,
    course jsonb NOT NULL,
    last_step jsonb,
    words bytea,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- What waits for an answer or a confirmation lapses, and nothing else does; only what is open holds beds or waits for time.
    CONSTRAINT referrals_deadline CHECK ((deadline IS NOT NULL) = (state IN ('asked', 'acknowledged', 'accepted'))),
    CONSTRAINT referrals_due CHECK (due_at IS NOT NULL OR deadline IS NULL),
    CONSTRAINT referrals_open CHECK ((NOT held AND due_at IS NULL) OR state IN ('asked', 'acknowledged', 'accepted', 'confirmed'))
);
-- A request asks for a vacancy once at a time.
CREATE UNIQUE INDEX referrals_request_id_vacancy_id ON referrals (request_id, vacancy_id)
    WHERE state IN ('asked', 'acknowledged', 'accepted', 'confirmed');
CREATE INDEX referrals_request_id ON referrals (request_id);
CREATE INDEX referrals_organisation_id ON referrals (organisation_id);
CREATE INDEX referrals_addressee_id ON referrals (addressee_id);
CREATE INDEX referrals_vacancy_id ON referrals (vacancy_id);
CREATE INDEX referrals_unit_id ON referrals (unit_id);
CREATE INDEX referrals_due_at ON referrals (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX referrals_remind_at ON referrals (remind_at) WHERE remind_at IS NOT NULL;

-- Refusals stand apart from referrals: their effects outlive them. `text` is sealed with the key of the request.
CREATE TABLE refusals (
    referral_id uuid NOT NULL PRIMARY KEY REFERENCES referrals (id),
    request_id uuid NOT NULL REFERENCES requests (id),
    unit_id uuid NOT NULL REFERENCES units (id),
    structure_id uuid NOT NULL REFERENCES structures (id),
    party text NOT NULL CHECK (party IN ('structure', 'person', 'system')),
    code text NOT NULL,
    text bytea,
    condition text,
    unlawful_condition text,
    effect text NOT NULL CHECK (effect IN ('exclude_unit', 'exclude_structure', 'none')),
    -- The first day on which the effect is over; null: it stays.
    until_day date,
    -- The reason on the record is `safety`: somebody whom these people must not meet was near. What stands above is what those who asked read.
    safety boolean NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX refusals_request_id ON refusals (request_id);

-- A one-time code by which two referents, each at a request of their own, say that these people must not meet. Only its hash is kept.
CREATE TABLE keep_apart_codes (
    id uuid NOT NULL PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES requests (id),
    made_for_id uuid NOT NULL REFERENCES organisations (id),
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX keep_apart_codes_code_hash ON keep_apart_codes (code_hash);
CREATE INDEX keep_apart_codes_request_id ON keep_apart_codes (request_id);

-- A link has two sides and no direction: the lower id stands first. It ends when both have agreed to that, or by the coordination.
CREATE TABLE keep_apart_links (
    id uuid NOT NULL PRIMARY KEY,
    low_request_id uuid NOT NULL REFERENCES requests (id),
    high_request_id uuid NOT NULL REFERENCES requests (id),
    created_at timestamptz NOT NULL,
    low_agreed_at timestamptz,
    high_agreed_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT keep_apart_links_order CHECK (low_request_id < high_request_id)
);
CREATE INDEX keep_apart_links_low_request_id ON keep_apart_links (low_request_id);
CREATE INDEX keep_apart_links_high_request_id ON keep_apart_links (high_request_id);

-- Each account of those who asked is shown the address of the place once.
CREATE TABLE addresses_shown (
    referral_id uuid NOT NULL REFERENCES referrals (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    shown_at timestamptz NOT NULL,
    PRIMARY KEY (referral_id, account_id)
);
