-- Events that somebody waits for: when they are due (or, while an instance is
-- at it, until when that one has them), which hook they go to, and how often
-- that was tried. What is not due is a record and no more.
ALTER TABLE events ADD COLUMN hook TEXT;
ALTER TABLE events ADD COLUMN due INTEGER;
ALTER TABLE events ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
DROP INDEX events_pending_index;
CREATE INDEX events_due_index ON events (due) WHERE due IS NOT NULL;
CREATE INDEX events_lane_index ON events (hook, user_id, created, id) WHERE due IS NOT NULL;
