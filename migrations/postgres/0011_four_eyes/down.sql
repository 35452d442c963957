ALTER TABLE structures DROP COLUMN contact_code_hash;
ALTER TABLE structures DROP COLUMN contact_proved;
DROP TABLE pending_changes;
