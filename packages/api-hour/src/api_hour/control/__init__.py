"""What supervisor and worker say to each other, and share; it belongs to neither."""
