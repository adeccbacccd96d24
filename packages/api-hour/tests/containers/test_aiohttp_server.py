"""The arguments of `make_handler()` as aiohttp once knew them."""

import logging
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from aiohttp.web_log import AccessLogger
from event_loops import run_in_loop

from api_hour.access_log.lines import COMBINED
from api_hour.containers.aiohttp_server import as_aiohttp, renew

LOG = logging.getLogger("tests.made_handler")


def made_handler(**arguments: Any) -> Any:
    async def make() -> Any:
        with pytest.warns(DeprecationWarning, match="make_handler"):
            handler = web.Application().make_handler(**arguments)
        renew(handler)
        return handler()

    return run_in_loop(make())


def test_arguments_of_former_versions_get_the_names_of_today(caplog: pytest.LogCaptureFixture) -> None:
    protocol = made_handler(logger=LOG, keep_alive=45, access_log=LOG, access_log_format=COMBINED)

    assert protocol.keepalive_timeout == 45
    assert protocol.logger is LOG
    assert protocol.access_logger.logger is LOG
    assert not caplog.records


def test_an_argument_that_is_gone_is_named_once_and_the_others_count(caplog: pytest.LogCaptureFixture) -> None:
    protocol = made_handler(keep_alive=45, slow_request_timeout=5)

    assert protocol.keepalive_timeout == 45
    assert caplog.messages == ["make_handler(): aiohttp knows no slow_request_timeout any more; it is passed over"]


def test_another_handler_is_left_alone() -> None:
    renew(made_handler)
    renew(None)


def test_a_format_of_gunicorns_makes_the_same_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOG.name)
    request = make_mocked_request("GET", "/a?b", headers={"User-Agent": "probe", "Referer": "http://a/"})
    response = web.Response(status=404)
    log_format = as_aiohttp('%(l)s %(u)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %({User-Agent}i)s %(q)s %(T)s')

    AccessLogger(LOG, log_format).log(request, response, 2.5)

    assert caplog.messages == ['- - "GET /a?b HTTP/1.1" 404 0 "http://a/" "probe" probe - 2']


def test_a_format_of_aiohttps_own_is_left_alone() -> None:
    assert as_aiohttp(AccessLogger.LOG_FORMAT) == AccessLogger.LOG_FORMAT
