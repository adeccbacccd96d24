"""The daemon's options, by their names; WEB_CONCURRENCY or --workers overrides the number of workers."""

import os

workers = 2 * (os.cpu_count() or 1)
