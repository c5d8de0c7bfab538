"""How a ledger of any age becomes one of today. A released migration is never edited: the next one mends it."""
