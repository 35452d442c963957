DROP INDEX referrals_held_for_id;
ALTER TABLE referrals DROP COLUMN held_for_id;
ALTER TABLE referrals DROP COLUMN held_by_id;
DROP TABLE alerts;
DROP TABLE records_shown;
DROP TABLE quota_uses;
