DROP TABLE door_contacts;
