"""Marks of a text, letter by letter."""

from profundo.outcomes.marks import MARKS, marks

TEXT = 'AB "c d" e.\n(f 12)\n\n"g'


def test_marks_are_those_of_the_text():
    found = marks(TEXT)
    assert found.keys() == MARKS.keys() and all(len(v) == len(TEXT) for v in found.values())
    inside = [c for c, q in zip(TEXT, found["quotes"], strict=True) if q]
    assert "".join(inside) == '"c d"g'
    assert "".join(c for c, b in zip(TEXT, found["brackets"], strict=True) if b) == "(f 12"
    assert "".join(c for c, d in zip(TEXT, found["digits"], strict=True) if d) == "12"
    assert "".join(c for c, d in zip(TEXT, found["capitals"], strict=True) if d) == "B"
    assert found["line"].tolist()[TEXT.index("(") :][:4] == [1, 2, 3, 4]
    assert found["paragraph"][-1] == 0 and found["paragraph"][TEXT.index("(")] == 1


def test_a_blank_line_closes_quotes_and_brackets():
    found = marks('"open (\n\nafter')
    assert not found["quotes"][-5:].any() and not found["brackets"][-5:].any()
