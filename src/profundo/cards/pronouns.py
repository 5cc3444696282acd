"""English words that say whether a person is a man or a woman, exchanged for their partners.

Names (John, Mary) stay. Of "her", which is both him and his, the next word decides. Other languages are not covered:
Spanish and Catalan mark gender on most nouns and adjectives, Turkish has one pronoun for all.
"""

import re

PAIRS = """
he she, himself herself, man woman, men women, boy girl, boys girls, guy gal, guys gals, father mother, fathers
mothers, dad mom, dads moms, daddy mommy, son daughter, sons daughters, brother sister, brothers sisters, husband
wife, husbands wives, uncle aunt, uncles aunts, nephew niece, nephews nieces, grandfather grandmother, grandpa
grandma, grandson granddaughter, grandfathers grandmothers, grandsons granddaughters, stepfather stepmother, fiance
fiancee, boyfriend girlfriend, boyfriends girlfriends, male female, males females, gentleman lady, gentlemen ladies,
sir madam, mr ms, lad lass, lads lasses, widower widow, groom bride, king queen, kings queens, prince princess, actor
actress, actors actresses, waiter waitress, waiters waitresses, steward stewardess, heir heiress, hero heroine, heroes
heroines, duke duchess, chairman chairwoman, policeman policewoman, policemen policewomen, businessman businesswoman,
businessmen businesswomen, salesman saleswoman, salesmen saleswomen, congressman congresswoman, spokesman spokeswoman,
cameraman camerawoman, sportsman sportswoman, fireman firewoman
"""
TO_FEMALE = dict(pair.split() for pair in PAIRS.split(",")) | {"him": "her"}
TO_MALE = {female: male for male, female in TO_FEMALE.items()} | {"hers": "his", "mrs": "mr", "miss": "mr"}
MALE, FEMALE = frozenset(TO_FEMALE) | {"his"}, frozenset(TO_MALE) | {"her"}
WORD = re.compile(r"[^\W\d_]+")
# No noun follows "her" or "his" where one of these does: saw her at, told her that, a friend of his and
APART = """
a about after again all also although always am an and any are around as at away back be because been before both but
by can could did do does down during every for from had has have her here him himself herself his how i if in into is
it just may me might more must my never no nor not now of off often on once only or our out over shall she should
since so some soon than that the their them then there these they this those though through to today tomorrow tonight
too under until up upon us very was we well were what when where whether which while who whom why will with without
would yesterday you your he
"""


def swap(text: str) -> str:
    """Exchange every word for a man with its partner for a woman and back, keeping upper and lower case."""

    def partner(found: re.Match[str]) -> str:
        word = found[0]
        lower = word.lower()
        if lower in ("her", "his"):
            return cased(word, possessive(lower, noun_follows(text, found.end())))
        return cased(word, TO_FEMALE.get(lower) or TO_MALE.get(lower) or lower)

    return WORD.sub(partner, text)


def gender(text: str) -> str:
    """Say of whom a text speaks: "male", "female", "both" or "" by the words that `swap` exchanges."""
    words = {w.lower() for w in WORD.findall(text)}
    male, female = not words.isdisjoint(MALE), not words.isdisjoint(FEMALE)
    return "both" if male and female else "male" if male else "female" if female else ""


def possessive(word: str, noun: bool) -> str:
    """Return the partner of "her" or "his", by whether a noun follows."""
    if word == "her":
        return "his" if noun else "him"
    return "her" if noun else "hers"


def noun_follows(text: str, place: int) -> bool:
    """Say whether a word follows at once that can belong to "her" or "his": her book, but not: saw her at noon."""
    found = re.match(r"[ \t\r\n]+([^\W_]+)", text[place : place + 60])
    return found is not None and found[1].lower() not in APART.split()


def cased(like: str, word: str) -> str:
    """Write a word as another is written: HE, He or he."""
    if word == like.lower():
        return like
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
