//! The tables, once for both databases; a test compares them with both migrated schemas.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    organisations (id) {
        id -> Guid,
        name -> Text,
        kind -> Text,
        doors -> Document,
        departments -> Document,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    api_clients (id) {
        id -> Guid,
        organisation_id -> Guid,
        role -> Text,
        token_hash -> Binary,
        created_at -> Instant,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    structures (id) {
        id -> Guid,
        organisation_id -> Guid,
        name -> Text,
        department -> Text,
        cell -> Nullable<Text>,
        latitude -> Double,
        longitude -> Double,
        finess -> Nullable<Text>,
        siret -> Nullable<Text>,
        contact_name -> Nullable<Text>,
        contact_phone -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Guid;

    structure_addresses (structure_id) {
        structure_id -> Guid,
        address -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    units (id) {
        id -> Guid,
        structure_id -> Guid,
        kind -> Text,
        stages -> Text,
        genders -> Text,
        doors -> Text,
        takes_minors -> Bool,
        profile -> Document,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    vacancies (id) {
        id -> Guid,
        unit_id -> Guid,
        beds -> Integer,
        held -> Integer,
        from_day -> Date,
        until_day -> Nullable<Date>,
        confirmed_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    requests (id) {
        id -> Guid,
        organisation_id -> Guid,
        state -> Text,
        stage -> Text,
        urgency -> Text,
        department -> Text,
        content -> Document,
        created_at -> Instant,
        updated_at -> Instant,
        closed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    events (position) {
        position -> BigInt,
        at -> Instant,
        client_id -> Nullable<Guid>,
        command -> Text,
        record_kind -> Text,
        record_id -> Guid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    event_head (id) {
        id -> Integer,
        position -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    idempotency_keys (client_id, key) {
        client_id -> Guid,
        key -> Text,
        request_hash -> Binary,
        record_id -> Guid,
        created_at -> Instant,
    }
}

diesel::joinable!(units -> structures (structure_id));
diesel::joinable!(vacancies -> units (unit_id));
diesel::joinable!(api_clients -> organisations (organisation_id));
diesel::allow_tables_to_appear_in_same_query!(structures, units, vacancies, events);
diesel::allow_tables_to_appear_in_same_query!(api_clients, organisations);
