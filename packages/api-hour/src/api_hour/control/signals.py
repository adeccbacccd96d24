"""The signals that supervisor and worker agree on.

`systemctl kill`, and whoever signals a group, reaches every process of the daemon: what means something to the
supervisor means nothing to a worker, from its first moment. The supervisor starts a worker with these signals blocked,
so that none ends it before it can pass over them.
"""

import signal

STACK_SIGNAL = signal.SIGRTMIN  # asks a worker for its stack; no application uses it
PASSED_OVER = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH)
IGNORED = (signal.SIGTTIN, signal.SIGTTOU)  # with a handler, a write to a terminal in `tostop` would never end
BLOCKED_AT_START = frozenset({STACK_SIGNAL, *PASSED_OVER, *IGNORED})
