DROP INDEX social_auth_partial_user_id_index;
DROP TABLE social_auth_code;
CREATE TABLE social_auth_code (
    id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    code_hash bytea NOT NULL,
    verified boolean NOT NULL,
    tries integer NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT social_auth_code_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_code_code_hash_unique UNIQUE (code_hash),
    CONSTRAINT social_auth_code_email_length CHECK (char_length(email) <= 254)
);
CREATE UNIQUE INDEX social_auth_code_unverified_unique ON social_auth_code (email_key)
    WHERE verified = false;
CREATE INDEX social_auth_code_expires_index ON social_auth_code (expires);
