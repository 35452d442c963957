//! The tables, once for both databases; a test compares them with both migrated schemas.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    organisations (id) {
        id -> Guid,
        name -> Text,
        name_key -> Text,
        kind -> Text,
        orients -> Bool,
        doors -> Document,
        departments -> Document,
        contact -> Document,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    accounts (id) {
        id -> Guid,
        organisation_id -> Guid,
        kind -> Text,
        label -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        roles -> Text,
        scopes -> Nullable<Text>,
        created_by_id -> Nullable<Guid>,
        created_at -> Instant,
        accepted_at -> Nullable<Instant>,
        until -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    account_secrets (id) {
        id -> Guid,
        account_id -> Guid,
        secret_hash -> Binary,
        created_by_id -> Nullable<Guid>,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    structures (id) {
        id -> Guid,
        organisation_id -> Guid,
        name -> Text,
        commune -> Text,
        town -> Nullable<Text>,
        department -> Text,
        cell -> Nullable<Text>,
        latitude -> Double,
        longitude -> Double,
        finess -> Nullable<Text>,
        siret -> Nullable<Text>,
        contact -> Document,
        created_at -> Instant,
        updated_at -> Instant,
        area -> Text,
        ended_at -> Nullable<Instant>,
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
        ended_at -> Nullable<Instant>,
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
        alias -> Text,
        close_reason -> Nullable<Text>,
        lent_to_id -> Nullable<Guid>,
        lent_until -> Nullable<Instant>,
        notes -> Document,
        duties -> Document,
        remind_at -> Nullable<Instant>,
        erased_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    events (position) {
        position -> BigInt,
        at -> Instant,
        account_id -> Nullable<Guid>,
        command -> Text,
        record_kind -> Text,
        record_id -> Guid,
        by_organisation_id -> Nullable<Guid>,
        organisation_id -> Nullable<Guid>,
        addressee_id -> Nullable<Guid>,
        place_organisation_id -> Nullable<Guid>,
        detail -> Document,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    event_head (id) {
        id -> Integer,
        position -> BigInt,
        hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    access_log (position) {
        position -> BigInt,
        at -> Instant,
        account_id -> Nullable<Guid>,
        organisation_id -> Guid,
        operation -> Text,
        record_kind -> Text,
        record_ids -> Document,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    access_log_head (id) {
        id -> Integer,
        position -> BigInt,
        hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    referrals (id) {
        id -> Guid,
        request_id -> Guid,
        organisation_id -> Guid,
        unit_id -> Guid,
        vacancy_id -> Guid,
        addressee_id -> Guid,
        place_organisation_id -> Guid,
        door -> Text,
        state -> Text,
        beds -> Integer,
        held -> Bool,
        held_when_asked -> Bool,
        by_phone -> Bool,
        deadline -> Nullable<Instant>,
        due_at -> Nullable<Instant>,
        remind_at -> Nullable<Instant>,
        expected_arrival -> Nullable<Instant>,
        course -> Document,
        last_step -> Nullable<Document>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    refusals (referral_id) {
        referral_id -> Guid,
        request_id -> Guid,
        unit_id -> Guid,
        structure_id -> Guid,
        party -> Text,
        code -> Text,
        text -> Nullable<Text>,
        condition -> Nullable<Text>,
        unlawful_condition -> Nullable<Text>,
        effect -> Text,
        until_day -> Nullable<Date>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    keep_apart_codes (id) {
        id -> Guid,
        request_id -> Guid,
        code_hash -> Binary,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    keep_apart_links (id) {
        id -> Guid,
        low_request_id -> Guid,
        high_request_id -> Guid,
        created_at -> Instant,
        ended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    jobs (id) {
        id -> Guid,
        task -> Document,
        run_at -> Instant,
        tries -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Instant;

    mailed_link_keys (id) {
        id -> Integer,
        secret -> Binary,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    idempotency_keys (account_id, key) {
        account_id -> Guid,
        key -> Text,
        request_hash -> Binary,
        record_kind -> Text,
        record_id -> Guid,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    sessions (id) {
        id -> Guid,
        account_id -> Guid,
        secret_hash -> Binary,
        expires_at -> Instant,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    links (id) {
        id -> Guid,
        purpose -> Text,
        code_hash -> Binary,
        organisation_id -> Guid,
        account_id -> Nullable<Guid>,
        record_id -> Nullable<Guid>,
        step -> Nullable<Text>,
        address -> Nullable<Text>,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    plans (id) {
        id -> Guid,
        organisation_id -> Guid,
        state -> Text,
        give_up_at -> Instant,
        answer -> Nullable<Document>,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Guid;

    plan_requests (plan_id, request_id) {
        plan_id -> Guid,
        request_id -> Guid,
        organisation_id -> Guid,
        referral_id -> Nullable<Guid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    plan_confirmations (id) {
        id -> Guid,
        plan_id -> Guid,
        organisation_id -> Guid,
        lines -> Document,
        created_at -> Instant,
    }
}

diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(units -> structures (structure_id));
diesel::joinable!(vacancies -> units (unit_id));
diesel::joinable!(accounts -> organisations (organisation_id));
diesel::joinable!(account_secrets -> accounts (account_id));
diesel::joinable!(referrals -> units (unit_id));
diesel::joinable!(referrals -> requests (request_id));
diesel::allow_tables_to_appear_in_same_query!(structures, units, vacancies, events, referrals, requests);
diesel::allow_tables_to_appear_in_same_query!(event_head, referrals);
diesel::allow_tables_to_appear_in_same_query!(event_head, requests);
diesel::allow_tables_to_appear_in_same_query!(keep_apart_links, referrals);
diesel::allow_tables_to_appear_in_same_query!(plan_requests, requests);
diesel::allow_tables_to_appear_in_same_query!(account_secrets, accounts, organisations, sessions);
