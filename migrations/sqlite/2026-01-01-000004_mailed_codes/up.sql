-- A code proves an address for one halted run: a link and six digits, which
-- share their tries. Its row outlives the run, to count the mails.
DROP TABLE social_auth_code;
CREATE TABLE social_auth_code (
    id BLOB NOT NULL,
    partial_id BLOB NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    email_domain TEXT NOT NULL,
    sender BLOB,
    code_hash BLOB NOT NULL,
    digits_hash BLOB NOT NULL,
    verified INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT social_auth_code_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_code_partial_id_unique UNIQUE (partial_id),
    CONSTRAINT social_auth_code_email_length CHECK (length(email) <= 254)
) STRICT;
CREATE INDEX social_auth_code_email_key_index ON social_auth_code (email_key);
CREATE INDEX social_auth_code_email_domain_index ON social_auth_code (email_domain);
CREATE INDEX social_auth_code_sender_index ON social_auth_code (sender);
CREATE INDEX social_auth_code_expires_index ON social_auth_code (expires);
CREATE INDEX social_auth_partial_user_id_index ON social_auth_partial (user_id);
