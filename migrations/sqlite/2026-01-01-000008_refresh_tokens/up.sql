-- A session is one row, however often its refresh token turns: `refresh_hash`
-- is of the token's half that stays, `turn_hash` of the half that changes, and
-- `prior_hash` of the one before, until the present one is used.
DROP TABLE sessions;
CREATE TABLE sessions (
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    client TEXT,
    audience TEXT,
    refresh_hash BLOB NOT NULL,
    turn_hash BLOB NOT NULL,
    turn_salt BLOB NOT NULL,
    prior_hash BLOB,
    turned INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    revoked INTEGER,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_refresh_hash_unique UNIQUE (refresh_hash),
    CONSTRAINT sessions_user_id_foreign FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sessions_user_id_index ON sessions (user_id);
CREATE INDEX sessions_expires_index ON sessions (expires);

-- Access tokens that say nothing by themselves, by their hash.
CREATE TABLE access_tokens (
    hash BLOB NOT NULL,
    session_id BLOB NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    CONSTRAINT access_tokens_pkey PRIMARY KEY (hash),
    CONSTRAINT access_tokens_session_id_foreign FOREIGN KEY (session_id)
        REFERENCES sessions (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX access_tokens_session_id_index ON access_tokens (session_id);
CREATE INDEX access_tokens_expires_index ON access_tokens (expires);
