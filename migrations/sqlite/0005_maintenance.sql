-- Facts that a projection could not fold: it goes on without them, and this says which and why.
CREATE TABLE projection_quarantine (
    name     TEXT    NOT NULL, -- of the projection
    position INTEGER NOT NULL, -- of the fact
    reason   TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL, -- Unix milliseconds, UTC
    PRIMARY KEY (name, position)
) STRICT, WITHOUT ROWID;

-- Retention looks for finished messages that still have their content; those long purged must cost it nothing.
CREATE INDEX mail_content_kept ON mail (finished_at_ms, queue_id) WHERE finished_at_ms IS NOT NULL AND content_purged = 0;

-- Imports from the drop directory by age; no other stream is in it.
CREATE INDEX event_drop_import ON event (recorded_at_ms) WHERE stream >= 'drop/' AND stream < 'drop0';
