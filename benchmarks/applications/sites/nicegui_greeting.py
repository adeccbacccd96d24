"""NiceGUI in a FastAPI application: a page with a form, an upload and a clock, and storage for each user."""

from fastapi import FastAPI
from nicegui import app as nicegui
from nicegui import events, ui

app = FastAPI()
nicegui.add_static_files("/assets", "static")


@ui.page("/")
def index() -> None:
    """Greet."""
    label = ui.label("nobody")
    name = ui.input("name")
    nicegui.storage.user["visits"] = nicegui.storage.user.get("visits", 0) + 1
    ui.label(f"visit {nicegui.storage.user['visits']}")

    def greet() -> None:
        label.set_text(f"hello {name.value}")
        ui.notify("greeted")

    ui.button("greet", on_click=greet)


@ui.page("/upload")
def upload() -> None:
    """Take a file."""
    label = ui.label("nothing")

    async def take(event: events.UploadEventArguments) -> None:
        label.set_text(f"{event.file.name}: {len(await event.file.read())} bytes")

    ui.upload(on_upload=take)


@app.get("/api/{name}")
async def api(name: str) -> dict[str, str]:
    """Answer beside the pages."""
    return {"name": name}


ui.run_with(app, storage_secret="for this program only")
