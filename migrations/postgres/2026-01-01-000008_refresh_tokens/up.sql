-- A session is one row, however often its refresh token turns: `refresh_hash`
-- is of the token's half that stays, `turn_hash` of the half that changes, and
-- `prior_hash` of the one before, until the present one is used.
DROP TABLE sessions;
CREATE TABLE sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    client text COLLATE "C",
    audience text COLLATE "C",
    refresh_hash bytea NOT NULL,
    turn_hash bytea NOT NULL,
    turn_salt bytea NOT NULL,
    prior_hash bytea,
    turned timestamptz NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    revoked timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh_hash_unique UNIQUE (refresh_hash),
    CONSTRAINT sessions_user_id_foreign FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_id_index ON sessions (user_id);
CREATE INDEX sessions_expires_index ON sessions (expires);

-- Access tokens that say nothing by themselves, by their hash.
CREATE TABLE access_tokens (
    hash bytea NOT NULL,
    session_id uuid NOT NULL,
    issued timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    CONSTRAINT access_tokens_pkey PRIMARY KEY (hash),
    CONSTRAINT access_tokens_session_id_foreign FOREIGN KEY (session_id)
        REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX access_tokens_session_id_index ON access_tokens (session_id);
CREATE INDEX access_tokens_expires_index ON access_tokens (expires);
