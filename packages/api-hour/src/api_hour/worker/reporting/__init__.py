"""The worker's end of the control socket: its reports, and the commands that it gets."""
