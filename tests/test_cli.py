"""The command line: what is printed where, the exit statuses, and that no mistake ends in a traceback."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tomllib

import pytest

from profundo import cli, flags, guard
from profundo.data import DataPlan
from profundo.errors import ProfundoError, UsageError
from profundo.recipe import Recipe

QUICK = ["--epochs", "2", "--hidden", "8", "--no-baselines", "--evaluate", "holdout"]
COMMANDS = ["train", "check", "plan", "evaluate", "predict", "report", "networks", "datasets", "tasks", "env"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("PROFUNDO_DEBUG", raising=False)
    return tmp_path


@pytest.fixture
def call(here, capsys):
    """Run a command in this process; returns (status, standard output, standard error)."""

    def run(*arguments):
        capsys.readouterr()
        status = cli.execute(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run on iris, and what the command wrote."""
    folder = tmp_path_factory.mktemp("trained") / "a run"
    command = [sys.executable, "-m", "profundo", "train", "iris", *QUICK, "--out", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return folder, done


def table(path, rows=60):
    lines = [f"{i % 7},{'ab'[i % 2]},c{i % 3}" for i in range(rows)]
    path.write_text("\n".join(["height,label,city", *lines]), encoding="utf-8")
    return str(path)


# the forms of the answers --------------------------------------------------------------------------------------------


def test_train_prints_one_json_object_and_tells_the_rest_on_standard_error(trained):
    folder, done = trained
    result = json.loads(done.stdout)
    for key in ("run", "task", "network", "parameters", "seconds", "epochs", "stopped", "baselines", "verdict"):
        assert key in result
    assert result["run"] == str(folder) and result["epochs"] == 2 and result["network"] == "mlp"
    assert set(result["scores"]["accuracy"]) == {"value", "low", "high", "n"}
    lines = done.stderr.splitlines()
    assert len([line for line in lines if line.startswith(" epoch ")]) == 2
    subjects = [line.split()[0] for line in lines]
    for subject in ("data", "kinds", "task", "split", "network", "lr", "stopped"):
        assert subject in subjects
    assert "(change: --split" in done.stderr and "4 → 8 → 3" in done.stderr


def test_train_ends_with_scores_and_what_to_type_next(call):
    status, out, err = call("train", "iris", *QUICK, "--quiet")
    assert status == 0 and err == ""
    lines = out.strip().splitlines()
    assert lines[0].split() == ["score", "value", "95", "%", "interval", "n"]
    assert lines[1].startswith("accuracy") and " to " in lines[1]
    assert "profundo predict runs/iris-1 NEW_DATA" in out and "runs/iris-1/report.html" in out


def test_baselines_stand_beside_the_network_and_a_verdict_follows(call):
    options = ["--epochs", "2", "--hidden", "8", "--budget", "20", "--evaluate", "holdout"]
    status, out, err = call("train", "iris", *options)
    assert status == 0
    assert "mlp (this network)" in out and "dummy" in out and " verdict   The network is " in out
    assert " baseline  dummy: accuracy" in err


def test_seeds_report_their_spread(call):
    status, out, _ = call("train", "iris", *QUICK, "--seeds", "2", "--json", "--quiet")
    result = json.loads(out)
    assert status == 0 and len(result["seeds"]) == 2 and result["spread"]["accuracy"]["n"] == 2
    assert "over the seeds" in call("train", "--resume", result["run"], "--quiet")[1]


def test_check_says_what_was_found_and_writes_nothing(call, here):
    source = table(here / "a b.csv")
    status, out, err = call("check", source, "--target", "label", "--drop", "city")
    assert status == 0 and err == ""
    assert "height" in out and "number" in out and "0 to 6" in out and " split " in out and " left-out  city" in out
    status, out, _ = call("check", source, "-t", "label", "--json")
    found = json.loads(out)
    assert found["rows"] == 60 and found["task"] == "classification" and found["target"] == ["label"]
    assert [c["kind"] for c in found["columns"]] == ["number", "category", "category"]
    assert sum(found["counts"].values()) == 60 and found["notes"]
    assert sorted(p.name for p in here.iterdir()) == ["a b.csv"]


def test_evaluate_shows_stored_scores_and_scores_new_data(trained, call):
    folder, done = trained
    status, out, _ = call("evaluate", str(folder), "--json")
    assert status == 0 and json.loads(out)["scores"] == json.loads(done.stdout)["scores"]
    status, out, _ = call("evaluate", str(folder), "iris")
    assert status == 0 and out.splitlines()[1].split()[0] == "accuracy" and out.splitlines()[1].endswith("150")


def test_a_score_below_the_least_one_ends_with_6_and_is_still_shown(trained, call):
    status, out, err = call("evaluate", str(trained[0]), "--min-score", "1.01", "--json")
    result = json.loads(out)
    assert status == 6 and result["error"]["kind"] == "CheckFailed" and result["scores"]
    assert err.startswith("error: accuracy is") and "below the 1.01" in err
    assert call("evaluate", str(trained[0]), "--min-score", "0.0")[0] == 0


def test_predict_writes_csv_json_or_a_file(trained, call, here):
    folder = str(trained[0])
    status, out, _ = call("predict", folder, "iris")
    lines = out.splitlines()
    assert status == 0 and lines[0].startswith("row,species,probability of setosa") and len(lines) == 151
    status, out, _ = call("predict", folder, "iris", "--json")
    told = json.loads(out)
    first = told["predictions"][0]
    assert told["n"] == 150 and first["row"] == 0 and set(first["answer"]) == {"species"}
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    status, out, _ = call("predict", folder, "iris", "-o", "p.csv")
    assert status == 0 and "p.csv" in out and len((here / "p.csv").read_text().splitlines()) == 151


def test_predict_speaks_in_words_on_a_terminal(trained, call, monkeypatch, here):
    from profundo.account import answer_words

    (here / "few.csv").write_text(
        "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n5.1,3.5,1.4,0.2\n"
    )
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    status, out, _ = call("predict", str(trained[0]), "few.csv")
    assert status == 0 and " % " in out and "probability" not in out
    assert answer_words({"probabilities": {"dog": 0.15, "cat": 0.82, "cow": 0.001}}) == "82 % cat, 15 % dog"
    assert answer_words({"probabilities": {}, "answer": {"price": 12.5}}) == "price 12.5"


def test_report_is_written_again(trained, call):
    page = trained[0] / "report.html"
    page.unlink()
    status, out, _ = call("report", str(trained[0]))
    assert status == 0 and out.strip() == str(page) and page.stat().st_size > 1000


@pytest.mark.parametrize("command", [["networks"], ["networks", "mlp"], ["tasks"], ["datasets"], ["env"]])
def test_lists_in_words_and_as_json(call, command):
    status, out, err = call(*command)
    assert status == 0 and err == "" and len(out.splitlines()) > 2
    status, out, _ = call(*command, "--json")
    assert status == 0 and json.loads(out)


def test_the_environment_names_what_a_bug_report_needs(call):
    found = json.loads(call("env", "--json")[1])
    assert found["python"] == ".".join(map(str, sys.version_info[:3])) and found["packages"]["torch"]
    assert found["threads"] >= 1 and found["devices"][0] == "cpu" and set(found["extras"]) == {"parquet", "rl"}


def test_a_plan_is_printed_carried_out_and_overruled(call, here):
    source = table(here / "t.csv")
    wishes = ["-t", "label", "--hidden", "8,4", "--epochs", "7", "--time-limit", "5m", "--kind", "city=category"]
    status, text, err = call("plan", source, *wishes)
    stored = tomllib.loads(text)
    assert status == 0 and stored["network"]["hidden"] == [8, 4] and stored["recipe"]["time_limit"] == 300
    assert " split " in err and not (here / "runs").exists()
    (here / "sub").mkdir()
    table(here / "sub" / "t.csv")
    (here / "sub" / "plan.toml").write_text(text.replace(f'source = "{here}/t.csv"', 'source = "t.csv"'))
    options = ["--epochs", "2", "--network", "linear", "--optimizer", "sgd", "--no-baselines", "--evaluate", "holdout"]
    status, text, _ = call("plan", "--plan", "sub/plan.toml", *options)
    merged = tomllib.loads(text)
    assert status == 0 and merged["recipe"]["epochs"] == 2 and merged["recipe"]["time_limit"] == 300
    assert merged["network"] == {"name": "linear"} and merged["evaluation"]["baselines"] is False
    assert merged["data"]["source"] == str(here / "sub" / "t.csv") and merged["data"]["kinds"] == {"city": "category"}
    (here / "merged.toml").write_text(text)
    status, out, _ = call("train", "--plan", "merged.toml", "--json", "--quiet", "--out", "o")
    assert status == 0 and json.loads(out)["network"] == "linear"


# options and wishes --------------------------------------------------------------------------------------------------


def test_every_field_of_a_plan_has_an_option():
    offered = {name for group in flags.WISHES for name in group.__annotations__}
    renamed = {"kinds": "kind", "options": "optimizer_option"}
    only_python = {"source", "parts", "sizes", "mean", "std"}
    for kind in (DataPlan, Recipe):
        for field in dataclasses.fields(kind):
            assert renamed.get(field.name, field.name) in offered | only_python, field.name


def test_options_become_wishes():
    given = {
        "target": ["a,b", '"c,d"'],
        "kind": ["x=y=number"],
        "hidden": "128, 64",
        "time_limit": "1.5m",
        "optimizer_option": ["momentum=0.95"],
        "option": ["numbers=periodic", "sparse=true", "sizes=1,2"],
        "initialisation": "he",
        "epochs": 3,
        "lr": None,
        "drop": [],
    }
    assert flags.wishes(given) == {
        "target": ("a", "b", "c,d"),
        "kinds": {"x=y": "number"},
        "hidden": [128, 64],
        "time_limit": 90.0,
        "options": {"momentum": 0.95},
        "network_options": {"numbers": "periodic", "sparse": True, "sizes": [1, 2], "initialisation": "he"},
        "epochs": 3,
    }


@pytest.mark.parametrize("text, value", [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), (" 2 min", 120)])
def test_times(text, value):
    assert flags.seconds(text, "--time-limit") == value


