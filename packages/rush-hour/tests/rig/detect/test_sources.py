from pathlib import Path, PurePosixPath

from rush_hour.rig.detect.sources import FILE_BYTES, parse, read_sources


def test_python_files_are_read_as_deep_as_packages_are(tmp_path: Path) -> None:
    for name in ("main.py", "src/shop/main.py", "a/b/c/deep.py", "a/b/c/d/too_deep.py", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1")

    assert {str(path) for path in read_sources(tmp_path).trees} == {"main.py", "src/shop/main.py", "a/b/c/deep.py"}


def test_environments_tests_and_what_is_hidden_or_large_are_left_out(tmp_path: Path) -> None:
    names = (
        "kept.py",
        "environment/x.py",
        "tests/x.py",
        ".hidden/x.py",
        "test_x.py",
        "conftest.py",
        "node_modules/x.py",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1")
    (tmp_path / "environment" / "pyvenv.cfg").touch()
    (tmp_path / "large.py").write_bytes(b"#" * (FILE_BYTES + 1))

    assert [str(path) for path in read_sources(tmp_path).trees] == ["kept.py"]


def test_a_directory_that_links_to_one_above_ends(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = 1")
    (tmp_path / "again").symlink_to(tmp_path)

    assert len(read_sources(tmp_path).trees) == 1


def test_what_cannot_be_parsed_is_kept_with_its_reason() -> None:
    sources = parse({PurePosixPath("a.py"): b"def f(:", PurePosixPath("b.py"): b"\0", PurePosixPath("c.py"): b"x = 1"})

    assert list(sources.trees) == [PurePosixPath("c.py")]
    assert {str(path): why for path, why in sources.broken.items()} == {
        "a.py": "invalid syntax in line 1",
        "b.py": "source code string cannot contain null bytes",
    }
