-- The journal: every fact, in order, for ever. All other tables but content, lease and the migration record can be made again from it.
PRAGMA application_id = 0x504F5354; -- 'POST': tells our file from anybody else's

CREATE TABLE event (
    position       INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the whole journal; never reused, so a checkpoint stays true
    stream         TEXT    NOT NULL,                  -- 'message/…', 'service/…', 'operator'
    version        INTEGER NOT NULL CHECK (version >= 1),
    name           TEXT    NOT NULL,                  -- stored name, e.g. 'message-accepted.v1'
    data           TEXT    NOT NULL CHECK (json_valid(data)),
    caused_by      INTEGER,                           -- position of the fact that led here; NULL when the outside did
    recorded_at_ms INTEGER NOT NULL,                  -- Unix milliseconds, UTC
    UNIQUE (stream, version)                          -- this is the expected-version check
) STRICT;

-- Positions whose facts the same transaction may delete; it records why as a facts-purged fact and empties the table again.
CREATE TABLE purge_permit (
    position INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
WHEN NOT EXISTS (SELECT 1 FROM purge_permit WHERE position = OLD.position)
BEGIN SELECT RAISE(ABORT, 'facts are not deleted'); END;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'facts are not changed'); END;
