"""From method and path to a handler, and what lies around it."""
