ALTER TABLE sessions DROP COLUMN authenticated;
