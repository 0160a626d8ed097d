-- What people made of held submissions, where a run's files came from and went, and what a new vault key leaves behind.

CREATE TABLE resolutions (
    submission TEXT PRIMARY KEY REFERENCES submissions (id),
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    ended TEXT NOT NULL CHECK (ended IN ('accepted', 'rejected', 'correction'))
) STRICT;
CREATE INDEX held_submissions ON submissions (seq) WHERE status = 'held';
ALTER TABLE runs ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
ALTER TABLE vault ADD COLUMN request_key TEXT;
ALTER TABLE blanks ADD COLUMN seal TEXT;
ALTER TABLE submissions ADD COLUMN source_file TEXT NOT NULL DEFAULT '';
