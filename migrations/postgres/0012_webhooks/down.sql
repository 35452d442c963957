DROP INDEX jobs_kind_run_at;
ALTER TABLE jobs DROP COLUMN kind;
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
