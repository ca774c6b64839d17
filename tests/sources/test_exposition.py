"""Prometheus' text format: kubelets' pages and unusual ones."""

from __future__ import annotations

import pytest

from c3s_cli.sources.kubelet.exposition import container_of, read

PAGE = b"""\
# HELP up [STABLE] node_up 1
# TYPE up gauge
up{container="a",namespace="n",pod="p"} 251.87443008 1772443799193
up_total{container="a",namespace="n",pod="p"} 3
up{container="b",namespace="n",pod="p"} 4.2e+06 1772443799193
up{container="c",namespace="n",pod="p"} NaN 1772443799193
up{container="d",namespace="n",pod="p"} +Inf
up{container="e",namespace="n",pod="}\\" 5"} 6
down 7 8
node_up 9
"""


def test_samples_are_read_by_family() -> None:
    assert read(PAGE, ("up", "down", "none")) == {
        "up": {
            b'container="a",namespace="n",pod="p"': (251.87443008, 1772443799193),
            b'container="b",namespace="n",pod="p"': (4.2e6, 1772443799193),
            b'container="e",namespace="n",pod="}\\" 5"': (6.0, None),
        },
        "down": {b"": (7.0, 8)},
        "none": {},
    }


@pytest.mark.parametrize(
    "sample",
    ["1e308 1", "-1 1", "1e18 1", "x 1", "1 -8", "1 253402300800000", f"1 {'9' * 5000}", f"{'9' * 5000} 1"],
)
def test_a_value_or_a_time_that_cannot_be_is_left_out(sample: str) -> None:
    assert read(f'up{{a="b"}} {sample}\nup 1 2\n'.encode(), ("up",)) == {"up": {b"": (1.0, 2)}}


@pytest.mark.parametrize(
    "page", [b"up 1", b"up 1\n", b"up\t1 \n", b"up 1\r\n", b"# x\nup 1 # more", bytearray(b"up 1\n")]
)
def test_the_end_of_a_line_may_be_missing_or_odd(page: bytes) -> None:
    assert read(page, ("up",))["up"] == ({} if b"more" in page else {b"": (1.0, None)})


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (b'container="c",namespace="n",pod="p"', ("n", "p", "c")),
        (b'pod="p",namespace="n",container="c"', ("n", "p", "c")),
        (b'pod = "p", namespace="n",', ("n", "p", "")),
        (b'namespace="a\\"b\\\\c\\nd",pod="p",container="\xc3\xa4"', ('a"b\\c\nd', "p", "ä")),
        (b'container="\xff",namespace="n",pod="p"', ("n", "p", "\ufffd")),
        (b"", ("", "", "")),
    ],
)
def test_labels_name_a_container(labels: bytes, names: tuple[str, str, str]) -> None:
    assert container_of(labels) == names
