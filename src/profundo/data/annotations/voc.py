"""Pascal VOC's XML (Everingham et al. 2010), one file a picture."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ..pictures import printable
from .faults import BROKEN, ENTRY, NOT_A_NUMBER, UNKNOWN_CLASS, Faults
from .index import Index
from .table import Table

LARGEST = 16 << 20  # bytes of an XML file
SIDES = ("xmin", "ymin", "xmax", "ymax")
WORD = "object"


class Refused(ValueError):
    """The XML is not one that is read."""


def read_voc(parts: Sequence[tuple[list[Path], Index, str]], table: Table, faults: Faults) -> bool:
    """Add the pictures and objects of XML files to a table of pixels, and say whether their pixels count from 1.

    `parts` are the files, the pictures and the name of each official part. VOC counts pixels from 1 and includes the
    last one, so that x1 = xmin - 1 and x2 = xmax here. Files that hold a 0 are by programs that count from 0, and all
    are taken as they are. Objects marked difficult become crowds: finding them is neither right nor wrong, as in VOC's
    own scoring. The labels are in the order of the alphabet.
    """
    trees = [
        (file, tree, index, split)
        for files, index, split in parts
        for file in files
        if (tree := read_xml(file, faults)) is not None
    ]
    boxes = [box for _, tree, *_ in trees for box in tree.iter("bndbox")]
    first = 0 if any(is_zero(box.findtext(side)) for box in boxes for side in SIDES[:2]) else 1
    for name in sorted({t.strip() for _, tree, *_ in trees for o in tree.iter("object") if (t := o.findtext("name"))}):
        table.code(name)
    for file, tree, index, split in trees:
        source = f"{file.parent.name}/{printable(file.name)}"
        name = (tree.findtext("filename") or file.stem).strip()
        found = index.stem(file.stem) or index.find(name, source, faults)
        place = None if found is None else table.add_picture(found, split, claimed(tree), source, faults)
        if place is None:
            continue
        for number, entry in enumerate(tree.findall("object"), 1):
            add_object(source, number, entry, (place, first), table, faults)
    return first == 1


def read_xml(file: Path, faults: Faults) -> Element | None:
    """Read an XML file without document types and entities; a fault with line and column, and None, where it is none.

    The picture of a broken file is left out, for nothing is known about it.
    """
    source = f"{file.parent.name}/{printable(file.name)}"
    try:
        if file.stat().st_size > LARGEST:
            raise Refused(f"it has {file.stat().st_size:,} bytes; the limit is {LARGEST:,}")
        root = parse(file.read_bytes())
        if root.tag != "annotation":
            raise Refused(f"its outermost element is {printable(root.tag)!r}, not 'annotation'")
        return root
    except expat.ExpatError as error:
        place = f"{source}, line {error.lineno}, column {error.offset + 1}"
        faults.add(BROKEN, place, f"broken XML ({expat.ErrorString(error.code)})")
    except (Refused, OSError, ValueError, LookupError) as error:
        faults.add(BROKEN, source, str(error))
    return None


def parse(data: bytes) -> Element:
    """Return the outermost element. Raises Refused for a document type, which is where entities are declared."""

    def refuse(*_: object) -> None:
        raise Refused("it declares a document type; XML with entities is not read")

    builder, parser = TreeBuilder(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.Parse(data, True)
    return builder.close()


def add_object(source: str, number: int, entry: Element, known: tuple[int, int], table: Table, faults: Faults) -> None:
    """Add one object of the picture at a place; `known` is (place, the number of the first pixel)."""
    where = f"{source}, {WORD} {number}"
    name = (entry.findtext("name") or "").strip()
    box = entry.find("bndbox")
    if not name:
        faults.add(UNKNOWN_CLASS, where, "it has no name")
        return
    if box is None:
        faults.add(ENTRY, where, "it has no bndbox")
        return
    try:
        x1, y1, x2, y2 = (float(box.findtext(side) or "") for side in SIDES)
    except ValueError:
        shown = ", ".join(printable(str(box.findtext(side))) for side in SIDES)
        faults.add(NOT_A_NUMBER, where, f"the bndbox {shown} is not four numbers")
        return
    place, first = known
    if x2 > x1 and y2 > y1:  # a box of no pixels stays one: 7..7 is a click, not an object of one pixel
        x1, y1 = x1 - first, y1 - first
    difficult = (entry.findtext("difficult") or "0").strip() in ("1", "true", "True")
    table.add(place, table.code(name), (x1, y1, x2, y2), (source, number), crowd=difficult)


def is_zero(text: str | None) -> bool:
    """Say whether a coordinate counts from 0."""
    try:
        return text is not None and -1 < float(text) < 1
    except ValueError:
        return False


def claimed(tree: Element) -> tuple[int, int] | None:
    """Return height and width as the file says, None where it does not, or says 0."""
    try:
        height, width = (int(float(tree.findtext(f"size/{side}") or "")) for side in ("height", "width"))
    except (ValueError, OverflowError):
        return None
    return (height, width) if height > 0 and width > 0 else None
