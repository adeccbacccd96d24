"""The process itself: its descriptors, its user, its title, its pid file, and what its children must not have."""
