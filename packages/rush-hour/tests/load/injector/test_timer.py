import select
import time

from rush_hour.load.injector.timer import Timer


def test_a_timer_fires_at_its_moment_and_can_be_armed_anew_without_reading() -> None:
    timer = Timer()
    try:
        with select.epoll() as epoll:
            epoll.register(timer.fileno(), select.EPOLLIN | select.EPOLLET)
            for _ in range(3):
                at_ns = time.monotonic_ns() + 2_000_000
                timer.arm(at_ns)
                assert epoll.poll(10) == [(timer.fileno(), select.EPOLLIN)]
                assert time.monotonic_ns() >= at_ns
            assert epoll.poll(0) == []
    finally:
        timer.close()


def test_a_moment_that_has_passed_fires_at_once() -> None:
    timer = Timer()
    try:
        with select.epoll() as epoll:
            epoll.register(timer.fileno(), select.EPOLLIN | select.EPOLLET)
            timer.arm(1)
            assert len(epoll.poll(10)) == 1
    finally:
        timer.close()
