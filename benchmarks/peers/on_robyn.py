"""The service in Robyn, on its own server and uvloop: `ROBYN_PORT=8011 python on_robyn.py --workers 1`."""

import orjson
from agents import HELLO, Agents
from robyn import Response, Robyn

service = Agents()
application = Robyn(__file__)
application.startup_handler(service.open)
application.shutdown_handler(service.close)


def json_response(body: bytes) -> Response:
    return Response(200, {"content-type": "application/json"}, body)


@application.get("/index")
async def index() -> Response:
    return json_response(orjson.dumps(HELLO))


@application.get("/agents")
async def agents() -> Response:
    return json_response(await service.list_all())


if __name__ == "__main__":
    application.start(host="127.0.0.1")
