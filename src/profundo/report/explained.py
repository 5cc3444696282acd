"""The ways to know how sure a result is, each in one paragraph and its formula, for a reader who meets it anew."""

from dataclasses import dataclass

from .html import Html


@dataclass(frozen=True)
class Explained:
    """A method: `key` finds what it says on these data, `evaluate` is what to ask of --evaluate to get it."""

    key: str
    title: str
    text: str
    formula: Html
    evaluate: str = ""


def sub(name: str, low: str) -> str:
    """Write a symbol with an index."""
    return f"<i>{name}</i><sub>{low}</sub>"


ROOT = "&radic;"
N = "<i>n</i>"
GOOD = (
    Explained(
        "holdout",
        "One test part, with Wilson's interval",
        "Some rows are set aside before training and asked once at the end. The share of right answers varies with the "
        "luck of which rows they are: about as much as the share of heads in n tosses. Wilson's interval (1927) says "
        "how much, and stays honest for few rows and for shares near 0 or 1. It speaks of this network; how much "
        "another training would differ it cannot see.",
        Html(
            f"( <i>p</i> + z²/2{N} ± z {ROOT}( <i>p</i>(1 − <i>p</i>)/{N} + z²/4{N}² ) ) / ( 1 + z²/{N} ), "
            "with z = 1.96 and <i>p</i> the share that is right"
        ),
    ),
    Explained(
        "bootstrap interval",
        "The bootstrap interval of any score",
        "For scores that are not a share (F1, R2, the area under a curve) the test rows are drawn anew, with "
        "replacement, a thousand times, and the score is computed each time (Efron 1979). The middle 95 % of these "
        "values are the interval. With few test rows it is a little too narrow.",
        Html("from the 2.5 % to the 97.5 % quantile of <i>s</i>(rows drawn anew)"),
    ),
    Explained(
        "kfold",
        "k-fold cross-validation",
        "The rows are cut into k parts; each part is the test part once, and the others train. Every row is asked "
        "exactly once, by a network that did not know it: the best use of few rows. It judges the method, trained on "
        "k − 1 of k parts, not one network. The interval comes from the spread over the folds; for a share of "
        "right answers, half from that and half from what as many tosses would vary.",
        Html(f"mean of {sub('s', '1')} ... {sub('s', 'k')} ± <i>t</i><sub>k−1</sub> {ROOT}( <i>S</i>²/<i>k</i> )"),
        "kfold:5",
    ),
    Explained(
        "repeated",
        "Repeated random splits",
        "A test part is drawn again and again, and a network trained each time: one sees how much the split alone "
        "changes the score. The rounds share rows, so their mean is less sure than their number suggests. Nadeau and "
        "Bengio (2003) add what the shared rows cost.",
        Html(
            f"mean of {sub('s', '1')} ... {sub('s', 'R')} ± <i>t</i><sub>R−1</sub> {ROOT}( (1/<i>R</i> + "
            f"{sub('n', 'test')}/{sub('n', 'train')}) <i>S</i>² )"
        ),
        "repeated:10",
    ),
    Explained(
        "loo",
        "Leave one out",
        "k-fold with as many folds as rows: each network learns from all rows but one and answers that one. Nearly "
        "unbiased, and costly: one training a row. Worth it for very few rows only.",
        Html(
            f"( right<sub>1</sub> + ... + right<sub>{N}</sub> ) / {N}, where row <i>i</i> is answered by a network "
            "that never saw it; Wilson's interval"
        ),
        "loo",
    ),
    Explained(
        "leave-one-group-out",
        "Leave one group out",
        "Each network learns from all groups (speakers, patients, cameras) but one and answers that one: how good the "
        "method is for somebody new. Rows of one group are alike, so that the interval comes from the groups alone: "
        "few groups, a wide interval, however many rows they have.",
        Html(
            f"( right of all held-out rows ) / {N} ± <i>t</i><sub>G−1</sub> {ROOT}( <i>S</i>²/<i>G</i> ), "
            "<i>G</i> groups"
        ),
        "leave-one-group-out",
    ),
    Explained(
        "bootstrap",
        "Out-of-bag bootstrap",
        "Each round draws n rows with replacement. About 63 % of the rows are drawn at least once and train; the "
        "others, out of the bag, test. As each network knows only 63 % of the rows, the score is a little too low.",
        Html(
            f"mean over the rounds of <i>s</i>(rows out of the bag); a row is out with "
            f"(1 − 1/{N})<sup>{N}</sup> ≈ 0.368"
        ),
        "bootstrap:25",
    ),
    Explained(
        ".632",
        "The .632 estimate",
        "The out-of-bag score is too low, the score on the training rows too high; Efron (1983) mixes them. Where a "
        "network knows its training rows by heart, the mixture is far too good: use .632+.",
        Html(f"0.368 {sub('s', 'train')} + 0.632 {sub('s', 'out')}"),
        ".632",
    ),
    Explained(
        ".632+",
        "The .632+ estimate",
        "Efron and Tibshirani (1997) measure how far the network is overfitted, R, from 0 to 1, by what its answers "
        "would score by chance, and trust the training score the less, the larger R is.",
        Html(
            f"(1 − <i>w</i>) {sub('s', 'train')} + <i>w</i> {sub('s', 'out')}; "
            "<i>w</i> = 0.632 / (1 − 0.368 <i>R</i>), "
            f"<i>R</i> = ({sub('s', 'train')} − {sub('s', 'out')}) / ({sub('s', 'train')} − {sub('s', 'chance')})"
        ),
        ".632+",
    ),
    Explained(
        "nested",
        "Nested cross-validation",
        "Who tries many settings and reports the best score reports luck too. Here the settings are chosen within each "
        "training part, by folds of its own, and the outer test part judges the whole procedure, choice and all.",
        Html(f"as k-fold, where {sub('s', 'j')} is the score of what the inner folds chose without part <i>j</i>"),
        "nested:5x3",
    ),
)
BETTER = (
    Explained(
        "mcnemar",
        "McNemar's test",
        "Two models answer the same test rows. Rows that both have right, or both wrong, say nothing about which is "
        "better; only those that one alone has right do. Were the two equally good, these would fall to either side "
        "like a tossed coin (McNemar 1947; mid-p, Fagerland 2013).",
        Html(
            "<i>p</i> = 2 P(<i>X</i> &lt; <i>b</i>) + P(<i>X</i> = <i>b</i>), "
            "<i>X</i> ~ Binomial(<i>b</i> + <i>c</i>, ½), <i>b</i> ≤ <i>c</i>: rows that one alone has right"
        ),
    ),
    Explained(
        "cochran",
        "Cochran's Q",
        "McNemar's test for three models or more: are all equally often right? Asked first, before single pairs, "
        "because among many pairs one looks different by chance alone. The p-values of the pairs are corrected (Holm).",
        Html(
            "<i>Q</i> = (<i>k</i> − 1) ( <i>k</i> &Sigma; <i>G</i><sub>j</sub>² − <i>T</i>² ) / "
            "( <i>k T</i> − &Sigma; <i>L</i><sub>i</sub>² ), <i>G</i><sub>j</sub>: rows that model <i>j</i> has right, "
            "<i>L</i><sub>i</sub>: models that have row <i>i</i> right, <i>T</i>: all together"
        ),
    ),
    Explained(
        "corrected t",
        "Corrected resampled t-test",
        "Are two methods, not two networks, different? Both are trained in the same rounds and the differences tested. "
        "Treated as independent they give false alarms in 20 % and more of the cases where there is no difference; "
        "Nadeau and Bengio's correction (2003) brings that down to the 5 % it claims, for a single k-fold even below.",
        Html(
            f"<i>t</i> = mean of <i>d</i> / {ROOT}( (1/<i>R</i> + {sub('n', 'test')}/{sub('n', 'train')}) <i>S</i>² ), "
            "<i>R</i> − 1 degrees of freedom"
        ),
        "repeated:10",
    ),
    Explained(
        "5x2",
        "5x2cv: paired t and combined F",
        "Five times the rows are cut into halves; each half trains once and tests once. Halves share no training row, "
        "so their variance is sound (Dietterich 1998). The t uses one of ten differences, Alpaydin's F (1999) all ten.",
        Html(
            f"<i>t</i> = {sub('d', '11')} / {ROOT}( &Sigma; {sub('s', 'i')}² / 5 ), 5 degrees of freedom; &nbsp; "
            f"<i>F</i> = &Sigma; {sub('d', 'ij')}² / ( 2 &Sigma; {sub('s', 'i')}² ), (10, 5) degrees of freedom"
        ),
        "5x2",
    ),
    Explained(
        "seeds",
        "Several starting states",
        "A network starts from random weights and meets the rows in a random order; another start, another score. A "
        "difference that is smaller than this spread is worth little, however small its p-value.",
        Html(f"mean over the seeds ± <i>t</i><sub>m−1</sub> {ROOT}( <i>S</i>²/<i>m</i> ), <i>m</i> seeds"),
    ),
)
