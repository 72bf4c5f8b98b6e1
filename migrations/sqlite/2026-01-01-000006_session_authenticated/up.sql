-- When the person signed in from whom a session descends. Sessions of before
-- are of their own sign-in; one written without it counts as old.
ALTER TABLE sessions ADD COLUMN authenticated INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET authenticated = created;
