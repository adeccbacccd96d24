"""An application for daemons of tests: it says who answers, and waits for the test."""

ANY_PORT = ("-b", "127.0.0.1:0")
APP = """
import asyncio
from pathlib import Path

import api_hour
from api_hour.http import HttpServer, Request, Router


class Container(api_hour.Container):
    def __init__(self, **given):
        super().__init__(**given)
        router = Router()
        router.add("GET", "/", self.who)
        router.add("GET", "/wait", self.wait)
        self.servers["http"] = HttpServer(router, container=self)

    def make_servers(self):
        return [self.servers["http"]]

    async def who(self, request):
        return {"pid": self.worker.pid, "worker_id": self.worker.worker_id, "config": self.config}

    async def wait(self, request):
        Path("begun").touch()
        while not Path("go").exists():
            await asyncio.sleep(0.01)
        return "waited"

    async def cleanup(self):
        with open("cleaned", "a") as file:
            file.write(f"{self.worker.pid}\\n")
"""
