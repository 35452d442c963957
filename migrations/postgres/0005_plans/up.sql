-- Plans: many requests placed at once, as advice; and what became of the lines that people confirmed. Ids only, no personal data.
-- Twin of migrations/sqlite/0005_plans: same tables, columns, nullability and unique indexes.

-- `give_up_at` is when a plan that still runs is taken to have failed: whoever computed it is gone.
CREATE TABLE plans (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    give_up_at timestamptz NOT NULL,
    answer jsonb,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT plans_done CHECK ((state = 'done') = (answer IS NOT NULL)),
    CONSTRAINT plans_finished CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX plans_organisation_id ON plans (organisation_id);

-- The requests of a plan, each with its organisation, which confirms its own lines; and the referral a line has become.
CREATE TABLE plan_requests (
    plan_id uuid NOT NULL REFERENCES plans (id),
    request_id uuid NOT NULL REFERENCES requests (id),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    referral_id uuid REFERENCES referrals (id),
    PRIMARY KEY (plan_id, request_id)
);
CREATE INDEX plan_requests_request_id ON plan_requests (request_id);

-- What one confirmation was answered, line by line, so that a repeat is answered the same.
CREATE TABLE plan_confirmations (
    id uuid NOT NULL PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES plans (id),
    organisation_id uuid NOT NULL REFERENCES organisations (id),
    lines jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX plan_confirmations_plan_id ON plan_confirmations (plan_id);
