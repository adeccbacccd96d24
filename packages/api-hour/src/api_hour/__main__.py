"""`python -m api_hour`: the command `api_hour`, with the same options and exit codes."""

from api_hour.cli import main

if __name__ == "__main__":
    main()
