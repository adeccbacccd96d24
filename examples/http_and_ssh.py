"""HTTP and SSH in one daemon: a web service, and a console to look into its workers.

    ssh-keygen -q -t ed25519 -N "" -f ssh_host_key
    cp ~/.ssh/id_ed25519.pub authorized_keys
    api_hour -ac -b 127.0.0.1:8080 -b 127.0.0.1:8022 -w 2 http_and_ssh:Container

Every client has a session of its own, and a connection may carry several. All workers show the same host key, which
they read from a file; a session tells of the worker that it has come to.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncssh

import api_hour
from api_hour.container import Handler
from api_hour.http import HttpServer, Request, Router

asyncssh.set_log_level("WARNING")  # it would log every step of every client

LEAVE_S = 1.0  # that a client has for leaving by itself

router = Router()


@router.get("/")
async def index(request: Request) -> dict[str, int]:
    """Count this visit."""
    request.container.visits += 1
    return {"worker": request.container.worker.worker_id, "visits": request.container.visits}


class SshConnection(asyncssh.SSHServerConnection):
    """One SSH client, which may have several sessions at once.

    API-Hour calls `begin_drain` when the worker retires, `begin_shutdown` when it is to end, and when time is up
    `abort`, which asyncssh has.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHServerConnectionOptions) -> None:
        super().__init__(loop, options)
        self.sessions: set[asyncssh.SSHServerProcess[str]] = set()
        self.is_ending = False

    def begin_drain(self) -> None:
        """End every session, with a word about it."""
        for process in self.sessions:
            process.stdout.write("This worker ends: please connect again.\n")
            process.exit(0)

    def begin_shutdown(self) -> None:
        """Close the connection after its last session; at once when there is none."""
        self.begin_drain()
        self.is_ending = True
        if not self.sessions:
            self.close()

    def end_session(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """Forget a session. A client leaves by itself after its last one: closed on, it may say that it failed."""
        self.sessions.discard(process)
        if self.is_ending and not self.sessions:
            asyncio.get_running_loop().call_later(LEAVE_S, self.close)


class Container(api_hour.Container):
    """HTTP on the first --bind, SSH on the second."""

    def __init__(self, config: Any, worker: Any, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, worker, loop)
        self.visits = 0
        self.sessions = 0

    async def start(self) -> None:
        """Read the keys: a worker without them does not come up."""
        await super().start()
        ssh = self.config["ssh"]
        self.ssh_options = asyncssh.SSHServerConnectionOptions(
            server_host_keys=[ssh["host_key"]],
            authorized_client_keys=ssh["authorized_keys"],
            process_factory=self.run_session,
        )

    def make_servers(self) -> Sequence[Handler]:
        """Return one handler for each address. asyncssh's connection is an asyncio protocol like any other."""
        return [HttpServer(router, container=self), self.make_ssh_connection]

    def make_ssh_connection(self) -> SshConnection:
        """Make the protocol of one SSH connection."""
        return SshConnection(self.loop, self.ssh_options)

    async def run_session(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """Answer `ssh HOST COMMAND`, or line by line without a command, until the client leaves or the worker ends."""
        connection: SshConnection = process.get_extra_info("connection")
        connection.sessions.add(process)
        self.sessions += 1
        try:
            if process.command is None:
                await self.run_console(process)
            else:
                process.stdout.write(f"{self.answer(process.command)}\n")
            process.exit(0)
        except asyncssh.BreakReceived:  # Ctrl-C
            process.exit(1)
        finally:
            self.sessions -= 1
            connection.end_session(process)

    async def run_console(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """Answer line by line, until the client says exit or no more; asyncssh gives that as an empty line."""
        process.stdout.write(f"This is worker {self.worker.worker_id}. Say status, or exit.\n")
        async for line in process.stdin:
            if not line or line.strip() == "exit":
                break
            process.stdout.write(f"{self.answer(line.strip())}\n")

    def answer(self, command: str) -> str:
        """Return the answer to one command."""
        if command == "status":
            return f"worker {self.worker.worker_id}: {self.visits} visits, {self.sessions} sessions"
        return f"no command {command!r}; there is status"
