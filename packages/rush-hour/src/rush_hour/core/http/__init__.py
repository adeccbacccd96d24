"""An HTTP/1.1 answer, as the load generator reads it: its head, its chunks, its cookies."""
