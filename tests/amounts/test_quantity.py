from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.amounts.quantity import (
    InvalidQuantity,
    cpu_percent,
    exact_ratio,
    format_bytes,
    format_cpu,
    memory_percent,
    millicores,
    nanos,
    whole,
)

# text: thousandths rounded up, whole number rounded up, as Kubernetes itself gives them.
VECTORS = {
    "0": (0, 0), "1": (1000, 1), "100m": (100, 1), "1500m": (1500, 2), "0.5m": (1, 1), "0.1m": (1, 1), "1n": (1, 1),
    "1u": (1, 1), "250000u": (250, 1), "123456789n": (124, 1), "999999n": (1, 1), "1000001n": (2, 1),
    "1.5": (1500, 2),
    "0.5": (500, 1), ".5": (500, 1), "5.": (5000, 5), "007": (7000, 7), "+1": (1000, 1), "-1": (-1000, -1),
    "-1500m": (-1500, -2), "-1.5Ki": (-1536000, -1536), "1k": (10**6, 1000), "1M": (10**9, 10**6),
    "1Ki": (1024000, 1024),
    "1Mi": (1048576000, 1048576), "1.5Gi": (1610612736000, 1610612736), "0.5Ki": (512000, 512),
    "1.1Ki": (1126400, 1127),
    "0.0001Ki": (103, 1), "1Pi": (1125899906842624000, 1125899906842624), "1e3": (10**6, 1000),
    "1E3": (10**6, 1000),
    "1e+3": (10**6, 1000), "12E6": (12 * 10**9, 12 * 10**6), "1.5e3": (1500000, 1500), "1e-3": (1, 1),
    "1E-2": (10, 1),
    "1e-10": (1, 1), "128974848000m": (128974848000, 128974848), "1.0000000001": (1001, 2),
    "3.14159265358979": (3142, 4),
    "9223372036854775807m": (9223372036854775807, 9223372036854776), "1E": (10**21, 10**18),
    "12E": (12 * 10**21, 12 * 10**18),
    "-3e-10": (-1, -1),
}  # fmt: skip
REJECTED = [
    "", "1K", "1ki", "1 Ki", "1KB", "1mm", "1i", "5e", "1e3Ki", "1Kie3", "1e1.5", "1.2.3", "--1", "0x10",
    "1_000", "1,000",
    "\u0661", "abc", "NaN", "Infinity", "m", "Ki", ".", "+", "1e999999", "1e-31", "9" * 65, " 1", "1 ", "1\n", "²",
    "n", "e3", ".E3", "\u0661n", "²Ki", "1_0n", "1_0Ki", " 1n", " 1Ki", "1 n", "9" * 64 + "n", "9" * 63 + "Ki",
    "1e" + "0" * 99, "1e" + "9" * 60,
]  # fmt: skip


def rounded_away(value: Fraction) -> int:
    return -(-value // 1) if value >= 0 else value // 1


@pytest.mark.parametrize(("text", "expected"), VECTORS.items())
def test_reads_what_kubernetes_reads(text: str, expected: tuple[int, int]) -> None:
    assert (millicores(nanos(text)), whole(text)) == expected


@pytest.mark.parametrize("text", REJECTED)
def test_rejects_invalid_quantities(text: str) -> None:
    for read in (nanos, whole):
        with pytest.raises(InvalidQuantity):
            read(text)


SUFFIXES = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
quantities = st.builds(
    lambda sign, digits, part, suffix: sign + digits + part + suffix,
    st.sampled_from(["", "+", "-"]),
    st.text("0123456789", min_size=1, max_size=12),
    st.just("") | st.text("0123456789", max_size=12).map(".{}".format),
    st.sampled_from([*SUFFIXES, *BINARY, "e3", "E-4", "e+2"]),
)


def reference(text: str) -> Fraction:
    """Read a quantity the slow and obvious way."""
    match = re.fullmatch(r"([+-]?)([0-9.]*)(.*)", text)
    assert match
    value = Fraction(match[2] if not match[2].endswith(".") else match[2] + "0")
    suffix = match[3]
    if suffix in BINARY:
        value *= 2 ** BINARY[suffix]
    elif suffix in SUFFIXES:
        value *= Fraction(10) ** SUFFIXES[suffix]
    else:
        value *= Fraction(10) ** int(suffix[1:])
    return -value if match[1] == "-" else value


@pytest.mark.slow
@given(quantities)
def test_is_exact_on_the_whole_grammar(text: str) -> None:
    assert nanos(text) == rounded_away(reference(text) * 10**9)
    assert whole(text) == rounded_away(reference(text))


@given(
    st.integers(0, 10**62),
    st.sampled_from([("n", "e-9"), ("u", "e-6"), ("m", "e-3"), ("", "e0"), ("Ki", ""), ("Mi", ""), ("Gi", "")]),
)
def test_the_fast_path_agrees_with_the_slow_one(number: int, ways: tuple[str, str]) -> None:
    suffix, spelled = ways
    short, long = f"{number}{suffix}", f"+{number}{spelled or suffix}"
    if len(short) <= 64 and len(long) <= 64:
        assert (nanos(short), whole(short)) == (nanos(long), whole(long))


@given(quantities, quantities)
def test_parsing_keeps_the_order(one: str, other: str) -> None:
    if reference(one) <= reference(other):
        assert nanos(one) <= nanos(other)
        assert whole(one) <= whole(other)


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_invalid(text: str) -> None:
    for read in (nanos, whole):
        with suppress(InvalidQuantity):
            assert isinstance(read(text), int)


def test_cells_are_rounded_as_kubectl_rounds_them() -> None:
    assert (format_cpu(123456789), format_cpu(1), format_cpu(0)) == ("124m", "1m", "0m")
    assert (format_cpu(-1), format_cpu(-1500000)) == ("-1m", "-2m")
    assert (format_bytes(1500 << 10), format_bytes(1), format_bytes(7168 << 20)) == ("1Mi", "0Mi", "7168Mi")
    assert (millicores(2900001000), millicores(-1)) == (2901, -1)
    # Divided as floats and then multiplied: 580m of 2 cores is 28 in kubectl, and 57 of 100 is 56.
    assert (cpu_percent(580 * 10**6, 2 * 10**9), cpu_percent(57 * 10**6, 100 * 10**6)) == (28, 56)
    assert (memory_percent(1 << 30, 8 << 30), memory_percent(1, 0)) == (12, 0)
    assert (format_bytes((1 << 20) - 1), format_bytes(1 << 20)) == ("0Mi", "1Mi")
    assert (memory_percent(99_950, 100_000), memory_percent(1 << 30, 1 << 30)) == (99, 100)


@given(st.integers(0, 10**30), st.integers(1, 10**30))
def test_ratios_are_rounded_once(part: int, of: int) -> None:
    assert exact_ratio(part, of) == float(Fraction(100 * part, of))
    assert exact_ratio(part, 0) is None
