-- Message octets as received. Small content stands in its own row; larger content in chunks that were staged before acceptance.
CREATE TABLE content (
    queue_key     INTEGER PRIMARY KEY,                                 -- the queue id as a number; grows with time
    state         TEXT    NOT NULL CHECK (state IN ('staged', 'kept')), -- kept: part of an accepted message
    length        INTEGER NOT NULL CHECK (length >= 0),                -- octets
    sha256        TEXT,                                                -- lower-case hexadecimal; NULL while staged
    octets        BLOB,                                                -- all of it when small; NULL when in chunks
    touched_at_ms INTEGER NOT NULL                                     -- of the last chunk: tells an orphan from a slow client
) STRICT;

CREATE INDEX content_staged ON content (touched_at_ms) WHERE state = 'staged';

CREATE TABLE content_chunk (
    chunk_key INTEGER PRIMARY KEY,
    queue_key INTEGER NOT NULL,
    number    INTEGER NOT NULL CHECK (number >= 0), -- order within the content, from 0
    octets    BLOB    NOT NULL,
    UNIQUE (queue_key, number)
) STRICT;
