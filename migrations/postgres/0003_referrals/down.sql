DROP TABLE addresses_shown;
DROP TABLE keep_apart_links;
DROP TABLE keep_apart_codes;
DROP TABLE refusals;
DROP TABLE referrals;
DROP TABLE requests;
