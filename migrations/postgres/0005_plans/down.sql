DROP TABLE plan_confirmations;
DROP TABLE plan_requests;
DROP TABLE plans;
