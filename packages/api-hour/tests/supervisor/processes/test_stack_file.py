"""The file that takes a worker's stack."""

import os
from contextlib import closing

from api_hour.supervisor.processes.stack_file import LONGEST_STACK_BYTES, StackFile


def test_what_was_written_is_taken_once_and_the_file_is_used_again() -> None:
    with closing(StackFile()) as stack:
        assert stack.take() == ""
        os.write(stack.fd, b"Stack:\n  here\n")
        assert stack.take() == "Stack:\n  here"
        assert stack.take() == ""
        os.write(stack.fd, b"there \xff")
        assert stack.take() == "there \N{REPLACEMENT CHARACTER}"


def test_a_stack_without_an_end_is_cut() -> None:
    with closing(StackFile()) as stack:
        os.write(stack.fd, b"x" * (LONGEST_STACK_BYTES + 1))

        assert len(stack.take()) == LONGEST_STACK_BYTES
