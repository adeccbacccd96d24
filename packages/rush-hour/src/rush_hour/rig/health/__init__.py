"""What of this machine bears on measurements: looked up, or measured."""
