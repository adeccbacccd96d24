import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.sql_text import kind_of


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT  *\nFROM t1 -- hi\n WHERE a = 'x''y';\n", "SELECT * FROM t1 WHERE a = ?"),
        ("/* from=/agents */ SELECT 1.5e-3, -2, 0x1F", "SELECT ?, -?, ?"),
        ("SELECT $1, $2::int", "SELECT ?, ?::int"),
        ("SELECT * FROM t WHERE id IN (1, 2,3)", "SELECT * FROM t WHERE id IN (?, ...)"),
        ("SELECT * FROM t WHERE id IN (1, 2", "SELECT * FROM t WHERE id IN (?, ?"),
        (r"SELECT E'it\'s', U&'\0061', B'1', n'x'", "SELECT ?, ?, ?, ?"),
        ("DO $$ BEGIN END $$; DO $body$ 'x' $body$", "DO ?; DO ?"),
        ('SELECT "a ""b"" 1" FROM t2.x$1', 'SELECT "a ""b"" 1" FROM t2.x$1'),
        ("SELECT 'cut", "SELECT ?"),
        ("SELECT E'cut\\", "SELECT ?"),
        ("SELECT $x$ cut", "SELECT ?"),
        ("SELECT a /* cut", "SELECT a"),
        ("-- nothing", ""),
        ("", ""),
        ("a, " * 200, "a, " * 100 + "..."),
    ],
)
def test_statements_of_one_kind_have_one_text(statement: str, kind: str) -> None:
    assert kind_of(statement) == kind


@given(st.text(), st.booleans(), st.booleans())
def test_no_constant_is_in_a_kind(secret: str, is_escaped: bool, is_cut: bool) -> None:
    quoted = secret.replace("'", "''")
    literal = "E'" + quoted.replace("\\", "\\\\") if is_escaped else "'" + quoted

    assert kind_of(f"a = {literal}" if is_cut else f"a = {literal}' AND b") == ("a = ?" if is_cut else "a = ? AND b")


@given(st.text(alphabet="$'\\-/*a1eE?, ;\n(", max_size=40))
def test_whatever_is_no_sql_has_a_kind_without_quotes(statement: str) -> None:
    assert "'" not in kind_of(statement)
