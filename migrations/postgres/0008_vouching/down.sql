DROP INDEX units_to_vouch_for;
ALTER TABLE structures DROP COLUMN contest_decided;
ALTER TABLE units DROP COLUMN pending;
ALTER TABLE units DROP COLUMN vouched_places;
ALTER TABLE units DROP COLUMN vouched_kind;
ALTER TABLE units DROP COLUMN vouched_by_id;
ALTER TABLE units DROP COLUMN vouched_at;
ALTER TABLE units DROP COLUMN first_vouched_at;