@pytest.mark.parametrize("text", ["", "x", "5x", "1.2.3", ".", "-5", "5 m s"])
def test_what_is_no_time(text):
    with pytest.raises(UsageError, match="--time-limit 5m"):
        flags.seconds(text, "--time-limit")


# mistakes ------------------------------------------------------------------------------------------------------------

MISTAKES = [
    (["trian", "iris"], 2, "Did you mean 'train'"),
    (["train", "iris", "--epoch", "3"], 2, "Did you mean --epochs?"),
    (["train", "iris", "--epochs", "three"], 2, "--epochs"),
    (["train", "iris", "--epochs", "0"], 2, "epochs = 0"),
    (["train", "iris", "--lr", "nan"], 2, "finite"),
    (["train", "iris", "--seed", "99999999999999999999"], 2, "--seed"),
    (["train", "iris", "--optimizer", "adm"], 2, "'adam'"),
    (["train", "iris", "--schedule", "cosin"], 2, "'cosine'"),
    (["train", "iris", "--network", "mpl"], 2, "'mlp'"),
    (["train", "iris", "--task", "clasification"], 2, "'classification'"),
    (["train", "iris", "--hidden", "a,b"], 2, "--hidden 128,64"),
    (["train", "iris", "--kind", "species"], 2, "NAME=VALUE"),
    (["train", "iris", "--option", "hiden=3"], 2, "'hidden'"),
    (["train", "iris", "--target", "specie"], 3, "'species'"),
    (["train", "iris", "--drop", "petal"], 3, "no column 'petal'"),
    (["train", "irsi"], 3, "'iris'"),
    (["train", "no such.csv"], 3, "no such.csv"),
    (["train"], 2, "profundo train SOURCE"),
    (["train", "--plan", "none.toml"], 3, "none.toml"),
    (["train", "--resume", "nothere"], 3, "nothere"),
    (["train", "--resume", "nothere", "--epochs", "3"], 2, "profundo train --resume nothere"),
    (["evaluate"], 2, "RUN"),
    (["evaluate", "nothere"], 3, "not a profundo run"),
    (["predict", "nothere", "iris"], 3, "not a profundo run"),
    (["report", "nothere"], 3, "not a profundo run"),
    (["networks", "lenet"], 2, "'lenet1'"),
    (["tasks", "regresion"], 2, "'regression'"),
    (["check", "iris", "extra"], 2, "extra"),
]


