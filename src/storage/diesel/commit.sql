WITH
consumed AS (
    DELETE FROM social_auth_partial
    WHERE token_hash = ($1 ->> 'consumed_partial')::bytea
    RETURNING 1
),
-- After a wait for the lock these are the rows as they are then, not as they
-- were when the statement began.
locked AS MATERIALIZED (
    SELECT id, is_active, password FROM users
    WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text($1 -> 'locked')::uuid))
    ORDER BY id
    FOR NO KEY UPDATE
),
-- One that ends meanwhile drops out here, likewise.
living AS MATERIALIZED (
    SELECT id FROM sessions
    WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text($1 -> 'living')::uuid))
        AND revoked IS NULL AND (SELECT count(*) FROM locked) >= 0
    ORDER BY id
    FOR SHARE
),
-- What remains of a user's associations is locked too: one that a concurrent
-- commit removed drops out, though the statement's snapshot still shows it.
kept AS MATERIALIZED (
    SELECT s.user_id, s.provider
    FROM locked AS l JOIN social_auth_usersocialauth AS s ON s.user_id = l.id
    WHERE $1 ? 'keeps_a_login' AND s.id <> ALL (
        ARRAY(SELECT jsonb_array_elements_text($1 -> 'removed_associations')::uuid)
    )
    FOR KEY SHARE OF s
),
changed_user AS (
    UPDATE users AS u SET
        username = CASE WHEN d ? 'username' THEN d ->> 'username' ELSE u.username END,
        username_key =
            CASE WHEN d ? 'username' THEN d ->> 'username_key' ELSE u.username_key END,
        email = CASE WHEN d ? 'email' THEN d ->> 'email' ELSE u.email END,
        email_key = CASE WHEN d ? 'email' THEN d ->> 'email_key' ELSE u.email_key END,
        verified_email_key = CASE
            WHEN d ? 'email' THEN d ->> 'verified_email_key' ELSE u.verified_email_key
        END,
        first_name = CASE WHEN d ? 'first_name' THEN d ->> 'first_name' ELSE u.first_name END,
        last_name = CASE WHEN d ? 'last_name' THEN d ->> 'last_name' ELSE u.last_name END,
        fullname = CASE WHEN d ? 'fullname' THEN d ->> 'fullname' ELSE u.fullname END,
        picture = CASE WHEN d ? 'picture' THEN d ->> 'picture' ELSE u.picture END,
        password = CASE WHEN d ? 'password' THEN d ->> 'password' ELSE u.password END,
        is_active = coalesce((d ->> 'is_active')::boolean, u.is_active),
        extra = u.extra || (d -> 'extra'),
        last_login = coalesce((d ->> 'last_login')::timestamptz, u.last_login)
    FROM (SELECT $1 -> 'user' AS d) AS patch
    WHERE u.id = ($1 -> 'user' ->> 'id')::uuid AND (SELECT count(*) FROM locked) >= 0
    RETURNING 1
),
changed_association AS (
    UPDATE social_auth_usersocialauth AS s SET
        extra_data = s.extra_data || ($1 -> 'association' -> 'extra_data'),
        modified = ($1 -> 'association' ->> 'modified')::timestamptz,
        uid = coalesce($1 -> 'association' ->> 'moved_to', s.uid),
        proven_email_key =
            coalesce($1 -> 'association' ->> 'proven_email_key', s.proven_email_key)
    WHERE s.id = ($1 -> 'association' ->> 'id')::uuid
        AND s.user_id = ($1 -> 'association' ->> 'user_id')::uuid
        AND s.uid = $1 -> 'association' ->> 'uid'
        AND s.modified = coalesce(
            ($1 -> 'association' ->> 'unchanged_since')::timestamptz, s.modified
        )
    RETURNING 1
),
removed AS (
    DELETE FROM social_auth_usersocialauth
    WHERE id = ANY (
        ARRAY(SELECT jsonb_array_elements_text($1 -> 'removed_associations')::uuid)
    ) AND (SELECT count(*) FROM locked) >= 0
    RETURNING 1
),
-- One whose time is over gives way; any other one stays, and no row is counted.
kept_answer AS (
    INSERT INTO idempotent_answers AS a (key_hash, request_digest, answer, created, expires)
    SELECT key_hash, request_digest, answer, created, expires
    FROM jsonb_populate_record(NULL::idempotent_answers, $1 -> 'idempotent_answer')
    WHERE $1 ? 'idempotent_answer'
    ON CONFLICT (key_hash) DO UPDATE SET
        request_digest = excluded.request_digest,
        answer = excluded.answer,
        created = excluded.created,
        expires = excluded.expires
    WHERE a.expires <= excluded.created
    RETURNING 1
),
marked AS (
    INSERT INTO used_marks (kind, digest, expires)
    SELECT kind, digest, expires
    FROM jsonb_populate_recordset(NULL::used_marks, $1 -> 'used_marks')
    RETURNING 1
),
new_user AS (
    INSERT INTO users (
        id, username, username_key, email, email_key, verified_email_key, first_name, last_name,
        fullname, picture, is_active, password, extra, date_joined, last_login
    )
    SELECT
        id, username, username_key, email, email_key, verified_email_key, first_name, last_name,
        fullname, picture, is_active, password, extra, date_joined, last_login
    FROM jsonb_populate_record(NULL::users, $1 -> 'new_user')
    WHERE $1 ? 'new_user'
    RETURNING 1
),
new_association AS (
    INSERT INTO social_auth_usersocialauth (
        id, user_id, provider, uid, extra_data, proven_email_key, created, modified
    )
    SELECT id, user_id, provider, uid, extra_data, proven_email_key, created, modified
    FROM jsonb_populate_record(NULL::social_auth_usersocialauth, $1 -> 'new_association')
    WHERE $1 ? 'new_association'
    RETURNING 1
),
new_partial AS (
    INSERT INTO social_auth_partial (
        id, token_hash, link_hash, backend, next_step, data, user_id, created, expires
    )
    SELECT
        id, token_hash, link_hash, backend, next_step, coalesce(data, 'null'), user_id, created,
        expires
    FROM jsonb_populate_record(NULL::social_auth_partial, $1 -> 'new_partial')
    WHERE $1 ? 'new_partial'
    RETURNING 1
),
new_code AS (
    INSERT INTO social_auth_code (
        id, partial_id, email, email_key, email_domain, sender, code_hash, digits_hash, verified,
        tries, sent, created, expires
    )
    SELECT
        id, partial_id, email, email_key, email_domain, sender, code_hash, digits_hash, verified,
        tries, sent, created, expires
    FROM jsonb_populate_record(NULL::social_auth_code, $1 -> 'new_code')
    WHERE $1 ? 'new_code'
),
-- Whoever asked for them before may be another than who has proven the address.
voided_codes AS (
    UPDATE social_auth_code SET verified = false, tries = 32767
    WHERE email_key = $1 ->> 'proven_email_key'
),
-- No row may be deleted by two parts of one statement.
voided_partials AS (
    DELETE FROM social_auth_partial
    WHERE user_id = ($1 -> 'ended_sessions' ->> 'user_id')::uuid
        AND NOT ($1 -> 'ended_sessions' ? 'only')
        AND token_hash IS DISTINCT FROM ($1 ->> 'consumed_partial')::bytea
),
-- The statement's snapshot does not hold the session that it opens.
ended_sessions AS (
    UPDATE sessions SET revoked = ($1 -> 'ended_sessions' ->> 'at')::timestamptz
    WHERE user_id = ($1 -> 'ended_sessions' ->> 'user_id')::uuid AND revoked IS NULL
        AND id = coalesce(($1 -> 'ended_sessions' ->> 'only')::uuid, id)
),
new_session AS (
    INSERT INTO sessions (
        id, user_id, client, audience, refresh_hash, turn_hash, turn_salt, prior_hash, turned,
        created, expires, ends, revoked
    )
    SELECT
        id, user_id, client, audience, refresh_hash, turn_hash, turn_salt, prior_hash, turned,
        created, expires, ends, revoked
    FROM jsonb_populate_record(NULL::sessions, $1 -> 'session')
    WHERE $1 ? 'session'
),
new_access_token AS (
    INSERT INTO access_tokens (hash, session_id, issued, expires)
    SELECT hash, session_id, issued, expires
    FROM jsonb_populate_record(NULL::access_tokens, $1 -> 'access_token')
    WHERE $1 ? 'access_token'
),
new_events AS (
    INSERT INTO events (id, kind, user_id, payload, created, hook, due)
    SELECT id, kind, user_id, coalesce(payload, 'null'), created, hook, due
    FROM jsonb_populate_recordset(NULL::events, $1 -> 'events')
)
-- Each count runs the part that it counts, in this order. The counts below zero
-- are never there: they only bring the inserts into the order of SQLite.
SELECT (CASE
    WHEN $1 ? 'consumed_partial' AND (SELECT count(*) FROM consumed) <> 1 THEN 'partial'
    WHEN (
        SELECT count(*) FROM locked WHERE is_active AND $1 -> 'active' ? id::text
    ) <> coalesce(jsonb_array_length($1 -> 'active'), 0) THEN 'guard'
    WHEN (SELECT count(*) FROM living) <> coalesce(jsonb_array_length($1 -> 'living'), 0)
        THEN 'guard'
    WHEN $1 ? 'user' AND (SELECT count(*) FROM changed_user) <> 1 THEN 'row_gone'
    WHEN $1 ? 'association' AND (SELECT count(*) FROM changed_association) <> 1 THEN 'row_gone'
    WHEN (SELECT count(*) FROM removed)
        <> coalesce(jsonb_array_length($1 -> 'removed_associations'), 0) THEN 'row_gone'
    WHEN EXISTS (
        SELECT 1 FROM jsonb_array_elements($1 -> 'keeps_a_login') AS guard
        WHERE NOT EXISTS (
            SELECT 1 FROM locked AS l
            WHERE l.id = (guard ->> 'user_id')::uuid AND (
                left(CASE
                    WHEN $1 -> 'user' ? 'password' AND l.id = ($1 -> 'user' ->> 'id')::uuid
                    THEN $1 -> 'user' ->> 'password'
                    ELSE l.password
                END, 1) NOT IN ('', '!') OR EXISTS (
                    SELECT 1 FROM kept AS k
                    WHERE k.user_id = l.id AND guard -> 'providers' ? k.provider
                )
            )
        )
    ) THEN 'guard'
    WHEN $1 ? 'idempotent_answer' AND (SELECT count(*) FROM kept_answer) <> 1
        THEN 'idempotency_key'
    WHEN (SELECT count(*) FROM marked) < 0 THEN 'ok'
    WHEN (SELECT count(*) FROM new_user) < 0 THEN 'ok'
    WHEN (SELECT count(*) FROM new_association) < 0 THEN 'ok'
    WHEN (SELECT count(*) FROM new_partial) < 0 THEN 'ok'
    ELSE 'ok'
END)::social_auth_verdict::text
