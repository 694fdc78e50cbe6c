#!/usr/bin/env python3
"""Runs the commands of README.md and compares what they print with what the README shows.

In a `console` block a line that begins with `$ ` is a command, and the lines up to the next one are
its output; `…` stands for anything. `datagen` is the release build.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def steps(text):
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        command, output = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, output
                command, output = line[2:], []
            else:
                output.append(line)
        if command:
            yield command, output


def run_all(group):
    """Runs every command in the process group `group`: how many passed, and how many failed."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    # The referees' programs, as whoever has followed the README's `pip install` has them.
    referee = os.environ.get("DATAGEN_REFEREE", pathlib.Path.home() / ".cache/datagen/venv/bin/python")
    path = f"{target}:{pathlib.Path(referee).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "120"}
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        environment["HOME_FOR_SERVER"] = folder
        for command, expected in steps((ROOT / "README.md").read_text()):
            # A command with `cargo` is the reader's first one: it runs in the clone.
            where = ROOT if command.startswith("cargo ") else folder
            if command.startswith("cargo test"):
                continue  # run by .ci/run itself
            command = command.replace("models/", f"{ROOT}/models/") if where == folder else command
            run = subprocess.run(["bash", "-c", command], cwd=where, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800,
                                 process_group=group)
            shown = [line.rstrip() for line in run.stdout.splitlines()
                     if not re.match(r"\s*(Compiling|Finished|Running|Downloading|Downloaded|Locking|Adding|Updating|Blocking)\b", line)]
            pattern = "\n".join(re.escape(line.rstrip()).replace("…", ".*") for line in expected)
            if run.returncode == 0 and re.fullmatch(pattern, "\n".join(shown), re.S):
                passed += 1
            else:
                failed += 1
                print(f"$ {command}\nexit {run.returncode}\n--- printed\n" + "\n".join(shown) + "\n--- README\n" + "\n".join(expected))
    return passed, failed


def main():
    # What the commands leave running, servers among them, ends with their process group and nobody
    # else's does. The group is that of a process that waits for the end of its input.
    leader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, process_group=0)
    try:
        passed, failed = run_all(leader.pid)
    finally:
        os.killpg(leader.pid, signal.SIGTERM)
        leader.wait()
    print(f"README: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
