DROP TABLE jobs;
DROP TABLE idempotency_keys;
DROP TABLE access_log_head;
DROP TABLE access_log;
DROP TABLE event_head;
DROP TABLE events;
