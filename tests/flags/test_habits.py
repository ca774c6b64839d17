"""Words and flags of other tools that are read as those of c3s."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from c3s_cli.flags.arity import row_takes_value, typed_names
from c3s_cli.flags.flag_hints import FLAG_HINTS
from c3s_cli.flags.habits import FLAGS, Hint, Read
from c3s_cli.flags.word_habits import WORD_HINTS, WORDS
from tests.conftest import Run
from tests.flags.test_hints import HINTS
from tests.flags.typed_columns import TYPED_COLUMNS
from tests.flags.typed_commands import TYPED_COMMANDS
from tests.flags.typed_conditions import TYPED_CONDITIONS
from tests.flags.typed_flags import TYPED_FLAGS
from tests.flags.typed_words import TYPED_WORDS

TIMES = re.compile(r"in \d+ ms|, \d+ KiB")
TYPED = [*TYPED_FLAGS, *TYPED_COMMANDS, *TYPED_COLUMNS, *TYPED_CONDITIONS, *TYPED_WORDS]


@pytest.mark.slow
@pytest.mark.parametrize("row", TYPED, ids=lambda row: row[0])
def test_what_is_typed_is_read_as_c3s(
    run: Run, demo: Run, row: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed, c3s, *remarks = row
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_text("{currency: EUR, default: {coreHour: 0.034, gibHour: 0.0045}}")
    ask = demo if c3s.split()[0] not in ("columns", "contexts") else run
    expected = ask(c3s)
    Path("a.c3s").unlink(missing_ok=True)
    result = ask(typed)
    assert (result.code, TIMES.sub("", result.out)) == (expected.code, TIMES.sub("", expected.out))
    assert TIMES.sub("", result.err) == TIMES.sub("", "".join(f"{line}\n" for line in remarks) + expected.err)
    assert "unknown flag" not in expected.err
    assert "unknown command" not in expected.err


@pytest.mark.slow
@pytest.mark.parametrize("value", ["a'b", "a b", 'a" {name} {}', "{,}", "'"])
def test_a_value_stays_one_value(run: Run, value: str) -> None:
    commands = {"nodes": ("top", "nodes"), "fit": ("fit",), "rightsize": ("rightsize",), "record": ("record",)}
    for row in FLAGS:
        words = commands.get(row.of, ("top", "pods"))
        for name, known in typed_names(row.typed):
            if row_takes_value(row, known) and not row.of.startswith(("wait", "check", "cost", "drain")):
                text = known.replace("{}", value) or value
                result = run(*words, *([f"{name}={text}"] if name.startswith("--") else [name, text]), "--help")
                assert (result.code, row.typed) == (0, row.typed)


def test_every_row_has_a_line() -> None:
    remarks = [remark for row in TYPED for remark in row[2:]]
    assert [row for row in (*FLAGS, *WORDS) if not any(_remark(row).fullmatch(remark) for remark in remarks)] == []
    assert [row for row in (*FLAG_HINTS, *WORD_HINTS) if not any(_answers(row, *line) for line in HINTS)] == []


def _remark(row: Read) -> re.Pattern[str]:
    """Return the pattern of what is said where a row is read."""
    names = "|".join(
        re.escape(f"{name} {value}".strip()).replace(r"\ ", "(?: |=| ')") for name, value in typed_names(row.typed)
    )
    text = row.c3s.replace("--columns +", "--columns default,").replace("--sort-by :", "--sort-by COLUMN:")
    text = text.replace(",:", " or COLUMN:").removesuffix(" {-}")
    known = re.sub(r"\\{.*?\\}", ".*", re.escape(text)).replace(r"\ \-A", r"(\ \-A)?")
    known = known.replace("top", "(top|watch)", 1) if text.startswith("top ") else known
    by = known if row.c3s else f"nothing: {re.escape(row.remark) or 'c3s changes nothing'}"
    return re.compile(f"(.* )?({names.replace(re.escape('{}'), '.*')}).* is read as (c3s )?{by}.*")


def _answers(row: Hint, typed: str, hint: str) -> bool:
    """Return whether a hint is that of a row."""
    names = {name for name, _ in typed_names(row.typed)}
    text = re.sub(r"\\{.*?\\}", ".*", re.escape(row.text))
    command = re.sub(r"\\{.*?\\}", ".*", re.escape(row.c3s.removesuffix(" {-}"))).replace("prices\\.yaml", ".*")
    return bool(names & {*typed.replace("/", " ").split()} and re.fullmatch(text, hint) and re.search(command, hint))


def test_a_prometheus_is_named_by_its_url(demo: Run) -> None:
    for flag in ("--prometheus http://127.0.0.1:1", "--prometheus-url=http://127.0.0.1:1"):
        result = demo(f"top nodes {flag}")
        assert result.err.startswith(f"{flag.replace('=', ' ')} is read as --from http://127.0.0.1:1\n")
        assert "127.0.0.1:1" in result.err.splitlines()[1]
        assert result.code == 1


@pytest.mark.slow
def test_the_past_is_read_from_the_prometheus_of_the_cluster(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in ("top pods --since 1h", "top nodes --at -1h", "top ns --start -2h", "rightsize --since 2h"):
        flag = words.split()[2 if words.startswith("top") else 1]
        expected = demo(f"{words} --from prometheus")
        remark = f"{flag} without --from is read as --from prometheus, the one in the cluster\n"
        assert demo(words) == (expected.code, expected.out, remark + expected.err)
        assert expected.out
    patch = demo("rightsize deploy/legacy-admin -o patch --from prometheus")
    remark = "rightsize without --from is read as --from prometheus, the one in the cluster\n"
    assert demo("rightsize deploy/legacy-admin -o patch") == (patch.code, patch.out, remark + patch.err)
    assert demo("rightsize").err == demo("rightsize --from metrics").err
    monkeypatch.setenv("C3S_FROM", "kubelet")
    assert demo("top pods --since 1h").code == 2


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        ("top rs -A", "ReplicaSets of Deployments are not listed, their pods belong to these: c3s top deploy\n"),
        ("top jobs -A", "Jobs of CronJobs are not listed, their pods belong to these: c3s top cronjobs\n"),
    ],
)
def test_kinds_that_others_own_say_who(demo: Run, words: str, remark: str) -> None:
    assert remark in demo(words).err
    assert remark not in demo("top deploy -A").err


def test_the_demo_has_a_past_and_one_name(run: Run) -> None:
    result = run("rightsize deploy/legacy-admin --demo")
    assert (result.code, "no history" in result.out) == (0, False)
    for words in ("--by owner", "--columns finding"):
        assert run(f"rightsize deploy/no {words} --demo").err.startswith("rightsize without --from is read as")
    assert run("contexts --demo").out.splitlines()[1].split()[:2] == ["*", "demo"]


def test_containers_of_groups_are_said_to_be_none(demo: Run) -> None:
    for words in ("top deploy -A", "top pods --by node"):
        plain, remark = demo(words), "--containers does nothing here: the rows are groups of pods\n"
        assert demo(f"{words} --containers") == (plain.code, plain.out, plain.err + remark)


def test_changes_that_are_none_have_a_reason(demo: Run) -> None:
    result = demo("rightsize deploy/search-api -n team-search -o resources --from prometheus --since 2h")
    reason = "2 of 2 containers have no recommendation: too little history: 2h of 24h; --min-history 2h takes less\n"
    assert (result.code, result.out, result.err) == (5, "", reason)


def test_the_first_of_several_readings_is_said_in_a_log(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "load.c3s"
    said = demo(f"record {file} --count 2 -i 10ms").err.splitlines()
    assert [line.split(", ")[0] for line in said] == [f"{file}: 1 reading", f"{file}: 2 readings"]
    assert len(demo(f"record {tmp_path}/one.c3s --count 1").err.splitlines()) == 1


def test_the_file_of_a_recording_after_o(demo: Run, tmp_path: Path) -> None:
    assert demo(f"record -o {tmp_path}/load.c3s --for 1m --count 1").code == 0
    assert (tmp_path / "load.c3s").exists()


def test_costs_need_prices(demo: Run, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("{currency: EUR, default: {coreHour: 0.034, gibHour: 0.0045}}")
    assert demo(f"cost --prices {prices}").out == demo(f"top pods -A --by namespace --prices {prices}").out


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        # What kubectl alone can wait for.
        ("wait pod/web --for=condition=Ready", "hint: c3s reads load and changes nothing: kubectl wait does that"),
        ("wait pod/web --for delete", "hint: c3s reads load and changes nothing: kubectl wait does that"),
        # Two times, of which one is a range of another name.
        (
            "top nodes --from 2h --range 1h",
            "hint: --from is a source, and --since or --start a time: --start 2h",
        ),
        # A flag without its value, a flag of rows that these are not, a column that there is not.
        ("top pods -L", "See 'c3s top pods --help' for usage."),
    ],
)
def test_what_is_not_meant(demo: Run, typed: str, last: str) -> None:
    result = demo(typed)
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", last)


def test_what_kubectl_auth_asks_is_what_the_doctor_says(demo: Run) -> None:
    result = demo("auth can-i get pods")
    assert result.err.startswith("auth can-i get pods is read as c3s doctor\n")
    assert result.out.startswith("CHECK ")


def test_json_lines_are_the_items_of_the_document(demo: Run) -> None:
    for words in ("top pods -A --columns all", "top ns", "fit --cpu 1", "top nodes --where name=none"):
        lines = demo(f"{words} -o ndjson").out.splitlines()
        assert [json.loads(line) for line in lines] == json.loads(demo(f"{words} -o json").out)["items"]
