DROP TABLE remembered_phones;
DROP TABLE known_browsers;
DROP TABLE sign_in_tries;
DROP TABLE provider_sign_ins;
DROP TABLE identities;
DROP TABLE recovery_codes;
DROP TABLE credentials;
