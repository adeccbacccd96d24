"""A server of the catalogue, as its table says it: what it is started with, and what it serves."""

import shlex
from collections.abc import Collection
from typing import Literal

from msgspec import Struct, field

FACTORY_CALL = "()"

Factory = Literal["call", "--factory", "--call"]
ReloadSignal = Literal["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"]


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server, or one of several ways to run it.

    Attributes:
        name: in lower case, as `--server` takes it.
        title: for people; what stands between the framework and the end in "Flask on Gunicorn".
        packages: the distributions that it may come from, the usual one first.
        needs: distributions that must be there too, such as that of a worker class.
        programs: programs that must be found, such as Apache's.
        install: what pip is told to install, where that is not the first of `packages` and what it needs.
        extras: distributions whose versions say how it serves, beside its own.
        commands: its command line for each interface that it serves, with a suite's placeholders, and `{target}`, or
            `{module}` and `{object}`.
        factory: how it is told that a target makes the application: `call`, by `()` after it, or an option; None for
            one that cannot be told.
        loop_option, loops: the option that chooses its event loop, and what it may be, with the distributions that
            each needs.
        reload: the signal that makes it load the application again without a lost request; None if there is none.
        reload_workers: how many workers it must have for that.
        worker: what it calls a process that answers.
        routes: whether connections are held by processes that only pass requests on, so that nobody sees who answers.
        variant_of: the name of the server that it is a way to run; None for a server itself.
    """

    name: str
    title: str
    packages: list[str]
    commands: dict[str, str]
    needs: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    install: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    factory: Factory | None = None
    loop_option: str | None = None
    loops: dict[str, list[str]] = field(default_factory=dict)
    reload: ReloadSignal | None = None
    reload_workers: int = 1
    worker: str = "worker"
    routes: bool = False
    variant_of: str | None = None

    def command(self, target: str, interface: str, *, is_factory: bool = False, loop: str | None = None) -> str:
        """Return the command line that serves a target.

        Args:
            target: `module:object`.
            interface: how the object is called; one of `commands`.
            is_factory: whether the object makes the application; not for a server that cannot be told.
            loop: one of `loops`; None for that which it chooses itself.
        """
        words, options = self.commands[interface], [] if loop is None else [str(self.loop_option), loop]
        if target.endswith(FACTORY_CALL) and self.factory not in {None, "call"}:
            target, is_factory = target.removesuffix(FACTORY_CALL), True
        if is_factory and self.factory == "call":
            target += FACTORY_CALL
        elif is_factory and self.factory is not None:
            options.append(self.factory)
        module, _, name = target.partition(":")
        filled = words.replace("{target}", " ".join([*options, "{target}"]))
        for key, value in (("target", target), ("module", module), ("object", name)):
            filled = filled.replace(f"{{{key}}}", shlex.quote(value))
        return filled

    def takes(self, target: str, *, is_factory: bool) -> bool:
        """Whether it can be told what to serve: an object, or what must be made first.

        Args:
            target: `module:object`, or with a call of that.
            is_factory: whether the object makes the application.
        """
        return self.factory is not None or not (is_factory or target.endswith(FACTORY_CALL))

    def package(self, installed: Collection[str]) -> str | None:
        """Return which of its distributions is among those that are installed; None for none.

        None as well if it needs others that are not there.
        """
        if not all(needed in installed for needed in self.needs):
            return None
        return next((package for package in self.packages if package in installed), None)

    def recorded(self, installed: Collection[str], framework: str = "") -> list[str]:
        """Return the distributions whose versions say how it serves.

        Args:
            installed: distributions; of those that it may do without, only these are recorded.
            framework: of the application; empty for none.
        """
        others = [name for name in self.extras if name in installed]
        served = [framework] if framework in installed else []
        return [*served, self.package(installed) or self.packages[0], *self.needs, *others]

    @property
    def distributions(self) -> list[str]:
        """All that it may consist of: what an interpreter is asked for."""
        of_loops = (name for names in self.loops.values() for name in names)
        return [*self.packages, *self.needs, *self.extras, *of_loops]

    @property
    def requirements(self) -> list[str]:
        """What pip is told to install."""
        return self.install or [*self.packages[:1], *self.needs]

    @property
    def install_command(self) -> str:
        """The command that brings it."""
        return f"pip install {shlex.join(self.requirements)}"

    def uses(self, placeholder: str, interface: str) -> bool:
        """Whether its command for an interface has a placeholder, such as `threads`."""
        return f"{{{placeholder}}}" in self.commands[interface]
