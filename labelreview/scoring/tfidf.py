"""Documents as numbers, without a model: which words they hold, weighed by how rare these are (tf-idf), in a few latent
dimensions. Labels are not looked at, so that predictions made from them stay out of sample.
"""

from collections.abc import Sequence

import numpy as np

from labelreview.errors import InputError
from labelreview.scoring.arrays import Float32s

DIMENSIONS = 256
MOST_WORDS = 50_000


def latent(texts: Sequence[str]) -> Float32s:
    """(N, D) float32 with D at most 256; a row of NaN for a text without words. InputError when none has any.

    Words of two letters or more, and pairs of them, in small letters, weighed by sublinear tf-idf (Salton and Buckley
    1988), then latent semantic analysis (Deerwester et al. 1990).

    >>> rows = latent(["a red boat", "the red boat", "", "two black cats", "black cats"])
    >>> rows.shape[0], bool(np.isnan(rows[2]).all()), bool(rows[0] @ rows[1] > rows[0] @ rows[3])
    (5, True, True)
    """
    from sklearn.decomposition import TruncatedSVD  # seconds to import, which most commands do not need
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_features=MOST_WORDS, dtype=np.float32)
    try:
        weights = words.fit_transform(texts)
    except ValueError:  # scikit-learn's word for "no words at all"
        raise InputError(f"None of {len(texts):,} texts has a word in it. Is this the column of the texts?") from None
    wanted = min(DIMENSIONS, min(weights.shape) - 1)
    rows = TruncatedSVD(wanted, random_state=0).fit_transform(weights) if wanted > 0 else weights.toarray()
    rows = np.asarray(rows, np.float32)
    rows[weights.getnnz(axis=1) == 0] = np.nan
    return rows
