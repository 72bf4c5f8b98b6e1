DROP INDEX social_auth_partial_user_id_index;
DROP TABLE social_auth_code;
CREATE TABLE social_auth_code (
    id BLOB NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    verified INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT social_auth_code_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_code_code_hash_unique UNIQUE (code_hash),
    CONSTRAINT social_auth_code_email_length CHECK (length(email) <= 254)
) STRICT;
CREATE UNIQUE INDEX social_auth_code_unverified_unique ON social_auth_code (email_key)
    WHERE verified = false;
CREATE INDEX social_auth_code_expires_index ON social_auth_code (expires);
