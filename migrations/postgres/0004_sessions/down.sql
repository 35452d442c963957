DROP TABLE links;
DROP TABLE sessions;
