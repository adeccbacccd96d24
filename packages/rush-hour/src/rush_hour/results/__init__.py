"""Results: what a run is, as data; the documents that hold runs, read, written and migrated. Nothing measures here."""
