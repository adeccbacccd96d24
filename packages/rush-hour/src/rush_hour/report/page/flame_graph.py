"""A flame graph of a profile, as SVG within a page: callers above what they called, as wide as they were seen.

It has presentation attributes only, no script, no style and nothing from elsewhere, so that a strict Content Security
Policy lets it be. Every box has its own background and dark text on it, for light and dark pages. Names come from the
program that was sampled: all are escaped.

Pure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from markupsafe import Markup, escape

from rush_hour.credentials import printable
from rush_hour.results.evidence import Profile

WIDTH = 1200.0  # of the picture, in CSS pixels, like all that follow
ROW_HEIGHT = 18.0
GAP = 1.0
PADDING = 4.0
FONT_SIZE = 11.0
CHARACTER_WIDTH = 6.7  # of a monospaced font of that size
LEAST_RATIO = 0.002  # of the width; what is narrower cannot be seen
LEAST_CHARACTERS = 4  # that are worth a text
DEPTH_LIMIT = 64
BOXES_LIMIT = 300  # the widest: 45 KB; a page has a picture for each system
INK = "#1c1917"
FILLS = ("#f4cf8e", "#f6c177", "#eeb06a", "#efa98a", "#e6bf63", "#f0b9a0")  # INK on each: contrast above 8 to 1


@dataclass(slots=True)
class Node:
    """A frame below those that called it, and in how many samples it was seen there."""

    name: str
    samples: int = 0
    below: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node's place: its left edge and its width as shares of the whole, and its row, from 0."""

    node: Node
    left_ratio: float
    width_ratio: float
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFrame:
    """A frame, and the shares of the samples, from 0 to 1.

    Attributes:
        own_ratio: in which it was the innermost.
        total_ratio: in which it was anywhere in the stack.
    """

    name: str
    own_ratio: float
    total_ratio: float


def flame_graph(profile: Profile, width: float = WIDTH) -> str:
    """Return an `svg` element; an empty text for a profile without samples.

    Args:
        profile: what was sampled.
        width: of the picture, in CSS pixels.
    """
    root = _tree(profile)
    if not root.samples:
        return ""
    boxes = _widest(_boxes(root))
    rows = 1 + max(box.row for box in boxes)
    height = rows * ROW_HEIGHT
    label = f"Flame graph of process {profile.pid} ({printable(profile.name)}): {root.samples:,} samples"
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="flame-graph" role="img" aria-label="{}" width="{}" height="{}" '
        'viewBox="0 0 {} {}" font-family="ui-monospace, monospace" font-size="{}" fill="{}">'
    ).format(label, _px(width), _px(height), _px(width), _px(height), _px(FONT_SIZE), INK)
    return str(head + Markup("").join(_drawn(box, width, root.samples) for box in boxes) + Markup("</svg>"))


def hottest(profile: Profile, limit: int = 10) -> list[HotFrame]:
    """Return the frames in which most time was spent, the most first: the flame graph as a table.

    Args:
        profile: what was sampled.
        limit: how many at most.
    """
    own, anywhere = Counter[str](), Counter[str]()
    for stack in profile.stacks:
        if stack.frames and stack.samples > 0:
            own[stack.frames[-1]] += stack.samples
            anywhere.update(dict.fromkeys(stack.frames, stack.samples))
    samples = max(profile.samples, own.total())
    return [
        HotFrame(name=name, own_ratio=count / samples, total_ratio=anywhere[name] / samples)
        for name, count in own.most_common(limit)
    ]


def _tree(profile: Profile) -> Node:
    root = Node("all")
    for stack in profile.stacks:
        if stack.samples <= 0:
            continue
        root.samples += stack.samples
        node = root
        for name in stack.frames[: DEPTH_LIMIT - 1]:
            node = node.below.setdefault(name, Node(name))
            node.samples += stack.samples
    return root


def _boxes(root: Node) -> Iterator[Box]:
    """Yield the boxes that are wide enough, each before those below it, siblings in the order of their names."""
    waiting = [Box(node=root, left_ratio=0.0, width_ratio=1.0, row=0)]
    while waiting:
        box = waiting.pop()
        yield box
        left_ratio = box.left_ratio
        for name in sorted(box.node.below):
            node = box.node.below[name]
            width_ratio = node.samples / root.samples
            if width_ratio >= LEAST_RATIO:
                waiting.append(Box(node=node, left_ratio=left_ratio, width_ratio=width_ratio, row=box.row + 1))
            left_ratio += width_ratio


def _widest(boxes: Iterable[Box]) -> list[Box]:
    """Return as many boxes as there is room for; of those that call one another, the caller is never the narrower."""
    return sorted(boxes, key=lambda box: (-box.width_ratio, box.row))[:BOXES_LIMIT]


def _drawn(box: Box, width: float, samples: int) -> Markup:
    name = printable(box.node.name)
    left, top, wide = box.left_ratio * width, box.row * ROW_HEIGHT, max(0.0, box.width_ratio * width - GAP)
    tone = 0 if box.row == 0 else crc32(_file_of(name).encode("utf-8", "replace")) % len(FILLS)
    title = f"{name}: {box.node.samples:,} samples, {box.node.samples / samples:.1%}"
    shape = Markup(
        '<g><title>{}</title><rect class="flame-{}" x="{}" y="{}" width="{}" height="{}" fill="{}"/>'
    ).format(title, tone, _px(left), _px(top), _px(wide), _px(ROW_HEIGHT - GAP), FILLS[tone])
    text = _fitting(name, wide - 2 * PADDING)
    if text:
        shape += Markup('<text x="{}" y="{}">{}</text>').format(
            _px(left + PADDING), _px(top + ROW_HEIGHT - 5.5), escape(text)
        )
    return shape + Markup("</g>")


def _file_of(name: str) -> str:
    """Return what frames of the same file have in common, and so their colour."""
    return name.rpartition("(")[2].rpartition(":")[0]


def _fitting(name: str, width: float) -> str:
    """Return as much of a name as there is room for; nothing where that is next to nothing."""
    characters = int(width / CHARACTER_WIDTH)
    if characters < LEAST_CHARACTERS:
        return ""
    return name if len(name) <= characters else f"{name[: characters - 1]}…"


def _px(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")
