-- A code proves an address for one halted run: a link and six digits, which
-- share their tries. Its row outlives the run, to count the mails.
DROP TABLE social_auth_code;
CREATE TABLE social_auth_code (
    id uuid NOT NULL,
    partial_id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    email_domain text COLLATE "C" NOT NULL,
    sender bytea,
    code_hash bytea NOT NULL,
    digits_hash bytea NOT NULL,
    verified boolean NOT NULL,
    tries integer NOT NULL,
    sent integer NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT social_auth_code_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_code_partial_id_unique UNIQUE (partial_id),
    CONSTRAINT social_auth_code_email_length CHECK (char_length(email) <= 254)
);
CREATE INDEX social_auth_code_email_key_index ON social_auth_code (email_key);
CREATE INDEX social_auth_code_email_domain_index ON social_auth_code (email_domain);
CREATE INDEX social_auth_code_sender_index ON social_auth_code (sender);
CREATE INDEX social_auth_code_expires_index ON social_auth_code (expires);
CREATE INDEX social_auth_partial_user_id_index ON social_auth_partial (user_id);
