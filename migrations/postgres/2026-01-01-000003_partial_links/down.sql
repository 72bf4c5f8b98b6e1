DROP INDEX social_auth_partial_link_hash_unique;
ALTER TABLE social_auth_partial DROP COLUMN link_hash;
