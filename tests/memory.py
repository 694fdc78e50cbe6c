#!/usr/bin/env python3
"""A server under a limit of memory lives through whatever it is asked (issue 9, A1 to A5).

It starts a server with users under `ulimit -v`, runs a calm command, and meanwhile asks for what an
attacker found and for DATAGEN_MEMORY_INPUTS (200) inputs of the same kinds, made from a seed that is
printed: previews and scripts with large texts, options in the extremes of their range, rows of many
megabytes on many threads, failed logins from many addresses. Then the server must still be the same
process, and the calm command's files those of `datagen generate`.

`datagen` is the release build, or DATAGEN_BINARY.
"""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("DATAGEN_BINARY", str(TARGET / "release" / "datagen"))
LIMIT_KIB = int(os.environ.get("DATAGEN_MEMORY_LIMIT_KIB", "4000000"))
INPUTS = int(os.environ.get("DATAGEN_MEMORY_INPUTS", "200"))
SECONDS = int(os.environ.get("DATAGEN_MEMORY_SECONDS", "240"))
SEED = int(os.environ.get("DATAGEN_MEMORY_SEED", str(int(time.time()))))
PASSWORD = "correct horse"
ATTACKERS = 4
FORMATS = ["csv", "json", "avro", "parquet", "orc"]

# A command: (path, form). What an attacker found, first.
STRING = {"name": "f", "type": "STRING", "length": 16777216}
WIDE = [{"name": "s", "type": "STRING", "length": 200}, {"name": "n", "type": "LONG"}]
REPLACE = 'fn generate(row, params) { let s="x"; s.pad(60000,"y"); s.replace("y",s); s.len() }'
PAD = "fn generate(row, params) { let a=[]; a.pad(9999,0); a.map(|x| {let b=[]; b.pad(9999,x); b}).len() }"


def script(code, returns="int64"):
    return {"name": "x", "type": "RHAI", "returns": returns, "code": code}


def found():
    many = [{"name": f"b{index}", "type": "BOOLEAN"} for index in range(3000)]
    nulls = [{"name": f"n{index}", "type": "INTEGER", "null_rate": 1} for index in range(20)]
    five = "/datagen/multipleconnectors?connectors=" + ",".join(FORMATS)
    return [
        ("/model/test", [{"name": "f", "type": "STRING", "possible_values": ["x" * 1000000]}], {"rows": 10000}),
        ("/model/test", [STRING], {"rows": 400}),
        ("/datagen/csv", [script(REPLACE)], {"rows": 1, "batches": 1}),
        ("/datagen/csv", [script(PAD), *many], {"rows": 1000, "batches": 1, "threads": 16}),
        ("/datagen/parquet", WIDE, {"rows": 20000000, "batches": 1, "threads": 4,
                                    "PARQUET_ROW_GROUP_ROWS": 16777216, "PARQUET_ROW_GROUP_SIZE": 2147483647}),
        ("/datagen/csv", nulls, {"rows": 2000, "batches": 1, "threads": 4, "CSV_NULL": "n" * 100000}),
        (five, [STRING], {"rows": 100, "batches": 1, "threads": 64}),
    ]


