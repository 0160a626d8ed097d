-- Accounts, the ledger of blanks, guess budgets, decisions and the audit trail.
-- Moments are microseconds since 1970-01-01T00:00Z, days are ISO 8601, digests are hexadecimal. PINs are sealed verifiers.

CREATE TABLE vault (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key_id TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    number TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'closed')),
    billing_email TEXT NOT NULL,
    pin TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;

CREATE TABLE people (
    account TEXT NOT NULL REFERENCES accounts (number),
    id INTEGER NOT NULL CHECK (id BETWEEN 0 AND 4294967295),
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    standing TEXT NOT NULL CHECK (standing IN ('owner', 'authorized_user', 'user')),
    since INTEGER CHECK (since IS NULL OR standing = 'authorized_user'),
    job TEXT NOT NULL,
    pin TEXT,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    person INTEGER NOT NULL,
    since INTEGER,
    granted_by INTEGER,
    submission TEXT,
    ended_at INTEGER,
    ended_by TEXT CHECK (ended_by IS NULL OR ended_at IS NOT NULL),
    FOREIGN KEY (account, person) REFERENCES people (account, id)
) STRICT;
CREATE INDEX grants_of_a_person ON grants (account, person);
CREATE UNIQUE INDEX one_grant_in_force ON grants (account, person) WHERE ended_at IS NULL;

CREATE TABLE blanks (
    instance TEXT PRIMARY KEY,
    template TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version BETWEEN 0 AND 65535),
    account TEXT REFERENCES accounts (number),
    issued_at INTEGER NOT NULL,
    expires TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('issued', 'returned', 'consumed', 'void')),
    consumed_by TEXT,
    CHECK ((state = 'consumed') = (consumed_by IS NOT NULL))
) STRICT;
CREATE INDEX blanks_of_an_account ON blanks (account) WHERE account IS NOT NULL;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    begun_at INTEGER NOT NULL
) STRICT;

CREATE TABLE submissions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL REFERENCES runs (id),
    file TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL CHECK (channel IN ('form', 'email', 'phone', 'console')),
    decided_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'rejected', 'held')),
    account TEXT,
    request TEXT,
    reasons TEXT NOT NULL,
    policy TEXT NOT NULL
) STRICT;
CREATE INDEX submissions_of_a_run ON submissions (run);
CREATE INDEX accepted_requests ON submissions (request) WHERE status = 'accepted' AND request IS NOT NULL;

CREATE TABLE budgets (
    account TEXT NOT NULL REFERENCES accounts (number),
    channel TEXT NOT NULL CHECK (channel IN ('form', 'email', 'phone', 'console')),
    failed INTEGER NOT NULL CHECK (failed >= 0),
    PRIMARY KEY (account, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    account TEXT NOT NULL,
    channel TEXT NOT NULL,
    submission TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'right', 'wrong')),
    PRIMARY KEY (account, channel, submission),
    FOREIGN KEY (account, channel) REFERENCES budgets (account, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    account TEXT,
    evidence TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit trail is append-only'); END;
