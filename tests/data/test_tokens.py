"""Text as codes: what comes back, what was never seen, both strands, and the errors."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profundo.data.tokenisers import UNKNOWN, reverse_complement
from profundo.data.tokens import decode, encode_stream, encode_texts, fit_tokens, spans
from profundo.errors import DataError, UsageError
from profundo.schema import BEGINNING, END, NEVER_SEEN, Tokens, kind_from_dict, kind_to_dict

TEXTS = ["Free entry in 2 a weekly competition!", "don't call", "", "Ok lar... Joking wif u oni", "naïve café, 3.50 €"]


@pytest.mark.parametrize("unit", ["characters", "bytes", "bpe"])
def test_what_was_encoded_comes_back(unit: str) -> None:
    kind = fit_tokens(TEXTS, unit)
    codes, unseen = encode_texts(kind, TEXTS)
    assert [decode(kind, row) for row in codes] == TEXTS
    assert codes.dtype == np.int32
    assert unseen.sum() == 0


def test_words_come_back_with_usual_spaces() -> None:
    text = 'He said "no way" (twice), didn\'t he? The well-known price: $3.50.'
    kind = fit_tokens([text], "words")
    assert decode(kind, encode_texts(kind, [text])[0][0]) == text


def test_small_letters_only_where_asked() -> None:
    kind = fit_tokens(["Ab CD"], "words", lower=True)
    assert kind.vocabulary == ("ab", "cd")
    assert encode_texts(kind, ["AB cd"])[0].tolist() == [[4, 5]]
    assert fit_tokens(["Ab CD"], "words").vocabulary == ("Ab", "CD")


def test_the_vocabulary_is_the_most_frequent_and_the_rest_is_never_seen() -> None:
    kind = fit_tokens(["a a a b b c"], "words", vocabulary=2)
    codes, unseen = encode_texts(kind, ["a c b d"])
    assert codes.tolist() == [[4, NEVER_SEEN, 5, NEVER_SEEN, 0, 0]]
    assert unseen.tolist() == [2]
    assert decode(kind, codes[0]) == f"a {UNKNOWN} b {UNKNOWN}"


def test_words_of_one_text_alone_train_the_code_of_unknown_ones() -> None:
    kind = fit_tokens([f"same word{i}" for i in range(100)], "words")
    assert kind.vocabulary == ("same",)


def test_rare_numbers_are_read_as_their_shape() -> None:
    kind = fit_tokens([f"call {70000 + i} in 24 hours" for i in range(100)], "words")
    assert set(kind.vocabulary) == {"call", "in", "24", "hours", "00000"}
    codes, unseen = encode_texts(kind, ["call 12345 in 36 hours"])
    assert decode(kind, codes[0]) == f"call 00000 in {UNKNOWN} hours"
    assert unseen.tolist() == [1]


def test_long_texts_are_cut_and_ends_are_kept() -> None:
    kind = fit_tokens(["abcdef"], "characters", longest=4)
    assert kind.length == 4
    assert decode(kind, encode_texts(kind, ["abcdef"])[0][0]) == "abcd"
    codes, _ = encode_texts(kind, ["abcdef", "a"], ends=True)
    assert codes.tolist() == [[BEGINNING, 4, 5, END], [BEGINNING, 4, END, 0]]
    assert decode(kind, codes[0]) == "ab"
    assert decode(kind, encode_stream(kind, "abcdefabc")) == "abcdefabc"


def test_characters_that_training_never_saw() -> None:
    kind = fit_tokens(["abca"], "characters")
    codes, unseen = encode_texts(kind, ["aéb😀"])
    assert unseen.tolist() == [2]
    assert decode(kind, codes[0]) == f"a{UNKNOWN}b{UNKNOWN}"


@pytest.mark.parametrize("letters", [1, 2, 3, 6])
def test_genes_come_back_from_their_overlapping_runs(letters: int) -> None:
    gene = "ACGTTGCAAC"
    kind = fit_tokens([gene], "bases", letters=letters)
    codes, unseen = encode_texts(kind, [gene.lower(), "AC GTTG\nCAAC", "ACGTTGCAAN"])
    assert kind.length == len(gene) - letters + 1
    assert decode(kind, codes[0]) == decode(kind, codes[1]) == gene
    assert unseen.tolist() == [0, 0, 1]


def test_both_strands_stand_one_after_the_other() -> None:
    kind = fit_tokens(["AACG"], "bases", strands=2)
    codes = encode_texts(kind, ["AACG", "AAC"])[0]
    assert kind.length == 9
    a, c, g, t = range(4, 8)
    assert kind.vocabulary == ("A", "C", "G") or kind.vocabulary == ("A", "C", "G", "T")
    assert codes.tolist() == [[a, a, c, g, BEGINNING, c, g, t, t], [a, a, c, BEGINNING, g, t, t, 0, 0]]
    assert decode(kind, codes[0]) == "AACG"
    assert reverse_complement("AACG") == "CGTT"
    assert spans(kind, "AACG") == [(0, 1), (1, 2), (2, 3), (3, 4), (0, 0), (3, 4), (2, 3), (1, 2), (0, 1)]


def test_rna_reads_as_dna_and_proteins_have_their_own_letters() -> None:
    kind = fit_tokens(["ACGT"], "bases")
    assert decode(kind, encode_texts(kind, ["ACGU"])[0][0]) == "ACGT"
    assert set(fit_tokens(["MKLVWYF"], "bases").vocabulary) == set("MKLVWYF")


@pytest.mark.parametrize("unit", ["words", "characters", "bytes", "bpe", "bases"])
def test_spans_are_the_places_of_the_codes(unit: str) -> None:
    text = "ACGT ACG" if unit == "bases" else "Déjà vu, again! 1,000 €"
    kind = fit_tokens([text], unit)
    codes, places = encode_texts(kind, [text])[0][0], spans(kind, text)
    assert len(codes) == len(places)
    if unit not in ("bytes", "bpe"):  # several codes may be of one character
        assert "".join(text[a:b] for a, b in places).replace(" ", "") == text.replace(" ", "")


def test_the_kind_survives_json() -> None:
    kind = fit_tokens(TEXTS, "bpe")
    again = kind_from_dict(kind_to_dict(kind))
    assert again == kind
    assert isinstance(again, Tokens)
    assert np.array_equal(encode_texts(again, TEXTS)[0], encode_texts(kind, TEXTS)[0])


def test_byte_pairs_are_the_same_in_every_process() -> None:
    code = (
        "from profundo.data.tokens import fit_tokens\n"
        "k = fit_tokens(['the cat sat on the mat %d' % (i * i) for i in range(99)], 'bpe', vocabulary=300)\n"
        "print(k.vocabulary, k.merges)"
    )
    answers = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(answers) == 1


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all_goes_in(text: str) -> None:
    for unit in ("words", "characters", "bytes", "bpe"):
        kind = fit_tokens(["some plain words, and 12 numbers"], unit)
        codes, unseen = encode_texts(kind, [text])
        assert codes.shape == (1, kind.length)
        assert unseen[0] <= kind.length
        decode(kind, codes[0])
        assert len(spans(kind, text)) <= kind.length


def test_errors_say_what_to_type() -> None:
    with pytest.raises(DataError, match=r"2 training texts hold no words.*--drop"):
        fit_tokens(["", " "], "words")
    with pytest.raises(UsageError, match="--tokens bases"):
        fit_tokens(["a"], "words", strands=2)
    with pytest.raises(DataError, match=r"no sequences.*--tokens"):
        fit_tokens(["Hello, world! 12 34 56"], "bases")
    with pytest.raises(DataError, match="one strand"):
        fit_tokens(["MKLVWYF"], "bases", strands=2)
