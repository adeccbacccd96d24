"""Any WSGI application on fastpysgi, whose command line has no workers: `python on_fastpysgi.py PORT WORKERS APP`."""

import sys

import fastpysgi


def main(port: int, workers: int, target: str) -> None:
    """Serve `module:attribute`, found from the working directory, until SIGTERM."""
    sys.path.insert(0, "")
    application = fastpysgi.import_from_string(target)
    fastpysgi.run(application, host="127.0.0.1", port=port, workers=workers)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
