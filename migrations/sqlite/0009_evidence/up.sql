-- On which days the signed ends of both logs were mailed to the auditors: whichever instance adds the row mails them.
-- Twin of migrations/postgres/0009_evidence: same tables, columns, nullability and unique indexes.

CREATE TABLE anchor_mails (
    day TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL
) STRICT;