@pytest.mark.parametrize("command, code, advice", MISTAKES, ids=[" ".join(c) for c, _, _ in MISTAKES])
def test_a_mistake_is_one_line_of_advice(call, here, command, code, advice):
    status, out, err = call(*command, "--json")
    last = err.splitlines()[-1]
    assert status == code and last.startswith("error: ") and advice in last and "Traceback" not in err
    told = json.loads(out)["error"]
    assert told["exit_code"] == code and advice in told["message"] and told["kind"].endswith("Error")
    assert not list(here.glob("runs/*"))


def test_a_run_is_not_written_over(trained, call):
    status, _, err = call("train", "iris", *QUICK, "--out", str(trained[0]))
    assert status == 5 and "--resume" in err and "--out" in err
    assert json.loads((trained[0] / "scores.json").read_text())["scores"] == json.loads(trained[1].stdout)["scores"]


def test_a_bug_is_stored_for_a_report_and_shows_no_traceback(call, monkeypatch, here):
    def fails():
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr("profundo.catalogue.dataset_entries", fails)
    monkeypatch.setattr("tempfile.tempdir", str(here))
    status, out, err = call("datasets", "--json")
    (stored,) = here.glob("profundo-crash-*.txt")
    assert status == 1 and len(err.splitlines()) == 1 and str(stored) in err and "Traceback" not in err
    assert json.loads(out)["error"]["exit_code"] == 1
    text = stored.read_text()
    assert "ZeroDivisionError: first line" in text and "in fails" in text and "torch" in text
    monkeypatch.setenv("PROFUNDO_DEBUG", "1")
    assert "Traceback" in call("datasets")[2]


