-- The answer of a sign-up whose request had a key, sealed: a client that lost
-- it asks again with the same key.
CREATE TABLE idempotent_answers (
    key_hash BLOB NOT NULL,
    request_digest BLOB NOT NULL,
    answer TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT idempotent_answers_pkey PRIMARY KEY (key_hash)
) STRICT;
CREATE INDEX idempotent_answers_expires_index ON idempotent_answers (expires);
