-- The public numbers of the doors: one row a door for all of France (`department` null) and one a door and department. The rows are filled in from
-- seeds/doors.toml when the table is new; where nobody has given a number yet, `phone` is null and the row asks to be filled in.
-- Twin of migrations/postgres/0010_doors: same tables, columns, nullability and unique indexes.
-- `verified_on` is the civil day on which somebody last made sure of the number, `verified_by` the organisation that did: as text, since the seeds'
-- numbers were looked at by nobody who has an account.
CREATE TABLE door_contacts (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    door TEXT NOT NULL,
    department TEXT,
    label TEXT NOT NULL,
    phone TEXT,
    hours TEXT,
    source TEXT,
    verified_on TEXT,
    verified_by TEXT,
    updated_at TEXT NOT NULL,
    CHECK (phone IS NULL OR (source IS NOT NULL AND verified_on IS NOT NULL AND verified_by IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX door_contacts_door_department ON door_contacts (door, department);
