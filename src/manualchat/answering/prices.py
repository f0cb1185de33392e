"""What an answer's tokens cost: an estimate from list prices.

US$ a million tokens, on demand, noted in November 2026 from memory of
https://aws.amazon.com/bedrock/pricing/ without an account to compare with; a
new generation may differ. `Settings.answer_prices` ("in,out") overrides the table.
"""

from __future__ import annotations

from manualchat.errors import ConfigurationError

_LIST = (  # part of the model id, input, output
    ("haiku", 1.0, 5.0),
    ("sonnet", 3.0, 15.0),
    ("opus", 5.0, 25.0),
)


def cost(model_id: str, tokens_in: float, tokens_out: float, prices: str = "") -> float | None:
    """US$ for these tokens; None when no price is known."""
    price = _given(prices) or next(((i, o) for name, i, o in _LIST if name in model_id), None)
    if price is None:
        return None
    return round((tokens_in * price[0] + tokens_out * price[1]) / 1_000_000, 6)


def _given(prices: str) -> tuple[float, float] | None:
    if not prices:
        return None
    try:
        read, wrote = map(float, prices.split(","))
    except ValueError:
        raise ConfigurationError(
            variable="ANSWER_PRICES", detail=f"{prices!r} is not like 3.0,15.0"
        ) from None
    return read, wrote