@pytest.mark.parametrize(
    "error, code",
    [
        (MemoryError(), 5),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 5),
        (OSError(28, "No space left on device", "x"), 5),
        (PermissionError(13, "Permission denied", "x"), 5),
        (FileNotFoundError(2, "No such file or directory", "x"), 3),
        (ModuleNotFoundError("No module named 'zlib'", name="zlib"), 4),
        (KeyboardInterrupt(), 130),
        (ProfundoError("known"), 1),
    ],
)
def test_errors_of_the_system_become_advice(error, code):
    assert guard.understood(error).exit_code == code


def test_what_would_disturb_a_terminal_is_written_out(call):
    err = call("check", "a\x1b[31m\udce9.csv")[2]
    assert "\x1b" not in err and "\\x1b[31m\\udce9.csv" in err


# processes -----------------------------------------------------------------------------------------------------------


def process(*arguments, cwd, **options):
    command = [sys.executable, "-m", "profundo", *arguments]
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1, **options
    )


def test_help_lists_every_command_and_imports_nothing_heavy():
    code = "import sys, profundo.cli as c; c.execute(['-h']); assert not {'torch', 'numpy'} & sys.modules.keys()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in COMMANDS:
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(call, command):
    status, out, _ = call(command, "-h")
    assert status == 0 and "Usage: profundo" in out and "--json" in out


def test_version(call):
    status, out, _ = call("--version")
    assert status == 0 and out.startswith("profundo ") and "torch" in out


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_and_says_how_to_go_on(here, number, code):
    options = ["--epochs", "100000", "--hidden", "8", "--no-baselines", "--out", "out"]
    with process("train", "iris", *options, cwd=here) as child:
        for line in child.stderr:
            if line.startswith(" epoch"):
                break
        child.send_signal(number)
        rest = child.stderr.read()
        child.wait(20)
    assert child.returncode == code and "profundo train --resume out" in rest.splitlines()[-1]
    assert "Traceback" not in rest and (here / "out" / "resume.json").is_file()


def test_a_closed_pipe_is_silent(here):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "profundo", "datasets"], stdout=writer, stderr=subprocess.PIPE, cwd=here, check=False
    )
    os.close(writer)
    assert done.stderr == b"" and done.returncode == 141


def test_further_processes_of_a_group_write_no_results(call, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    assert call("datasets", "--json")[1] == ""
    status, out, err = call("networks", "lenet", "--json")
    assert status == 2 and out == "" and err.startswith("error in process 1: ")


def test_the_shell_completes():
    asked = {"_PROFUNDO_COMPLETE": "complete_bash", "COMP_WORDS": "profundo pre", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "profundo"], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["predict"]


def test_a_terminal_has_one_live_line(here):
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm", "COLUMNS": "100"}
    options = ["--epochs", "100000", "--time-limit", "2", "--hidden", "8", "--no-baselines", "--evaluate", "holdout"]
    command = [sys.executable, "-m", "profundo", "train", "iris", *options]
    child = subprocess.Popen(command, cwd=here, env=env, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen = b""
    try:
        while part := os.read(master, 65536):
            seen += part
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(master)
    assert child.wait(20) == 0 and b"score" in child.stdout.read()
    child.stdout.close()
    text = seen.decode()
    assert "\x1b[2K" in text and " left" in text and "/100000" in text
    assert " stopped   time limit" in text and "\n epoch " not in text
