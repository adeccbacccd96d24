"""The options of commands that read results, each declared once, with the words of its help."""

from cyclopts import Parameter

from rush_hour.commands.options import flag, read_with
from rush_hour.units import parse_count, parse_percent

RESULT_FILES = Parameter(name="FILE", help="Result file, or the directory of a bench.")
FORMAT = Parameter(
    name="--format",
    help="A page (by default), what a terminal shows, GitHub's Markdown, a row for each run, or the result.",
)
REPORT_FILE = Parameter(
    name=["--output", "-o"],
    allow_leading_hyphen=True,
    metavar="FILE",
    help="File to write; - is standard output. By default a page goes beside the first result; all else is printed.",
)
OPEN = flag("--open", "Show the page in a browser.")

COMPARED = Parameter(help="Result file or directory of a bench; behind a colon a system of it, such as main:api-hour.")
MARGIN = Parameter(
    name="--margin",
    metavar="PERCENT",
    show_default=lambda ratio: f"{100 * ratio:g}%",
    converter=read_with(parse_percent, "--margin"),
    help="Up to which difference systems are the same.",
)
COMPARISON_FORMAT = Parameter(
    name="--format", help="What a terminal shows (by default), GitHub's Markdown, or a page of both."
)
COMPARISON_FILE = Parameter(
    name=["--output", "-o"],
    allow_leading_hyphen=True,
    metavar="FILE",
    help="File to write; - is standard output. By default a page is comparison.html; all else is printed.",
)

CHECKED = Parameter(
    help="Result file or directory of a bench; behind a colon a system of it, such as results:api-hour."
)
REQUIRE = Parameter(
    name="--require",
    negative="",
    metavar="OBJECTIVE",
    show_default=False,
    help="What must hold, such as 'p99 < 100ms, good >= 99.9%'; may be repeated.",
)
BASELINE = Parameter(
    name="--baseline",
    metavar="DOCUMENT",
    help="Result that 'p99 <= baseline * 1.05' and the like compare with, or behind a colon a system of one.",
)
GITHUB = flag("--github", "In a workflow of GitHub: make annotations, and add to the job summary.")
JUNIT_FILE = Parameter(name="--junit", metavar="FILE", help="File to write JUnit's XML to.")
MARKDOWN_FILE = Parameter(name="--markdown", metavar="FILE", help="File to write GitHub's Markdown to.")
CHECK_JSON_FILE = Parameter(name="--json", metavar="FILE", help="File to write what became of each requirement to.")
SMALLER_FILE = Parameter(
    name="--smaller-is-better",
    metavar="FILE",
    help="File to write durations, errors and memory to, for github-action-benchmark (customSmallerIsBetter).",
)
BIGGER_FILE = Parameter(
    name="--bigger-is-better",
    metavar="FILE",
    help="File to write good answers to, for github-action-benchmark (customBiggerIsBetter).",
)
BENCHER_FILE = Parameter(name="--bencher", metavar="FILE", help="File to write Bencher's metric format to.")

HISTORY_DIRECTORY = Parameter(name="DIR", help="Directory: all result files below it, however deep.")
HISTORY_SYSTEM = Parameter(name="--system", negative="", metavar="NAME", help="A system; may be given several times.")
HISTORY_LABEL = Parameter(name="--label", negative="", metavar="TEXT", help="A label; may be given several times.")
HISTORY_METRIC = Parameter(
    name="--metric",
    negative="",
    metavar="NAME",
    help="goodput, p50, p99, p99.9, cpu, memory or capacity; may be given several times.",
)
HISTORY_LAST = Parameter(
    name="--last",
    metavar="NUMBER",
    converter=read_with(parse_count, "--last"),
    help="Only so many of the newest documents of each series.",
)
WITH_UNTRUSTED = flag("--untrusted", "Take figures that cannot be trusted, too; otherwise they are counted.")
NEW_WITHIN = Parameter(
    name="--new-within",
    metavar="NUMBER",
    converter=read_with(parse_count, "--new-within"),
    help="A change is new while there are no more documents behind it.",
)
FAIL_ON_NEW_CHANGE = flag(
    "--fail-on-new-change",
    "Exit with 1 for a new change for the worse that a rerun of one commit confirms, 4 where a rerun must tell.",
)
HISTORY_FORMAT = Parameter(name="--format", help="What a terminal shows (by default), GitHub's Markdown, a page, JSON.")
HISTORY_FILE = Parameter(
    name=["--output", "-o"],
    allow_leading_hyphen=True,
    metavar="FILE",
    help="File to write; - is standard output. By default a page is history.html; all else is printed.",
)

IMPORTED_FILES = Parameter(name="FILE", help="What another load generator wrote or printed.")
IMPORT_FILE = Parameter(
    name=["--output", "-o"],
    allow_leading_hyphen=True,
    metavar="FILE",
    help="File to write the result to; - is standard output, and then nothing else is printed.",
)
