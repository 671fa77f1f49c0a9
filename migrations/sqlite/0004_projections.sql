-- Tables folded from the journal: each can be emptied and comes back the same.
CREATE TABLE projection (
    name     TEXT    PRIMARY KEY,
    version  INTEGER NOT NULL, -- of the fold; another one in the program means: fold again from the start
    position INTEGER NOT NULL  -- last fact folded
) STRICT;

-- What the runner acts on; folded in the append's own transaction.
CREATE TABLE due_delivery (
    queue_id  TEXT    NOT NULL,
    recipient INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL, -- Unix milliseconds, UTC
    attempt   INTEGER,          -- the attempt under way, or cut off by a crash; NULL while waiting
    held      INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    PRIMARY KEY (queue_id, recipient)
) STRICT, WITHOUT ROWID;

CREATE INDEX due_delivery_waiting ON due_delivery (due_at_ms) WHERE attempt IS NULL AND held = 0;
CREATE INDEX due_delivery_started ON due_delivery (queue_id) WHERE attempt IS NOT NULL;

-- One row a message, for people and programs; folded by the runner, so it may lag.
CREATE TABLE mail (
    queue_id       TEXT    PRIMARY KEY,
    version        INTEGER NOT NULL, -- of the message's stream, as folded here
    accepted_at_ms INTEGER NOT NULL,
    sender         TEXT    NOT NULL, -- reverse-path; empty for the null reverse-path
    size           INTEGER NOT NULL, -- octets of the content
    client         TEXT,             -- address of the client; NULL for local submission
    protocol       TEXT    NOT NULL, -- SMTP, ESMTP, ESMTPS, LOCAL, DROP, DSN
    open           INTEGER NOT NULL, -- recipients not settled yet
    held           TEXT,             -- why it is held; NULL when it is not
    finished_at_ms INTEGER,          -- when the last recipient was settled
    content_purged INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_accepted ON mail (accepted_at_ms);
CREATE INDEX mail_finished ON mail (finished_at_ms) WHERE finished_at_ms IS NOT NULL;
CREATE INDEX mail_sender ON mail (sender);

CREATE TABLE mail_recipient (
    queue_id           TEXT    NOT NULL,
    number             INTEGER NOT NULL,
    address            TEXT    NOT NULL,
    status             TEXT    NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'expired')),
    attempts           INTEGER NOT NULL DEFAULT 0,
    next_attempt_at_ms INTEGER, -- NULL when settled
    last_reply         TEXT,    -- the peer's words or our reason, as last heard
    settled_at_ms      INTEGER,
    PRIMARY KEY (queue_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_recipient_address ON mail_recipient (address);
