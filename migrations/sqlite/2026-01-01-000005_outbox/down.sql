DROP INDEX events_lane_index;
DROP INDEX events_due_index;
CREATE INDEX events_pending_index ON events (created, id) WHERE done IS NULL;
ALTER TABLE events DROP COLUMN attempts;
ALTER TABLE events DROP COLUMN due;
ALTER TABLE events DROP COLUMN hook;
