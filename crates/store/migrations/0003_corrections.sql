-- Few blanks are correction forms: their templates are found without a walk through all of the ledger.

CREATE INDEX corrections ON blanks (template, version) WHERE template GLOB '*.correction-*';
