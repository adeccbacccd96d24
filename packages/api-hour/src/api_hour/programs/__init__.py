"""What programs start by a call: a daemon (`api_hour.run`), or a server in their own process (`api_hour.serve`)."""
