-- Destinations to which nothing is dialled for now, folded from the facts of destination/NAME.
CREATE TABLE open_circuit (
    destination  TEXT    PRIMARY KEY, -- a domain, or host:port of a configured next hop
    opened_at_ms INTEGER NOT NULL,    -- Unix milliseconds, UTC
    until_ms     INTEGER NOT NULL,    -- when it is tried again
    reason       TEXT    NOT NULL     -- the peer's words or ours, as last heard; hostile text
) STRICT, WITHOUT ROWID;