def made(chance):
    """One input of the kinds above."""
    kind = chance.choice(["preview", "script", "options", "rows", "user code"])
    size = int(2 ** chance.uniform(6, 24))
    threads = chance.choice([1, 4, 16, 64])
    text = chance.choice([
        {"name": "f", "type": "STRING", "length": min(size, 16777216)},
        {"name": "f", "type": "STRING", "possible_values": ["x" * min(size, 4000000), "y"]},
        {"name": "f", "type": "BYTES", "size": min(size, 1000000)},
    ])
    if kind == "preview":
        return ("/model/test", [text], {"rows": chance.choice([1, 100, 10000])})
    if kind == "script":
        body = chance.choice([
            'let s="x"; s.pad(N,"y"); s.replace("y",s); s.len()',
            "let a=[]; a.pad(N,0); a.map(|x| {let b=[]; b.pad(N,x); b}).len()",
            'let s="xy"; for i in 0..40 { s += s; } s.len()',
            "let a=[1]; for i in 0..40 { a += a; } a.len()",
            'let a=[]; for i in 0..N { let s=""; s.pad(N,"z"); a.push(s); } a.len()',
            "let m=#{}; for i in 0..N { m[`${i}`]=[0]; m[`${i}`].pad(N,0); } m.len()",
        ]).replace("N", str(chance.choice([100, 5000, 9999, 60000, 65536])))
        return ("/datagen/csv", [script(f"fn generate(row, params) {{ {body} }}")],
                {"rows": chance.choice([1, 1000]), "batches": 1, "threads": threads})
    if kind == "user code":
        length = chance.choice([100, 10000, 60000])
        code = f'fn generate(row, params) {{ let s=""; s.pad({length},"z"); s }}'
        connector = chance.choice(FORMATS)
        return (f"/datagen/{connector}", [script(code, "string")],
                {"rows": chance.choice([100, 100000]), "batches": 1, "threads": threads})
    if kind == "options":
        number = lambda: int(2 ** chance.uniform(0, 31))
        options = {
            "PARQUET_ROW_GROUP_ROWS": min(number(), 16777216), "PARQUET_ROW_GROUP_SIZE": max(1024, number()),
            "PARQUET_PAGE_SIZE": max(1024, number()), "PARQUET_DICTIONARY_PAGE_SIZE": max(1024, number()),
            "ORC_STRIPE_SIZE": number(), "COMPRESSION": chance.choice(["gzip", "zstd", "none"]),
            "CSV_NULL": "n" * min(number(), 100000), "ONE_FILE_PER_ITERATION": chance.choice(["true", "false"]),
        }
        chosen = dict(chance.sample(sorted(options.items()), chance.randint(1, 5)))
        fields = [*WIDE, {"name": "i", "type": "INTEGER", "null_rate": 0.5}] * 1
        connector = chance.choice(["csv", "parquet", "orc"])
        return (f"/datagen/{connector}", fields, {"rows": chance.choice([1000, 20000000]), "batches": 1,
                                                  "threads": threads, **chosen})
    connectors = ",".join(chance.sample(FORMATS, chance.randint(1, 5)))
    return (f"/datagen/multipleconnectors?connectors={connectors}", [text],
            {"rows": chance.choice([10, 100, 100000]), "batches": 1, "threads": threads})


