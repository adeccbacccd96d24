"""What is compared with what, and under which names."""

from dataclasses import replace

from compared_systems import repeated
from made_systems import Maker, bench, system

from rush_hour.judge.compare.side import Named, sides_of
from rush_hour.results.document import Document


def names_of(first: Named, second: Named) -> list[tuple[str, str]]:
    return [(one.name, other.name) for one, other in sides_of(first, second)]


def document(make: Maker, *names: str, label: str | None = None) -> Document:
    return bench(*(repeated(make, name, 1000) for name in names), label=label)


def test_systems_of_the_same_name_are_compared(make: Maker) -> None:
    first = Named(text="main", document=document(make, "a", "b", "c"))
    second = Named(text="branch", document=document(make, "c", "b", "d"))

    assert names_of(first, second) == [("b (main)", "b (branch)"), ("c (main)", "c (branch)")]


def test_of_one_system_each_names_need_not_be_the_same(make: Maker) -> None:
    made = document(make, "a", "b")

    assert names_of(
        Named(text="x", document=made, system="a"), Named(text="x", document=made, system="b")
    ) == [("a", "b")]  # fmt: skip
    assert names_of(Named(text="x", document=made), Named(text="y", document=document(make, "c"))) == []


def test_documents_of_one_system_are_called_by_what_tells_them_apart(make: Maker) -> None:
    plain, before = document(make, "a"), document(make, "a", label="before")
    after, other = document(make, "a", label="after"), document(make, "a", "b")

    assert names_of(Named(text="x", document=before), Named(text="y", document=after)) == [("before", "after")]
    assert names_of(Named(text="x", document=plain), Named(text="y", document=document(make, "a"))) == [("x", "y")]
    branch = document(make, "b", label="branch")
    assert names_of(Named(text="x", document=before), Named(text="y", document=branch)) == [("before", "branch")]
    assert names_of(Named(text="x", document=plain), Named(text="y", document=branch)) == [("a", "b")]
    assert names_of(Named(text="x", document=plain), Named(text="x", document=other, system="a")) == [
        ("a (1)", "a (2)")
    ]


def test_a_run_without_a_block_is_of_the_block_of_its_place(make: Maker) -> None:
    runs = [make.run(), make.run(trusted=False), make.run()]
    made = bench(system("a", *runs), system("b", *(replace(run, block=7 - at) for at, run in enumerate(runs))))
    [(one, other)] = sides_of(Named(text="", document=made, system="a"), Named(text="", document=made, system="b"))

    assert list(one.run_of_block()) == [1, 3]
    assert list(other.run_of_block()) == [7, 5]
