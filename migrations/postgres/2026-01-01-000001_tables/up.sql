-- A commit that must not happen casts its reason to this type: the name of the
-- constraint that fails tells the server which conflict it met.
CREATE DOMAIN social_auth_verdict AS text
    CONSTRAINT social_auth_verdict_row_gone CHECK (VALUE <> 'row_gone')
    CONSTRAINT social_auth_verdict_guard CHECK (VALUE <> 'guard')
    CONSTRAINT social_auth_verdict_partial CHECK (VALUE <> 'partial');

-- Text that is compared is compared by bytes: COLLATE "C".
CREATE TABLE users (
    id uuid NOT NULL,
    username text COLLATE "C" NOT NULL,
    username_key text COLLATE "C" NOT NULL,
    email text COLLATE "C",
    email_key text COLLATE "C",
    verified_email_key text COLLATE "C",
    first_name text,
    last_name text,
    fullname text,
    picture text,
    is_active boolean NOT NULL,
    password text,
    extra jsonb NOT NULL,
    date_joined timestamptz NOT NULL,
    last_login timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_username_key_unique UNIQUE (username_key),
    CONSTRAINT users_verified_email_key_unique UNIQUE (verified_email_key),
    CONSTRAINT users_username_length CHECK (char_length(username) BETWEEN 1 AND 150),
    CONSTRAINT users_email_length CHECK (char_length(email) <= 254),
    CONSTRAINT users_email_has_key CHECK ((email IS NULL) = (email_key IS NULL)),
    CONSTRAINT users_verified_email_is_email CHECK (
        verified_email_key IS NULL
        OR (email_key IS NOT NULL AND verified_email_key = email_key AND email_key <> '')
    )
);
CREATE INDEX users_email_key_index ON users (email_key);

CREATE TABLE social_auth_usersocialauth (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text COLLATE "C" NOT NULL,
    uid text COLLATE "C" NOT NULL,
    extra_data jsonb NOT NULL,
    created timestamptz NOT NULL,
    modified timestamptz NOT NULL,
    CONSTRAINT social_auth_usersocialauth_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_usersocialauth_provider_uid_unique UNIQUE (provider, uid),
    CONSTRAINT social_auth_usersocialauth_user_id_foreign FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT social_auth_usersocialauth_provider_length CHECK (
        char_length(provider) BETWEEN 1 AND 32
    ),
    CONSTRAINT social_auth_usersocialauth_uid_not_empty CHECK (uid <> ''),
    CONSTRAINT social_auth_usersocialauth_uid_length CHECK (char_length(uid) <= 255)
);
CREATE INDEX social_auth_usersocialauth_user_id_index ON social_auth_usersocialauth (user_id);

CREATE TABLE social_auth_nonce (
    server_url text COLLATE "C" NOT NULL,
    timestamp bigint NOT NULL,
    salt text COLLATE "C" NOT NULL,
    CONSTRAINT social_auth_nonce_pkey PRIMARY KEY (server_url, timestamp, salt)
);
CREATE INDEX social_auth_nonce_timestamp_index ON social_auth_nonce (timestamp);

CREATE TABLE social_auth_association (
    id uuid NOT NULL,
    server_url text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    secret text NOT NULL,
    issued bigint NOT NULL,
    lifetime bigint NOT NULL,
    assoc_type text NOT NULL,
    CONSTRAINT social_auth_association_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_association_server_url_handle_unique UNIQUE (server_url, handle)
);

-- At most one code of an address is unverified: the newest.
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

CREATE TABLE social_auth_partial (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    backend text COLLATE "C" NOT NULL,
    next_step text NOT NULL,
    data jsonb NOT NULL,
    user_id uuid,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT social_auth_partial_pkey PRIMARY KEY (id),
    CONSTRAINT social_auth_partial_token_hash_unique UNIQUE (token_hash),
    CONSTRAINT social_auth_partial_backend_length CHECK (char_length(backend) BETWEEN 1 AND 32)
);
CREATE INDEX social_auth_partial_expires_index ON social_auth_partial (expires);

CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    family uuid NOT NULL,
    refresh_hash bytea NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    revoked timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh_hash_unique UNIQUE (refresh_hash),
    CONSTRAINT sessions_user_id_foreign FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_id_index ON sessions (user_id);
CREATE INDEX sessions_expires_index ON sessions (expires);

CREATE TABLE signing_keys (
    purpose text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    created timestamptz NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (purpose, fingerprint)
);

CREATE TABLE used_marks (
    kind text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT used_marks_pkey PRIMARY KEY (kind, digest)
);
CREATE INDEX used_marks_expires_index ON used_marks (expires);

CREATE TABLE events (
    id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    user_id uuid,
    payload jsonb NOT NULL,
    created timestamptz NOT NULL,
    done timestamptz,
    CONSTRAINT events_pkey PRIMARY KEY (id)
);
CREATE INDEX events_pending_index ON events (created, id) WHERE done IS NULL;
CREATE INDEX events_created_index ON events (created);
