"""What a worker tells its supervisor, and is told by it, over the control socket."""
