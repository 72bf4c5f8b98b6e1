-- When the person signed in from whom a session descends. Sessions of before
-- are of their own sign-in; one written without it counts as old.
ALTER TABLE sessions ADD COLUMN authenticated timestamptz NOT NULL DEFAULT 'epoch';
UPDATE sessions SET authenticated = created;
