"""Numbers as a reader sees them: no more digits than say something, a real minus, and ranges that nobody misreads."""

import math

MINUS, LEAST = "\N{MINUS SIGN}", 0.0001


def digits(value: float, most: int = 2) -> str:
    """A number with so many leading digits, and without an exponent; what is nearly nothing is told so.

    >>> digits(0.09902), digits(-0.03996), digits(0.83127, 3), digits(8.648e-06), digits(1234.5), digits(0.5), digits(0)
    ('0.099', '−0.04', '0.831', '< 0.0001', '1,234', '0.5', '0')
    """
    size = abs(value)
    if 0 < size < LEAST:
        return f"{'>' if value < 0 else '<'} {MINUS if value < 0 else ''}{LEAST}"
    after = max(0, most - 1 - math.floor(math.log10(size))) if size else 0
    text = f"{size:,.{after}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return (MINUS if value < 0 and text != "0" else "") + text


def between(low: str, high: str) -> str:
    """Two ends as a range: a dash beside a minus, or a sign, would be read as another minus.

    >>> between("1.7", "2.6"), between("−0.19", "−0.04")
    ('1.7–2.6', '−0.19 to −0.04')
    """
    return f"{low}–{high}" if low[:1].isdigit() and high[:1].isdigit() else f"{low} to {high}"
