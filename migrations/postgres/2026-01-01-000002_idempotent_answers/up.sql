-- The answer of a sign-up whose request had a key, sealed: a client that lost
-- it asks again with the same key.
CREATE TABLE idempotent_answers (
    key_hash bytea NOT NULL,
    request_digest bytea NOT NULL,
    answer text NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT idempotent_answers_pkey PRIMARY KEY (key_hash)
);
CREATE INDEX idempotent_answers_expires_index ON idempotent_answers (expires);

ALTER DOMAIN social_auth_verdict
    ADD CONSTRAINT social_auth_verdict_idempotency_key CHECK (VALUE <> 'idempotency_key');
