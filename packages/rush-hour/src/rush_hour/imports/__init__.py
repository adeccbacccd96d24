"""Results of other tools, read: text in, figures out. Pure."""
