-- The set-up code with which an Authorized User may choose a PIN: a keyed digest of it, and when it ends.

ALTER TABLE people ADD COLUMN code_digest TEXT CHECK (code_digest IS NULL OR standing = 'authorized_user');
ALTER TABLE people ADD COLUMN code_until INTEGER CHECK ((code_until IS NULL) = (code_digest IS NULL));
