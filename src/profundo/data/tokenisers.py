"""Five ways to cut a text into pieces with a code each: words, characters, bytes, byte pairs, bases of a gene."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from ..errors import DataError, missing_extra
from ..schema import NEVER_SEEN, RESERVED, Tokens

WORD = re.compile(r"\d+(?:[.,:]\d+)*|\w+(?:['’-]\w+)*|[^\w\s]")
DIGIT = re.compile(r"\d")
UNKNOWN = "�"  # what a code that was never seen reads as
BYTES = tuple(f"{b:02x}" for b in range(256))
BASES = "ACGT"
COMPLEMENT = str.maketrans("ACGT", "TGCA")
NUCLEOTIDES = 0.8  # the share of a sequence's letters that are bases, from which it is no protein
USUAL = {"words": 20_000, "characters": 5_000, "bytes": 256, "bpe": 8_000, "bases": 4**8}
ONCE_FROM = 100  # texts from which a word that stands in the training part once gets no code: it trains NEVER_SEEN


class Tokeniser(Protocol):
    """One way to cut texts, with the vocabulary that was learnt. Codes are int32, from 4 up; 1 where none is known."""

    def codes(self, text: str) -> np.ndarray:
        """Return the code of every piece (n,)."""
        ...

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each piece begins and ends in the text; its pieces are those of `codes`."""
        ...

    def text(self, codes: Sequence[int]) -> str:
        """Return the text that such codes (all of them from 4 up, or 1) are of."""
        ...


@lru_cache(maxsize=16)
def tokeniser(kind: Tokens) -> Tokeniser:
    """Return the tokeniser of a kind, with its vocabulary."""
    made: dict[str, Callable[[Tokens], Tokeniser]] = {
        "words": Words,
        "characters": Characters,
        "bytes": Bytes,
        "bpe": BytePairs,
        "bases": Bases,
    }
    return made[kind.unit](kind)


class Words:
    """Words, numbers and signs; text comes back with the usual spaces between them.

    A number that is no word of the vocabulary is read as its shape, 07090 as 00000: that it is a telephone number says
    something, whose it is does not.
    """

    def __init__(self, kind: Tokens) -> None:
        self.kind = kind
        self.code = {word: code for code, word in enumerate(kind.vocabulary, RESERVED)}

    def codes(self, text: str) -> np.ndarray:
        """Return the code of every word."""
        found = self.code
        codes = [found[w] if w in found else found.get(shape(w), NEVER_SEEN) for w in words(text, self.kind.lower)]
        return np.array(codes, np.int32)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each word begins and ends."""
        return [match.span() for match in WORD.finditer(text)]

    def text(self, codes: Sequence[int]) -> str:
        """Join words: signs stand at the word before them, quotes open and close in turn."""
        return joined([piece(self.kind, code) for code in codes])


class Characters:
    """Single characters (code points)."""

    def __init__(self, kind: Tokens) -> None:
        self.kind = kind
        points = np.array([ord(c) for c in kind.vocabulary], np.int64)
        self.table = np.full(int(points.max(initial=0)) + 2, NEVER_SEEN, np.int32)  # the last: beyond the table
        self.table[points] = np.arange(RESERVED, RESERVED + len(points))

    def codes(self, text: str) -> np.ndarray:
        """Return the code of every character."""
        return self.table[np.minimum(points(lowered(text, self.kind.lower)), len(self.table) - 1)]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each character begins and ends."""
        return [(i, i + 1) for i in range(len(text))]

    def text(self, codes: Sequence[int]) -> str:
        """Join characters."""
        return "".join(piece(self.kind, code) for code in codes)


