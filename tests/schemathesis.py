#!/usr/bin/env python3
"""Lets schemathesis (tests/requirements.txt) try the whole OpenAPI document against a real server.

No answer may be a server error, undocumented, or of another form than the document says. The first run
invents everything, the second one asks for commands that exist. The program is `DATAGEN_BINARY`, or the
release build.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("DATAGEN_BINARY", TARGET / "release" / "datagen")
SCHEMATHESIS = [sys.executable, "-m", "schemathesis.cli"]
# What is left out: the document does not tell which texts are models, and unknown parameters are
# settings, so that what is well formed may be refused and what is odd may be accepted.
CHECKS = ["--checks", "all", "--exclude-checks", "positive_data_acceptance,negative_data_rejection"]


def call(address, token, path, form=b""):
    request = urllib.request.Request(f"{address}{path}", data=form, method="POST")
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def config(folder, name, operations):
    """A settings file that gives operations the commands to ask for."""
    lines = []
    for path, uuid in operations.items():
        lines += ["[[operations]]", f'include-path = "{path}"', f'parameters = {{ commandUuid = "{uuid}" }}']
    file = folder / name
    file.write_text("\n".join(lines) + "\n")
    return file


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "models").mkdir()
        environment = {**os.environ, "HOME": name, "DATAGEN_PASSWORD": "correct horse", "NO_COLOR": "1",
                       # Invented commands may be large; the answers are what is looked at.
                       "DATAGEN_MAX_THREADS": "1", "DATAGEN_MAX_RUNNING_COMMANDS": "1"}
        home = ["--home", "home"]
        keep = [BINARY, "user", "add", "root", "--role", "admin", *home]
        subprocess.run(keep, cwd=folder, env=environment, check=True)
        issue = [BINARY, "user", "token", "root", *home]
        token = subprocess.run(issue, cwd=folder, env=environment, check=True, text=True,
                               stdout=subprocess.PIPE).stdout.strip()
        log = (folder / "log").open("w+")
        serve = [BINARY, "serve", "--listen", "127.0.0.1:0", "--output-root", "out", *home]
        server = subprocess.Popen(serve, cwd=folder, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=log)
        try:
            address = server.stdout.readline().split()[2].rstrip(",")
            finished = call(address, token, "/datagen/csv?rows=5&batches=2&model=customer")["commandUuid"]
            later = "/datagen/json?rows=5&batches=1&model=sensor&delay_between_executions_seconds=3600"
            scheduled = call(address, token, later)["commandUuid"]
            status = ""
            while status != "FINISHED":
                time.sleep(0.1)
                path = f"/command/getCommandStatus?commandUuid={finished}"
                status = call(address, token, path)["status"]
            reading = {f"/command/{name}": finished
                       for name in ["getCommandStatus", "get", "data", "events", "cancel", "retry"]}
            steering = {f"/command/{name}": scheduled for name in ["pause", "resume", "removeScheduled"]}
            common = [f"{address}/openapi.json", *CHECKS, "--seed", os.environ.get("SCHEMATHESIS_SEED", "1"), "-H",
                      f"Authorization: Bearer {token}", "--no-color", "--warnings", "off",
                      "--max-response-time", "30"]
            invented = ["run", *common, "-n", os.environ.get("SCHEMATHESIS_EXAMPLES", "15")]
            known = ["--config-file", config(folder, "known.toml", reading | steering), "run", *common,
                     "--include-path-regex", "^/command/", "-n", "5", "--phases", "examples,fuzzing"]
            failed = [subprocess.run([*SCHEMATHESIS, *run], cwd=folder, check=False).returncode
                      for run in (invented, known)]
            if server.poll() is not None:
                failed.append(server.returncode or 1)
        finally:
            server.terminate()
            server.wait(10)
        log.seek(0)
        complaints = [line for line in log if "ERROR" in line]
        if any(failed) or complaints:
            sys.exit("".join(complaints[:20]) or "schemathesis found faults")


main()
