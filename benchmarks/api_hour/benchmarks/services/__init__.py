"""Services: what is known, whoever asks."""
