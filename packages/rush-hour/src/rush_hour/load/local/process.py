"""The main function of a process that sends: it does what its parent says, until that says stop or is gone."""

import gc
import resource
from multiprocessing.connection import Connection
from typing import Any

from rush_hour.errors import RushHourError
from rush_hour.load.injector.injector import Injector
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.kernel import end_with_parent, keep_memory, lock_memory, peak_rss_bytes
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.load.local.messages import Follow, Look, Open, Opened, Stop
from rush_hour.load.local.packed import Packed
from rush_hour.load.plan import LoadPlan
from rush_hour.load.ring import Ring
from rush_hour.load.share import Done
from rush_hour.load.transport.address import Address

OPEN_TIMEOUT_S = 10.0


def live(packed: Packed, number: int, ring: Ring, control: "Connection[Any, Any]") -> None:
    """Send what a plan says.

    Args:
        packed: the plan, and the addresses of its destination.
        number: of this process, from 0.
        ring: where what is seen is written.
        control: orders come here, and answers go back.
    """
    end_with_parent()
    plan: LoadPlan
    address: Address
    plan, address = packed.unpack()
    try:
        raise_open_file_limit(len(plan.schedule.connections_of(number, plan.processes)))
        writer = RingWriter(ring)
        injector = Injector(plan, address, number, control.fileno(), writer)
    except RushHourError as error:
        control.recv()
        control.send(error)
        return
    gc.collect()
    gc.disable()  # the loop makes no cycles, and a collection would show as latency
    gc.freeze()
    keep_memory()
    if not lock_memory():
        writer.lock()
    try:
        _obey(injector, writer, control)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone
    except RushHourError as error:
        control.send(error)
    finally:
        injector.close()


def _obey(injector: Injector, writer: RingWriter, control: "Connection[Any, Any]") -> None:
    while not injector.is_stopped:
        match control.recv():
            case Open():
                opened = injector.open_connections(OPEN_TIMEOUT_S)
                control.send(Opened(count=opened, failures=injector.failures()))
            case Follow(schedule=schedule, start_at_ns=start_at_ns):
                before = resource.getrusage(resource.RUSAGE_SELF)
                writer.uncounted.clear()
                due = injector.run(schedule, start_at_ns)
                after = resource.getrusage(resource.RUSAGE_SELF)
                done = Done(
                    requests_due=due,
                    open_at_end=injector.open_at_end,
                    uncounted=dict(writer.uncounted),
                    cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                    max_rss_bytes=peak_rss_bytes(),
                    first_bad=injector.first_bad,
                    slowest=injector.slowest,
                    unfinished_by_phase=injector.unfinished_by_phase,
                )
                control.send(done)
            case Look():
                control.send(injector.connections())
            case Stop():
                return
