"""From where files are imported; the cases are in `test_candidates.py`."""

import ast
from pathlib import PurePosixPath

import pytest
from rig.source_files import sources_of

from rush_hour.rig.detect import import_roots
from rush_hour.rig.detect.import_roots import ImportRoots


def test_each_file_is_looked_through_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[ast.Module] = []
    look = import_roots._imported

    def noting(tree: ast.Module) -> tuple[set[str], int]:
        looked_at.append(tree)
        return look(tree)

    monkeypatch.setattr(import_roots, "_imported", noting)
    trees = sources_of(**{f"a__b__c{number}__module": "from . import other" for number in range(30)}).trees

    roots = ImportRoots(trees)
    modules = [roots.module_of(path) for path in trees]

    assert looked_at == list(trees.values())
    assert modules[0] == (PurePosixPath("a/b"), "c0.module")


def test_a_relative_name_reaches_as_far_as_it_has_dots() -> None:
    trees = sources_of(a__b__c__two="from .. import x", a__b__d__one="from . import x").trees

    assert [ImportRoots(trees).module_of(path) for path in trees] == [
        (PurePosixPath("a"), "b.c.two"),
        (PurePosixPath("a"), "b.d.one"),
    ]
