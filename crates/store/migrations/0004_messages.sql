-- Since when an account's billing email holds, and the one before; and the message that a submission came in.

ALTER TABLE accounts ADD COLUMN billing_since INTEGER;
ALTER TABLE accounts ADD COLUMN billing_before TEXT CHECK (billing_before IS NULL OR billing_since IS NOT NULL);
ALTER TABLE submissions ADD COLUMN message TEXT;
ALTER TABLE submissions ADD COLUMN message_id TEXT CHECK (message_id IS NULL OR message IS NOT NULL);
ALTER TABLE submissions ADD COLUMN is_answerable INTEGER CHECK ((is_answerable IS NULL) = (message IS NULL));
