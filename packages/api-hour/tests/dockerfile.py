"""The Dockerfile of the examples, read as far as it goes: one instruction a line, lists of words in JSON."""

import json
import shlex
from dataclasses import dataclass

from deployed import FILES


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a Dockerfile: its name, options, and the rest."""

    name: str
    options: dict[str, str]
    rest: str

    @property
    def command(self) -> list[str]:
        """The words of a command in exec form, which no shell reads; any other raises."""
        words = json.loads(self.rest.removeprefix("CMD "))
        assert isinstance(words, list)
        return [str(word) for word in words]


def instructions() -> list[Instruction]:
    """Return the instructions of all stages, in their order."""
    return [_instruction(line) for line in (FILES / "docker" / "Dockerfile").read_text().splitlines() if line]


def _instruction(line: str) -> Instruction:
    name, rest = line.split(" ", 1)
    options = {}
    while rest.startswith("--"):
        option, rest = rest.split(" ", 1)
        key, _, value = option.removeprefix("--").partition("=")
        options[key] = value
    return Instruction(name, options, rest)


def stages() -> dict[str, list[Instruction]]:
    """Return the instructions of each stage by its name; that of the image is the last, and empty."""
    found: dict[str, list[Instruction]] = {}
    for instruction in instructions():
        if instruction.name == "FROM":
            current = found.setdefault(instruction.rest.partition(" AS ")[2], [])
        current.append(instruction)
    return found


def environment_of_image() -> dict[str, str]:
    """Return the variables that the image sets."""
    variables: dict[str, str] = {}
    for stage in ("base", ""):
        for instruction in stages()[stage]:
            if instruction.name == "ENV":
                variables |= dict(pair.split("=", 1) for pair in shlex.split(instruction.rest))
    return variables
