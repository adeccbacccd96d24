"""The answer about a machine, and what documents have of it."""

from dataclasses import replace

from judge.health.made_machines import FIT, machine, noisy

from rush_hour.judge.health.checkup import examine, health_of
from rush_hour.judge.health.facts import Facts, MachineState, Turbo
from rush_hour.results.health import Health


def test_a_fit_machine_measures_well() -> None:
    checkup = examine(machine())

    assert checkup.sentence == "This machine measures well."
    assert not checkup.hinders
    assert {diagnosis.verdict for diagnosis in checkup.diagnoses} == {"fine"}


def test_what_is_in_the_way_is_named_first_then_what_is_to_be_known_then_what_is_unknown() -> None:
    one = machine(governors={"powersave": 8})
    two = machine(governors={"powersave": 8}, somaxconn=128)
    more = machine(governors={}, quota_cores=1.5, turbo=Turbo(is_on=True, off_command=""), clock=None)

    assert examine(one).sentence == "This machine measures well, but for 1 thing: frequency governor."
    assert examine(two).sentence == (
        "This machine measures well, but for 2 things: frequency governor and accept queue (somaxconn)."
    )
    assert examine(more).sentence == (
        "This machine measures well, but for 1 thing: CPU quota; 1 thing more to know: turbo. "
        "Unknown: frequency governor and clock."
    )
    assert examine(noisy(p99_9_floor_us=2000.0)).sentence == (
        "This machine measures well; 1 thing to know: pauses of cores."
    )


def test_of_a_machine_with_much_in_the_way_it_is_not_said_that_it_measures_well() -> None:
    checkup = examine(machine(governors={"powersave": 8}, somaxconn=128, quota_cores=1.5))

    assert checkup.hinders
    assert checkup.sentence == (
        "This machine does not measure well, for 3 reasons: CPU quota, frequency governor and accept queue (somaxconn)."
    )


def test_what_is_not_told_is_never_fine() -> None:
    checkup = examine(Facts(state=MachineState(cores=8, tells_quota=False)))

    found = {diagnosis.code: diagnosis.verdict for diagnosis in checkup.diagnoses}
    told = {"cores", "open-files"}  # which every process is told
    assert {code for code, verdict in found.items() if verdict == "fine"} == told
    assert {verdict for code, verdict in found.items() if code not in told} == {"unknown"}


def test_documents_have_what_looking_finds() -> None:
    state = replace(FIT, governors={"schedutil": 2, "performance": 6}, steal_ratio=0.02, quota_cores=2.0)

    assert health_of(state) == Health(
        governor="performance, schedutil",
        turbo=False,
        steal_ratio=0.02,
        hinders={
            "cpu-quota": "CPU quota 2 of 8 cores",
            "governor": "frequency governor performance (6), schedutil (2)",
            "steal": "steal 2.0 % since boot",
        },
    )
    assert health_of(replace(FIT, governors={}, turbo=None, steal_ratio=None)) == Health()
    assert health_of(FIT).hinders == {}