class Bytes:
    """The bytes of UTF-8: 256 of them, so that nothing is unknown."""

    def __init__(self, kind: Tokens) -> None:
        self.kind = kind

    def codes(self, text: str) -> np.ndarray:
        """Return the code of every byte."""
        raw = lowered(text, self.kind.lower).encode("utf-8", "replace")
        return np.frombuffer(raw, np.uint8).astype(np.int32) + RESERVED

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return for each byte where its character begins and ends."""
        return [(i, i + 1) for i, c in enumerate(text) for _ in c.encode("utf-8", "replace")]

    def text(self, codes: Sequence[int]) -> str:
        """Join bytes; those that are no UTF-8 read as unknown."""
        return bytes(code - RESERVED for code in codes if code >= RESERVED).decode("utf-8", "replace")


class BytePairs:
    """Byte pair encoding (Sennrich, Haddow and Birch 2016, 1508.07909) over bytes, by the tokenizers library."""

    def __init__(self, kind: Tokens) -> None:
        self.kind = kind
        library = tokenizers()
        vocabulary = {word: code for code, word in enumerate(kind.vocabulary)}
        pairs = [tuple(merge.split(" ")) for merge in kind.merges]
        self.model = library.Tokenizer(library.models.BPE(vocab=vocabulary, merges=pairs))
        self.model.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
        self.model.decoder = library.decoders.ByteLevel()

    def codes(self, text: str) -> np.ndarray:
        """Return the code of every piece."""
        return np.array(self.model.encode(lowered(text, self.kind.lower)).ids, np.int32) + RESERVED

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each piece begins and ends."""
        return list(self.model.encode(lowered(text, self.kind.lower)).offsets)

    def text(self, codes: Sequence[int]) -> str:
        """Join pieces."""
        return str(self.model.decode([code - RESERVED for code in codes if code >= RESERVED]))


class Bases:
    """The letters of a gene or a protein, or each run of `letters` of them; the runs overlap."""

    def __init__(self, kind: Tokens) -> None:
        self.kind = kind
        alphabet = sorted(set("".join(kind.vocabulary)))
        self.letter = np.zeros(256, np.int64)  # 0: a letter that is not of the alphabet
        self.letter[[ord(c) for c in alphabet]] = np.arange(1, len(alphabet) + 1)
        self.base = len(alphabet) + 1
        numbers = np.array([self.runs(word)[0] for word in kind.vocabulary], np.int64)
        self.order = np.argsort(numbers)
        self.sorted = numbers[self.order]

    def runs(self, text: str) -> np.ndarray:
        """Return a number for every run of letters."""
        raw = np.frombuffer(text.encode("latin-1", "replace"), np.uint8)
        letters, count = self.letter[raw], max(0, len(raw) - self.kind.letters + 1)
        found = np.zeros(count, np.int64)
        for place in range(self.kind.letters):
            found = found * self.base + letters[place : place + count]
        return found

    def codes(self, text: str) -> np.ndarray:
        """Return the code of every run."""
        if not len(self.sorted):
            return np.full(len(sequence(text)), NEVER_SEEN, np.int32)
        numbers = self.runs(sequence(text))
        place = np.minimum(np.searchsorted(self.sorted, numbers), len(self.sorted) - 1)
        codes = self.order[place] + RESERVED
        return np.where(self.sorted[place] == numbers, codes, NEVER_SEEN).astype(np.int32)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each run begins and ends."""
        places = [i for i, c in enumerate(text) if not c.isspace()]
        last = self.kind.letters - 1
        return [(places[i], places[i + last] + 1) for i in range(len(places) - last)]

    def text(self, codes: Sequence[int]) -> str:
        """Return the letters: the first run, then the last letter of each other."""
        runs = [piece(self.kind, code) for code in codes]
        return "".join([run if i == 0 else run[-1] for i, run in enumerate(runs)])


def piece(kind: Tokens, code: int) -> str:
    """Return the text of a code."""
    return kind.vocabulary[code - RESERVED] if code >= RESERVED else UNKNOWN


def lowered(text: str, lower: bool) -> str:
    """Return the text in small letters where asked, a character for each character."""
    if not lower:
        return text
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def words(text: str, lower: bool) -> list[str]:
    """Cut into words, numbers and signs."""
    return WORD.findall(lowered(text, lower))


def shape(word: str) -> str:
    """Return a number with 0 for every digit, and any other word as it is."""
    return DIGIT.sub("0", word) if word[0].isdigit() else word


def points(text: str) -> np.ndarray:
    """Return the code point of every character (n,) int32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)


def sequence(text: str) -> str:
    """Return a gene as capital letters, without spaces, U (of RNA) as T where it can be no protein."""
    letters = "".join(text.split()).upper()
    return letters.replace("U", "T") if set(letters) <= set("ACGUN") else letters


