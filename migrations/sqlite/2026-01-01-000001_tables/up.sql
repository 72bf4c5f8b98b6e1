-- Text is compared by bytes, as SQLite does unless told otherwise. Ids are the 16
-- bytes of a UUID, times are microseconds since 1970, JSON is its text.
CREATE TABLE users (
    id BLOB NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    verified_email_key TEXT,
    first_name TEXT,
    last_name TEXT,
    fullname TEXT,
    picture TEXT,
    is_active INTEGER NOT NULL,
    password TEXT,
    extra TEXT NOT NULL,
    date_joined INTEGER NOT NULL,
    last_login INTEGER,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_username_key_unique UNIQUE (username_key),
    CONSTRAINT users_verified_email_key_unique UNIQUE (verified_email_key),
    CONSTRAINT users_username_length CHECK (length(username) BETWEEN 1 AND 150),
    CONSTRAINT users_email_length CHECK (length(email) <= 254),
    CONSTRAINT users_no_nul CHECK (
        instr(username, char(0)) = 0 AND coalesce(instr(email, char(0)), 0) = 0
    ),
    CONSTRAINT users_email_has_key CHECK ((email IS NULL) = (email_key IS NULL)),
    CONSTRAINT users_verified_email_is_email CHECK (
        verified_email_key IS NULL
        OR (email_key IS NOT NULL AND verified_email_key = email_key AND email_key <> '')
    )
) STRICT;
CREATE INDEX users_email_key_index ON users (email_key);

CREATE TABLE social_auth_usersocialauth (
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    provider TEXT NOT NULL,
    uid TEXT NOT NULL,
    extra_data TEXT NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    CONSTRAINT social_auth_usersocialauth_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_usersocialauth_provider_uid_unique UNIQUE (provider, uid),
    CONSTRAINT social_auth_usersocialauth_user_id_foreign FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT social_auth_usersocialauth_provider_length CHECK (
        length(provider) BETWEEN 1 AND 32
    ),
    CONSTRAINT social_auth_usersocialauth_no_nul CHECK (
        instr(provider, char(0)) = 0 AND instr(uid, char(0)) = 0
    ),
    CONSTRAINT social_auth_usersocialauth_uid_not_empty CHECK (uid <> ''),
    CONSTRAINT social_auth_usersocialauth_uid_length CHECK (length(uid) <= 255)
) STRICT;
CREATE INDEX social_auth_usersocialauth_user_id_index ON social_auth_usersocialauth (user_id);

CREATE TABLE social_auth_nonce (
    server_url TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    salt TEXT NOT NULL,
    CONSTRAINT social_auth_nonce_pkey PRIMARY KEY (server_url, timestamp, salt)
) STRICT;
CREATE INDEX social_auth_nonce_timestamp_index ON social_auth_nonce (timestamp);

CREATE TABLE social_auth_association (
    id BLOB NOT NULL,
    server_url TEXT NOT NULL,
    handle TEXT NOT NULL,
    secret TEXT NOT NULL,
    issued INTEGER NOT NULL,
    lifetime INTEGER NOT NULL,
    assoc_type TEXT NOT NULL,
    CONSTRAINT social_auth_association_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_association_server_url_handle_unique UNIQUE (server_url, handle)
) STRICT;

-- At most one code of an address is unverified: the newest.
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

CREATE TABLE social_auth_partial (
    id BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    backend TEXT NOT NULL,
    next_step TEXT NOT NULL,
    data TEXT NOT NULL,
    user_id BLOB,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT social_auth_partial_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_partial_token_hash_unique UNIQUE (token_hash),
    CONSTRAINT social_auth_partial_backend_length CHECK (length(backend) BETWEEN 1 AND 32)
) STRICT;
CREATE INDEX social_auth_partial_expires_index ON social_auth_partial (expires);

CREATE TABLE sessions (
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    family BLOB NOT NULL,
    refresh_hash BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh_hash_unique UNIQUE (refresh_hash),
    CONSTRAINT sessions_user_id_foreign FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sessions_user_id_index ON sessions (user_id);
CREATE INDEX sessions_expires_index ON sessions (expires);

CREATE TABLE signing_keys (
    purpose TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created INTEGER NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (purpose, fingerprint)
) STRICT;

CREATE TABLE used_marks (
    kind TEXT NOT NULL,
    digest BLOB NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT used_marks_pkey PRIMARY KEY (kind, digest)
) STRICT;
CREATE INDEX used_marks_expires_index ON used_marks (expires);

CREATE TABLE events (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    user_id BLOB,
    payload TEXT NOT NULL,
    created INTEGER NOT NULL,
    done INTEGER,
    CONSTRAINT events_pkey PRIMARY KEY (id)
) STRICT;
CREATE INDEX events_pending_index ON events (created, id) WHERE done IS NULL;
CREATE INDEX events_created_index ON events (created);