class Server:
    def __init__(self, folder):
        self.folder = folder
        for name in ["ann", "victim"]:
            subprocess.run([BINARY, "user", "add", name, "--role", "admin", "--home", "home"], cwd=folder,
                           input=PASSWORD + "\n", text=True, check=True, stderr=subprocess.DEVNULL)
        token = subprocess.run([BINARY, "user", "token", "ann", "--label", "t", "--days", "1", "--home", "home"],
                               cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
        self.headers = {"Authorization": f"Bearer {token}"}
        command = f"ulimit -v {LIMIT_KIB}; exec {BINARY} serve --listen 127.0.0.1:0 --home home --output-root out"
        self.log = open(folder / "server.log", "w")
        self.process = subprocess.Popen(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.port = int(re.search(r":(\d+)", self.process.stdout.readline().split("//")[1]).group(1))

    def ask(self, path, form=None, timeout=30):
        """Code and body; code 0 when nobody answers in time."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            body, headers = b"", dict(self.headers)
            if form is not None:
                boundary = "datagen-memory"
                parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"'
                         + ('; filename="m.json"' if key == "model_file" else "") + f"\r\n\r\n{value}\r\n"
                         for key, value in form.items()]
                body = ("".join(parts) + f"--{boundary}--\r\n").encode()
                headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def json(self, path, form=None):
        code, body = self.ask(path, form)
        try:
            return code, json.loads(body)
        except ValueError:
            return code, body[:200]

    def fail_to_log_in(self, number):
        source = f"127.2.{number // 250}.{1 + number % 250}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))
        try:
            secret = base64.b64encode(f"victim:wrong {number}".encode()).decode()
            connection.request("POST", "/command/getAll", b"", {"Authorization": f"Basic {secret}"})
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def lives(self):
        return self.process.poll() is None

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) // 1024


def attack(server, number, one, codes, ends):
    path, fields, parameters = one
    form = {"model_file": json.dumps({"Fields": fields}), **parameters}
    if path.startswith("/datagen"):
        form["LOCAL_FILE_PATH"] = f"attack/{number}"
    code, answer = server.ask(path, form, timeout=20)
    codes[code] = codes.get(code, 0) + 1
    if code != 200 or not path.startswith("/datagen"):
        return
    key = json.loads(answer)["commandUuid"]
    deadline = time.time() + 5
    while time.time() < deadline:
        code, status = server.json(f"/command/getCommandStatus?commandUuid={key}")
        if code == 200 and status["status"] in ("FINISHED", "FAILED"):
            ends[status["status"]] = ends.get(status["status"], 0) + 1
            return
        time.sleep(0.1)
    server.json(f"/command/cancel?commandUuid={key}")
    ends["cancelled"] = ends.get("cancelled", 0) + 1


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def main():
    print(f"seed {SEED}, {INPUTS} inputs, ulimit -v {LIMIT_KIB}")
    chance = random.Random(SEED)
    started = time.time()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server = Server(folder)
        calm = {"rows": 20000, "batches": 3000, "threads": 1, "seed": 7, "now": "2026-01-31T12:00:00Z",
                "LOCAL_FILE_PATH": "calm"}
        code, answer = server.json("/datagen/multipleconnectors?connectors=csv,parquet&model=customer", calm)
        assert code == 200, answer
        key = answer["commandUuid"]
        queue = [*enumerate(found() + [made(chance) for _ in range(INPUTS)])]
        queue.reverse()
        codes, ends, logins = {}, {}, {}

        def work():
            while queue and server.lives() and time.time() < started + SECONDS:
                attack(server, *queue.pop(), codes, ends)

        def guess():
            number = 0
            while not over.is_set() and server.lives():
                code = server.fail_to_log_in(number)
                logins[code] = logins.get(code, 0) + 1
                number += 1

        over = threading.Event()
        attackers = [threading.Thread(target=work) for _ in range(ATTACKERS)]
        guessers = [threading.Thread(target=guess) for _ in range(8)]
        for thread in attackers + guessers:
            thread.start()
        for thread in attackers:
            thread.join()
        over.set()
        for thread in guessers:
            thread.join()
        tried = len(found()) + INPUTS - len(queue)
        print(f"{tried} inputs in {time.time() - started:.0f} s: answers {codes}, ends {ends}, logins {logins}")
        if not server.lives():
            print((folder / "server.log").read_text()[-2000:])
            sys.exit(f"the server ended with {server.process.returncode}")
        code, status = server.json(f"/command/getCommandStatus?commandUuid={key}")
        assert code == 200 and status["status"] in ("RUNNING", "FINISHED"), status
        server.json(f"/command/cancel?commandUuid={key}")
        while server.json(f"/command/getCommandStatus?commandUuid={key}")[1]["status"] == "RUNNING":
            time.sleep(0.1)
        peak = server.peak_mib()
        server.process.terminate()
        server.process.wait(30)
        made_files = digests(folder / "out" / "calm")
        batches = max(int(re.search(r"(\d{10})", name).group(1)) for name in made_files) + 1
        subprocess.run([BINARY, "generate", "-q", "-m", "customer", "-c", "csv,parquet", "-r", str(calm["rows"]),
                        "-b", str(batches), "--seed", "7", "--now", calm["now"], "--output-root", "reference"],
                       cwd=folder, check=True)
        reference = digests(folder / "reference")
        wrong = [name for name, digest in made_files.items() if reference.get(name) != digest]
        assert not wrong, wrong
        assert made_files, "the calm command made nothing"
        print(f"the server lives; {len(made_files)} files of the calm command are right; peak memory {peak} MiB")
        if queue:
            sys.exit(f"{len(queue)} inputs were not tried in {SECONDS} s")


main()