def reverse_complement(text: str) -> str:
    """Return the other strand of a gene, read from its own beginning."""
    return sequence(text).translate(COMPLEMENT)[::-1]


CLOSING = frozenset(".,!?;:)]}%’”»…")
OPENING = frozenset("([{“«„$€£#@")


def joined(pieces: Iterable[str]) -> str:
    """Join words and signs with the usual spaces."""
    text, tight, quotes = "", True, 0
    for word in pieces:
        closes = word in CLOSING
        if word == '"':
            closes, quotes = quotes % 2 == 1, quotes + 1
        text += word if tight or closes else f" {word}"
        tight = word in OPENING or (word == '"' and not closes) or word == "/"
    return text


def learn(kind: Tokens, texts: Sequence[str], vocabulary: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (vocabulary, merges) of texts: the most frequent pieces, at most so many, in a settled order."""
    most = vocabulary or USUAL[kind.unit]
    match kind.unit:
        case "bytes":
            return BYTES, ()
        case "bpe":
            return learn_pairs(texts, most, kind.lower)
        case "words":
            counts = Counter(word for text in texts for word in words(text, kind.lower))
            least = 2 if len(texts) >= ONCE_FROM else 1
            for word in [w for w, n in counts.items() if n < least and w[0].isdigit()]:
                counts[shape(word)] += counts[word]
            kept = frequent({w: n for w, n in counts.items() if n >= least} or counts, most)
            return tuple(kept), ()
        case "characters":
            counts = Counter()
            for text in texts:
                counts.update(lowered(text, kind.lower))
            return tuple(sorted(frequent(counts, most))), ()
    letters = alphabet(texts)
    counts = Counter(run for text in texts for run in known_runs(kind, text, letters))
    return tuple(sorted(frequent(counts, most))), ()


def frequent(counts: dict[str, int], most: int) -> list[str]:
    """Return the most frequent pieces, the first in the alphabet among equals."""
    return sorted(counts, key=lambda word: (-counts[word], word))[:most]


def alphabet(texts: Iterable[str]) -> frozenset[str]:
    """Return the letters of genes, A C G T; or those of proteins, where many letters are no bases."""
    counts = Counter(c for text in texts for c in sequence(text))
    total = sum(counts.values())
    if sum(counts[c] for c in BASES + "N") >= NUCLEOTIDES * total:
        return frozenset(BASES)
    wrong = [c for c in counts if not (c.isascii() and c.isalpha())]
    if sum(counts[c] for c in wrong) > 0.05 * total:
        raise DataError(
            f"the texts are no sequences of bases or amino acids: they hold {', '.join(map(repr, wrong[:5]))}. "
            "Use another --tokens: words, characters, bytes or bpe."
        )
    return frozenset(c for c in counts if c.isascii() and c.isalpha())


def known_runs(kind: Tokens, text: str, letters: frozenset[str]) -> Iterator[str]:
    """Yield the runs of letters of a text that are all of the alphabet, on both strands where the kind has them."""
    for whole in (sequence(text), reverse_complement(text))[: kind.strands]:
        for i in range(len(whole) - kind.letters + 1):
            run = whole[i : i + kind.letters]
            if letters.issuperset(run):
                yield run


def learn_pairs(texts: Sequence[str], most: int, lower: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Learn byte pair encoding; the pieces are written as bytes that can be printed, a space as Ġ."""
    import json

    library = tokenizers()
    model = library.Tokenizer(library.models.BPE())
    model.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = library.trainers.BpeTrainer(
        vocab_size=max(256, most),
        show_progress=False,
        initial_alphabet=sorted(library.pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=2,
    )
    model.train_from_iterator((lowered(text, lower) for text in texts), trainer)
    learnt = json.loads(model.to_str())["model"]
    vocabulary = sorted(learnt["vocab"], key=learnt["vocab"].__getitem__)
    return tuple(vocabulary), tuple(m if isinstance(m, str) else " ".join(m) for m in learnt["merges"])


def tokenizers() -> Any:
    """Return the tokenizers library, with one thread: its threads do not survive a fork, and it says so each time."""
    import os

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import tokenizers as library
    except ImportError as error:
        raise missing_extra("tokenizers", "text", "byte pair encoding (--tokens bpe)") from error
    return library
