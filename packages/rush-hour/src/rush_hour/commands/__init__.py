"""One module for each subcommand: options in, domain objects out, and the report printed."""
