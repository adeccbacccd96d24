"""The options that people know from uvicorn, Gunicorn, Hypercorn and Granian, and what each is here."""
