-- The public numbers of the doors: one row a door for all of France (`department` null) and one a door and department. The rows are filled in from
-- seeds/doors.toml when the table is new; where nobody has given a number yet, `phone` is null and the row asks to be filled in.
-- Twin of migrations/sqlite/0010_doors: same tables, columns, nullability and unique indexes.
-- `verified_on` is the civil day on which somebody last made sure of the number, `verified_by` the organisation that did: as text, since the seeds'
-- numbers were looked at by nobody who has an account.
CREATE TABLE door_contacts (
    id uuid NOT NULL PRIMARY KEY,
    door text NOT NULL,
    department text,
    label text NOT NULL,
    phone text,
    hours text,
    source text,
    verified_on date,
    verified_by text,
    updated_at timestamptz NOT NULL,
    CHECK (phone IS NULL OR (source IS NOT NULL AND verified_on IS NOT NULL AND verified_by IS NOT NULL))
);
CREATE UNIQUE INDEX door_contacts_door_department ON door_contacts (door, department);
