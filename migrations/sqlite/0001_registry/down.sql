DROP TABLE vacancies;
DROP TABLE units;
DROP TABLE structure_addresses;
DROP TABLE structures;
DROP TABLE api_clients;
DROP TABLE organisations;
