-- Live coordination: not derived from facts, never rebuilt.
CREATE TABLE lease (
    partition     INTEGER PRIMARY KEY,
    owner         TEXT    NOT NULL, -- for people: program, pid and host
    token         INTEGER NOT NULL, -- grows with each claim, never reset: the latest holds the partition
    boot_id       TEXT    NOT NULL, -- the boot in which until_boot_ms counts; another boot's lease has run out
    until_boot_ms INTEGER NOT NULL  -- milliseconds of CLOCK_BOOTTIME, which no one sets
) STRICT;
