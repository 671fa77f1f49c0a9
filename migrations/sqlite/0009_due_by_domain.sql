-- A recipient's domain, so that mail for one crowded or dead destination is passed over as a whole and not row by row. The rows are folded again,
-- as the projection's version says.
DROP TABLE due_delivery;

CREATE TABLE due_delivery (
    queue_id  TEXT    NOT NULL,
    recipient INTEGER NOT NULL,
    domain    TEXT    NOT NULL, -- of the address; empty for a local part alone
    due_at_ms INTEGER NOT NULL, -- Unix milliseconds, UTC
    attempt   INTEGER,          -- the attempt under way, or cut off by a crash; NULL while waiting
    held      INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    PRIMARY KEY (queue_id, recipient)
) STRICT, WITHOUT ROWID;

CREATE INDEX due_delivery_waiting ON due_delivery (due_at_ms) WHERE attempt IS NULL AND held = 0;
CREATE INDEX due_delivery_domain ON due_delivery (domain, due_at_ms) WHERE attempt IS NULL AND held = 0;
CREATE INDEX due_delivery_started ON due_delivery (queue_id) WHERE attempt IS NOT NULL;
