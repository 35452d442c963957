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
    use crate::db::types::sql::{Guid, Instant};

    structures (id) {
        id -> Guid,
        organisation_id -> Guid,
        department -> Text,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        content -> Binary,
        area_hash -> Binary,
        finess_hash -> Nullable<Binary>,
        siret_hash -> Nullable<Binary>,
        contested -> Bool,
        created_at -> Instant,
        updated_at -> Instant,
        ended_at -> Nullable<Instant>,
        contest_decided -> Bool,
        contact_proved -> Bool,
        contact_code_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Guid;

    structure_addresses (structure_id) {
        structure_id -> Guid,
        address -> Binary,
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
        hidden -> Nullable<Binary>,
        created_at -> Instant,
        updated_at -> Instant,
        ended_at -> Nullable<Instant>,
        first_vouched_at -> Nullable<Instant>,
        vouched_at -> Nullable<Instant>,
        vouched_by_id -> Nullable<Guid>,
        vouched_kind -> Nullable<Text>,
        vouched_places -> Nullable<Integer>,
        pending -> Nullable<Binary>,
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
        declared_by_id -> Nullable<Guid>,
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
        first_day -> Date,
        nights -> Integer,
        content -> Nullable<Binary>,
        remains -> Nullable<Document>,
        created_at -> Instant,
        updated_at -> Instant,
        closed_at -> Nullable<Instant>,
        alias -> Text,
        close_reason -> Nullable<Text>,
        lent_to_id -> Nullable<Guid>,
        lent_until -> Nullable<Instant>,
        remind_at -> Nullable<Instant>,
        erased_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Document, Guid, Instant};

    pending_changes (id) {
        id -> Guid,
        organisation_id -> Guid,
        account_id -> Nullable<Guid>,
        kind -> Text,
        change -> Document,
        asked_by_id -> Nullable<Guid>,
        asked_at -> Instant,
        code_hash -> Nullable<Binary>,
        proved_at -> Nullable<Instant>,
        approved_by_id -> Nullable<Guid>,
        approved_at -> Nullable<Instant>,
        due_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        outcome -> Nullable<Text>,
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
        encounter -> Bool,
        stand_in_id -> Nullable<Guid>,
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
    use crate::db::types::sql::Instant;

    anchor_mails (day) {
        day -> Date,
        created_at -> Instant,
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
        words -> Nullable<Binary>,
        created_at -> Instant,
        updated_at -> Instant,
        held_by_id -> Nullable<Guid>,
        held_for_id -> Nullable<Guid>,
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
        text -> Nullable<Binary>,
        condition -> Nullable<Text>,
        unlawful_condition -> Nullable<Text>,
        effect -> Text,
        until_day -> Nullable<Date>,
        safety -> Bool,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    keep_apart_codes (id) {
        id -> Guid,
        request_id -> Guid,
        made_for_id -> Guid,
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
        low_agreed_at -> Nullable<Instant>,
        high_agreed_at -> Nullable<Instant>,
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
        kind -> Text,
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
        browser -> Text,
        id_token -> Nullable<Binary>,
        last_used_at -> Instant,
        expires_at -> Instant,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    remembered_phones (id) {
        id -> Guid,
        organisation_id -> Guid,
        account_id -> Guid,
        secret_hash -> Binary,
        label -> Text,
        last_used_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
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
    use crate::db::types::sql::{Guid, Instant};

    credentials (account_id) {
        account_id -> Guid,
        password_hash -> Text,
        totp_secret -> Binary,
        totp_step -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    recovery_codes (id) {
        id -> Guid,
        account_id -> Guid,
        code_hash -> Binary,
        used_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        account_id -> Guid,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Instant;

    provider_sign_ins (state_hash) {
        state_hash -> Binary,
        browser_hash -> Binary,
        nonce -> Text,
        verifier -> Text,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Instant;

    sign_in_tries (subject) {
        subject -> Binary,
        whole_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    known_browsers (secret_hash) {
        secret_hash -> Binary,
        account_id -> Guid,
        expires_at -> Instant,
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

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    addresses_shown (referral_id, account_id) {
        referral_id -> Guid,
        account_id -> Guid,
        shown_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    quota_uses (id) {
        id -> Guid,
        kind -> Text,
        account_id -> Nullable<Guid>,
        organisation_id -> Guid,
        weight -> Integer,
        likeness -> Nullable<Binary>,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    records_shown (account_id, kind, record_id) {
        account_id -> Guid,
        kind -> Text,
        record_id -> Guid,
        organisation_id -> Guid,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    alerts (id) {
        id -> Guid,
        about -> Text,
        level -> Text,
        account_id -> Nullable<Guid>,
        organisation_id -> Guid,
        used -> Integer,
        most -> Integer,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    door_contacts (id) {
        id -> Guid,
        door -> Text,
        department -> Nullable<Text>,
        label -> Text,
        phone -> Nullable<Text>,
        hours -> Nullable<Text>,
        source -> Nullable<Text>,
        verified_on -> Nullable<Date>,
        verified_by -> Nullable<Text>,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    webhooks (id) {
        id -> Guid,
        organisation_id -> Guid,
        account_id -> Guid,
        content -> Binary,
        record_kinds -> Nullable<Text>,
        position -> BigInt,
        created_by_id -> Nullable<Guid>,
        created_at -> Instant,
        updated_at -> Instant,
        last_delivered_at -> Nullable<Instant>,
        failing_since -> Nullable<Instant>,
        disabled_at -> Nullable<Instant>,
        disabled_because -> Nullable<Text>,
        ended_at -> Nullable<Instant>,
        claim -> Nullable<Guid>,
        claimed_until -> Nullable<Instant>,
        paused_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::{Guid, Instant};

    webhook_deliveries (webhook_id, position) {
        webhook_id -> Guid,
        position -> BigInt,
        at -> Instant,
        command -> Text,
        record_kind -> Text,
        record_id -> Guid,
        state -> Text,
        attempts -> Integer,
        attempted_at -> Nullable<Instant>,
        status -> Nullable<Integer>,
        failure -> Nullable<Text>,
        next_at -> Nullable<Instant>,
    }
}

diesel::joinable!(webhook_deliveries -> webhooks (webhook_id));
diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(remembered_phones -> accounts (account_id));
diesel::joinable!(units -> structures (structure_id));
diesel::joinable!(vacancies -> units (unit_id));
diesel::joinable!(accounts -> organisations (organisation_id));
diesel::joinable!(account_secrets -> accounts (account_id));
diesel::joinable!(referrals -> units (unit_id));
diesel::joinable!(referrals -> requests (request_id));
diesel::allow_tables_to_appear_in_same_query!(structures, units, vacancies, events, referrals, requests);
diesel::allow_tables_to_appear_in_same_query!(webhook_deliveries, webhooks);
diesel::allow_tables_to_appear_in_same_query!(event_head, pending_changes);
diesel::allow_tables_to_appear_in_same_query!(event_head, referrals);
diesel::allow_tables_to_appear_in_same_query!(event_head, requests);
diesel::allow_tables_to_appear_in_same_query!(keep_apart_links, referrals);
diesel::allow_tables_to_appear_in_same_query!(keep_apart_links, requests);
diesel::allow_tables_to_appear_in_same_query!(keep_apart_links, plan_requests);
diesel::allow_tables_to_appear_in_same_query!(plan_requests, requests);
diesel::allow_tables_to_appear_in_same_query!(account_secrets, accounts, organisations, remembered_phones, sessions);
diesel::allow_columns_to_appear_in_same_group_by_clause!(units::kind, structures::department);
