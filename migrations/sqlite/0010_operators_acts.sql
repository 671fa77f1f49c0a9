-- A recipient may be cancelled by an operator, and a message sent another way. The rows are folded again, as the projection's version says.
ALTER TABLE mail ADD COLUMN rerouted TEXT; -- where to, by whom and why; NULL by the configuration

DROP TABLE mail_recipient;

CREATE TABLE mail_recipient (
    queue_id           TEXT    NOT NULL,
    number             INTEGER NOT NULL,
    address            TEXT    NOT NULL,
    status             TEXT    NOT NULL CHECK (status IN ('pending', 'in-doubt', 'delivered', 'failed', 'expired', 'cancelled')),
    attempts           INTEGER NOT NULL DEFAULT 0, -- begun for this recipient
    next_attempt_at_ms INTEGER, -- NULL when settled
    last_reply         TEXT,    -- the peer's words or our reason, as last heard; who ended it, where an operator did
    settled_at_ms      INTEGER,
    PRIMARY KEY (queue_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_recipient_address ON mail_recipient (address);
