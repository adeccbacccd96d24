"""What a directory holds that can be benched: application, interpreter, servers, and the database that it reads."""
