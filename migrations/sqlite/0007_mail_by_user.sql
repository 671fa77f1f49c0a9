-- Whose message it is, so that a user's own history costs what he has sent and not what everybody has. Rows from before get it when the projection,
-- whose version says so, is folded again.
ALTER TABLE mail ADD COLUMN uid INTEGER; -- of the local user who handed it in; NULL when none did
CREATE INDEX mail_uid ON mail (uid, accepted_at_ms) WHERE uid IS NOT NULL;
