"""One module a migration, in the order of its number. A released migration is never edited."""
