-- A recipient whose last attempt may have delivered and never heard back is in doubt, and shows so. The rows are folded again, as the
-- projection's version says.
DROP TABLE mail_recipient;

CREATE TABLE mail_recipient (
    queue_id           TEXT    NOT NULL,
    number             INTEGER NOT NULL,
    address            TEXT    NOT NULL,
    status             TEXT    NOT NULL CHECK (status IN ('pending', 'in-doubt', 'delivered', 'failed', 'expired')),
    attempts           INTEGER NOT NULL DEFAULT 0, -- begun for this recipient
    next_attempt_at_ms INTEGER, -- NULL when settled
    last_reply         TEXT,    -- the peer's words or our reason, as last heard
    settled_at_ms      INTEGER,
    PRIMARY KEY (queue_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_recipient_address ON mail_recipient (address);
