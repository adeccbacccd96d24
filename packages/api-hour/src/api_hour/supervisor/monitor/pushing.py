"""The receivers of metrics that the options name."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from api_hour.config.binds import TcpBind, UnixBind, parse_bind
from api_hour.config.settings import Settings
from api_hour.errors import ConfigError
from api_hour.supervisor.monitor.pusher import Pusher, Sender


@contextmanager
def pushers_of(settings: Settings, name: str) -> Iterator[Sequence[Pusher]]:
    """Give what sends metrics, not started yet; it has ended after the block.

    Args:
        settings: where to, and how often.
        name: what the daemon is called.

    Raises:
        ConfigError: what sends them is not installed.
    """
    with ExitStack() as stack:
        pushers = []
        for option, sender in _senders(settings, name):
            pusher = Pusher(option, sender, interval_s=settings.metrics_interval_s)
            stack.callback(pusher.close)
            pushers.append(pusher)
        yield pushers


def _senders(settings: Settings, name: str) -> Iterator[tuple[str, Sender]]:
    """Give the senders; what each needs is imported only where it is asked for, as most daemons have none."""
    if settings.statsd_host is not None:
        from api_hour.supervisor.monitor.statsd import StatsdSender  # noqa: PLC0415

        server = parse_bind(settings.statsd_host)
        assert isinstance(server, TcpBind | UnixBind)  # see check_receiver
        yield "--statsd-host", StatsdSender(server, prefix=settings.statsd_prefix, tags=settings.dogstatsd_tags)
    if settings.otlp_endpoint is not None:
        try:
            from api_hour.supervisor.monitor.otlp import OtlpSender  # noqa: PLC0415
        except ImportError as error:
            raise ConfigError(
                f"--otlp-endpoint: expected OpenTelemetry's exporter to be installed; {error}. Install api-hour[otlp]."
            ) from error
        yield "--otlp-endpoint", OtlpSender(settings.otlp_endpoint, name)
