"""Balance: how the load's connections and answers were spread over the processes that served them.

The load generator knows how many answers came on each of its connections, and the kernel which process holds the other
end. That is exact where the load speaks to those processes itself. Behind a proxy only the connections are known.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rush_hour.load.share import OpenConnection
from rush_hour.results.resources import Role
from rush_hour.rig.watch.accepted import (
    Ends,
    accepted_unix_inodes,
    end_of,
    single_holders,
    socket_inodes,
    tcp_inodes,
)

PLACED_RATIO = 0.95  # of a run's answers, that must be on connections whose holders are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The load's connections that a process held at the end.

    Attributes:
        answers: that came on them; None where that is not known.
    """

    connections: int
    answers: int | None


Balance = Mapping[Role, Mapping[int, Held]]  # by role and process id


def find_balance(connections: Iterable[OpenConnection], processes: Mapping[Role, Sequence[int]]) -> Balance:
    """Return what each process holds of the load's connections, which are open.

    Args:
        connections: of the load generator.
        processes: ids of each role's processes.

    Returns:
        Only roles of which a process holds some, and of those the processes that may be looked at.
    """
    sockets = {role: socket_inodes(process_ids) for role, process_ids in processes.items()}
    readable = {process_id: inodes for of_role in sockets.values() for process_id, inodes in of_role.items()}
    if not readable:
        return {}
    holders, network = single_holders(readable), next(iter(readable))
    placed = place(connections, tcp_inodes(network), holders)
    none = Held(connections=0, answers=0)
    balance: dict[Role, Mapping[int, Held]] = {
        role: {process_id: placed.get(process_id, none) for process_id in of_role}
        for role, of_role in sockets.items()
        if not placed.keys().isdisjoint(of_role)
    }
    if "proxy" in balance and "server" not in balance:
        behind = Counter(holders[inode] for inode in accepted_unix_inodes(network) & holders.keys())
        of_server = {process_id: Held(connections=behind[process_id], answers=None) for process_id in sockets["server"]}
        if any(held.connections for held in of_server.values()):
            balance["server"] = of_server
    return balance


def place(
    connections: Iterable[OpenConnection], inodes: Mapping[Ends, int], holders: Mapping[int, int]
) -> dict[int, Held]:
    """Return what each process holds of the load's connections. Pure.

    Args:
        connections: of the load generator; some may be held by nobody that is known.
        inodes: of sockets, by their ends.
        holders: the process that holds a socket, by inode.
    """
    counts, answers = Counter[int](), Counter[int]()
    for connection in connections:
        inode = inodes.get((end_of(connection.peer), end_of(connection.own)))
        if inode is not None and (process_id := holders.get(inode)) is not None:
            counts[process_id] += 1
            answers[process_id] += connection.answers
    return {process_id: Held(connections=count, answers=answers[process_id]) for process_id, count in counts.items()}


def without_doubtful_answers(balance: Balance, answers: int) -> Balance:
    """Return a balance without answers where too few of the run's are placed. Pure.

    Args:
        balance: what each process held at the end.
        answers: of the whole run.
    """
    return {role: _with_sound_answers(of_role, answers) for role, of_role in balance.items()}


def _with_sound_answers(of_role: Mapping[int, Held], answers: int) -> Mapping[int, Held]:
    placed = sum(held.answers or 0 for held in of_role.values())
    if placed and placed >= PLACED_RATIO * answers:
        return of_role
    return {process_id: replace(held, answers=None) for process_id, held in of_role.items()}
