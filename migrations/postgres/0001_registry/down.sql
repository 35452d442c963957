DROP TABLE vacancies;
DROP TABLE units;
DROP TABLE structure_addresses;
DROP TABLE structures;
DROP TABLE account_secrets;
DROP TABLE accounts;
DROP TABLE organisations;
