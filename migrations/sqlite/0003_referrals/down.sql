DROP TABLE deployment_secrets;
DROP TABLE keep_apart_links;
DROP TABLE keep_apart_codes;
DROP TABLE refusals;
DROP TABLE referrals;
DROP TABLE requests;
