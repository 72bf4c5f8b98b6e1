-- The address, folded, that the person proved by this association the last
-- time; null when they never did, as in rows of before.
ALTER TABLE social_auth_usersocialauth ADD COLUMN proven_email_key text COLLATE "C";
