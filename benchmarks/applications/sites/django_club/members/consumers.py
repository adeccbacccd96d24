"""Channels: an echo, and a room that tells all who are in it."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer


class Echo(WebsocketConsumer):
    """Sends back texts in capitals and bytes reversed, in a thread."""

    def connect(self) -> None:
        """Accept, with the first protocol that is offered."""
        offered = self.scope["subprotocols"]
        self.accept(offered[0] if offered else None)

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer."""
        if bytes_data is not None:
            self.send(bytes_data=bytes_data[::-1])
        elif text_data == "goodbye":
            self.close(4001, "goodbye")
        else:
            self.send(text_data=text_data.upper())


class Room(AsyncJsonWebsocketConsumer):
    """Tells what one says to all of a room, for users that are logged in."""

    async def connect(self) -> None:
        """Accept users only."""
        if not self.scope["user"].is_authenticated:
            await self.close()
            return
        self.room = self.scope["url_route"]["kwargs"]["name"]
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def disconnect(self, _code: int) -> None:
        """Leave the room."""
        if hasattr(self, "room"):
            await self.channel_layer.group_discard(self.room, self.channel_name)

    async def receive_json(self, content: Any) -> None:
        """Tell the room."""
        name = self.scope["user"].username
        await self.channel_layer.group_send(self.room, {"type": "said", "name": name, "content": content})

    async def said(self, event: dict[str, Any]) -> None:
        """Tell the client."""
        await self.send_json({"name": event["name"], "content": event["content"]})
