-- Vouching: somebody who is not its organisation has made sure that a unit is what it says.
-- Twin of migrations/postgres/0008_vouching: same tables, columns, nullability and unique indexes.

-- `first_vouched_at` null: nobody has ever vouched for the unit, and it is ranked apart. `vouched_at` null although it was: its site or kind has
-- changed since, and it is not matched. `vouched_kind` and `vouched_places` are what was looked at: edits are held against them.
-- `pending` is an edit that waits as a whole, sealed as the profile's hidden part is; `profile` is what was vouched for and is matched.
ALTER TABLE units ADD COLUMN first_vouched_at TEXT;
ALTER TABLE units ADD COLUMN vouched_at TEXT;
ALTER TABLE units ADD COLUMN vouched_by_id BLOB REFERENCES organisations (id);
ALTER TABLE units ADD COLUMN vouched_kind TEXT;
ALTER TABLE units ADD COLUMN vouched_places INTEGER;
ALTER TABLE units ADD COLUMN pending BLOB;
-- What waits is looked for on every *Registre*: few rows of many.
CREATE INDEX units_to_vouch_for ON units (id) WHERE ended_at IS NULL AND (vouched_at IS NULL OR pending IS NOT NULL);

-- Somebody has decided of a number that two organisations give: nobody is asked again while it stays out.
ALTER TABLE structures ADD COLUMN contest_decided INTEGER NOT NULL DEFAULT 0 CHECK (contest_decided IN (0, 1));
