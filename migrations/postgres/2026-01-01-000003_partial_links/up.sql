-- A second token of a halted run, for a mail or a URL: it confirms, and gives
-- nobody a session.
ALTER TABLE social_auth_partial ADD COLUMN link_hash bytea;
CREATE UNIQUE INDEX social_auth_partial_link_hash_unique ON social_auth_partial (link_hash);
