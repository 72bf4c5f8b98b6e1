//! The tables, one description for both databases.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    use diesel::sql_types::{Bool, Nullable, Text};
    use super::super::types::{JsonSql, TimestampSql, UuidSql};

    users (id) {
        id -> UuidSql,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        verified_email_key -> Nullable<Text>,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        fullname -> Nullable<Text>,
        picture -> Nullable<Text>,
        is_active -> Bool,
        password -> Nullable<Text>,
        extra -> JsonSql,
        date_joined -> TimestampSql,
        last_login -> Nullable<TimestampSql>,
    }
}

table! {
    use diesel::sql_types::{Nullable, Text};
    use super::super::types::{JsonSql, TimestampSql, UuidSql};

    social_auth_usersocialauth (id) {
        id -> UuidSql,
        user_id -> UuidSql,
        provider -> Text,
        uid -> Text,
        extra_data -> JsonSql,
        proven_email_key -> Nullable<Text>,
        created -> TimestampSql,
        modified -> TimestampSql,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};

    social_auth_nonce (server_url, timestamp, salt) {
        server_url -> Text,
        timestamp -> BigInt,
        salt -> Text,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use super::super::types::UuidSql;

    social_auth_association (id) {
        id -> UuidSql,
        server_url -> Text,
        handle -> Text,
        secret -> Text,
        issued -> BigInt,
        lifetime -> BigInt,
        assoc_type -> Text,
    }
}

table! {
    use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};
    use super::super::types::{TimestampSql, UuidSql};

    social_auth_code (id) {
        id -> UuidSql,
        partial_id -> UuidSql,
        email -> Text,
        email_key -> Text,
        email_domain -> Text,
        sender -> Nullable<Binary>,
        code_hash -> Binary,
        digits_hash -> Binary,
        verified -> Bool,
        tries -> Integer,
        sent -> Integer,
        created -> TimestampSql,
        expires -> TimestampSql,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use super::super::types::{JsonSql, TimestampSql, UuidSql};

    social_auth_partial (id) {
        id -> UuidSql,
        token_hash -> Binary,
        link_hash -> Nullable<Binary>,
        backend -> Text,
        next_step -> Text,
        data -> JsonSql,
        user_id -> Nullable<UuidSql>,
        created -> TimestampSql,
        expires -> TimestampSql,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use super::super::types::{TimestampSql, UuidSql};

    sessions (id) {
        id -> UuidSql,
        user_id -> UuidSql,
        client -> Nullable<Text>,
        audience -> Nullable<Text>,
        refresh_hash -> Binary,
        turn_hash -> Binary,
        turn_salt -> Binary,
        prior_hash -> Nullable<Binary>,
        turned -> TimestampSql,
        created -> TimestampSql,
        expires -> TimestampSql,
        ends -> TimestampSql,
        revoked -> Nullable<TimestampSql>,
    }
}

table! {
    use diesel::sql_types::Text;
    use super::super::types::TimestampSql;

    signing_keys (purpose, fingerprint) {
        purpose -> Text,
        fingerprint -> Text,
        created -> TimestampSql,
    }
}

table! {
    use diesel::sql_types::{Binary, Text};
    use super::super::types::TimestampSql;

    used_marks (kind, digest) {
        kind -> Text,
        digest -> Binary,
        expires -> TimestampSql,
    }
}

table! {
    use diesel::sql_types::{Binary, Text};
    use super::super::types::TimestampSql;

    idempotent_answers (key_hash) {
        key_hash -> Binary,
        request_digest -> Binary,
        answer -> Text,
        created -> TimestampSql,
        expires -> TimestampSql,
    }
}

table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use super::super::types::{JsonSql, TimestampSql, UuidSql};

    events (id) {
        id -> UuidSql,
        kind -> Text,
        user_id -> Nullable<UuidSql>,
        payload -> JsonSql,
        created -> TimestampSql,
        done -> Nullable<TimestampSql>,
        hook -> Nullable<Text>,
        due -> Nullable<TimestampSql>,
        attempts -> Integer,
    }
}

table! {
    use diesel::sql_types::Text;

    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

table! {
    use diesel::sql_types::Binary;
    use super::super::types::{TimestampSql, UuidSql};

    access_tokens (hash) {
        hash -> Binary,
        session_id -> UuidSql,
        issued -> TimestampSql,
        expires -> TimestampSql,
    }
}

joinable!(social_auth_usersocialauth -> users (user_id));
joinable!(sessions -> users (user_id));
joinable!(access_tokens -> sessions (session_id));
allow_tables_to_appear_in_same_query!(users, social_auth_usersocialauth);
allow_tables_to_appear_in_same_query!(users, sessions, access_tokens);
