#!/usr/bin/env python3
"""A server under a limit of memory lives through whatever it is asked (issue 9, A1 to A5).

It starts a server with users under `ulimit -v`, runs calm commands one after the other, and meanwhile asks for
what an attacker found and for inputs of the same kinds, made from a seed that is printed: previews and scripts with
large texts, options in the extremes of their range, rows of many megabytes on many threads, failed logins from many
addresses. Then the server must still be the same process, and every file of the calm commands be that of
`datagen generate`.

DATAGEN_MEMORY_INPUTS (200) inputs are tried, or as many as DATAGEN_MEMORY_SECONDS (240) allow. What is looked at is
removed, so that the disk needs less than 3 GB; the peak is told. `datagen` is the release build, or DATAGEN_BINARY.
"""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
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

# Some 150 MB of files.
CALM_PATH = "/datagen/multipleconnectors?connectors=csv,parquet&model=customer"
CALM = {"rows": 20000, "batches": 25, "threads": 1, "seed": 7, "now": "2026-01-31T12:00:00Z"}

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

    def end_of(self, key, deadline):
        """How the command ended; `None` after cancelling it at the deadline."""
        while time.time() < deadline and self.lives():
            code, status = self.json(f"/command/getCommandStatus?commandUuid={key}")
            if code == 200 and status["status"] in ("FINISHED", "FAILED"):
                return status["status"]
            time.sleep(0.1)
        self.json(f"/command/cancel?commandUuid={key}")
        return None

    def lives(self):
        return self.process.poll() is None

    def peaks_mib(self):
        """The most memory, and the most address space, which is what `ulimit -v` limits."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return [int(re.search(rf"{key}:\s+(\d+)", status).group(1)) // 1024 for key in ("VmHWM", "VmPeak")]


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
    end = server.end_of(key, time.time() + 3) or "cancelled"
    ends[end] = ends.get(end, 0) + 1
    shutil.rmtree(server.folder / "out" / "attack" / str(number), ignore_errors=True)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def stay_calm(server, reference, over, calm):
    """Runs the calm command, looks at its files and removes them, again and again until the attack is over."""
    while server.lives():
        code, answer = server.json(CALM_PATH, {**CALM, "LOCAL_FILE_PATH": "calm"})
        if code != 200:
            # Nobody answers, or the queue is full.
            calm["refused"] = calm.get("refused", 0) + 1
            time.sleep(0.2)
            continue
        # It may wait behind commands that are cancelled after 3 seconds.
        end = server.end_of(answer["commandUuid"], started + SECONDS + 120)
        folder = server.folder / "out" / "calm"
        is_right = end == "FINISHED" and digests(folder) == reference
        calm["right" if is_right else f"wrong: {end}"] = calm.get("right" if is_right else f"wrong: {end}", 0) + 1
        shutil.rmtree(folder, ignore_errors=True)
        if over.is_set():
            return


def used_mb(folder):
    """What lies in the folder; what goes away meanwhile does not count."""
    used = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                used += os.lstat(os.path.join(path, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return used // 1_000_000


def main():
    print(f"seed {SEED}, {INPUTS} inputs, ulimit -v {LIMIT_KIB}")
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([BINARY, "generate", "-q", "-m", "customer", "-c", "csv,parquet", "-r", str(CALM["rows"]),
                        "-b", str(CALM["batches"]), "--seed", "7", "--now", CALM["now"], "--output-root", "reference"],
                       cwd=folder, check=True)
        reference = digests(folder / "reference")
        shutil.rmtree(folder / "reference")
        server = Server(folder)
        inputs = found() + [made(chance) for _ in range(INPUTS)]
        queue = [*enumerate(inputs)]
        queue.reverse()
        codes, ends, logins, calm, disk = {}, {}, {}, {}, [0]

        def work():
            while queue and server.lives() and time.time() < started + SECONDS:
                attack(server, *queue.pop(), codes, ends)

        def guess():
            number = 0
            while not over.is_set() and server.lives():
                code = server.fail_to_log_in(number)
                logins[code] = logins.get(code, 0) + 1
                number += 1

        def watch():
            while not over.wait(0.2):
                disk.append(used_mb(folder))

        over = threading.Event()
        attackers = [threading.Thread(target=work) for _ in range(ATTACKERS)]
        others = [threading.Thread(target=guess) for _ in range(8)]
        others += [threading.Thread(target=watch),
                   threading.Thread(target=stay_calm, args=(server, reference, over, calm))]
        for thread in attackers + others:
            thread.start()
        for thread in attackers:
            thread.join()
        over.set()
        for thread in others:
            thread.join()
        tried = len(inputs) - len(queue)
        print(f"{tried} inputs in {time.time() - started:.0f} s: answers {codes}, ends {ends}, logins {logins}")
        if not server.lives():
            print((folder / "server.log").read_text()[-2000:])
            sys.exit(f"the server ended with {server.process.returncode}")
        memory, space = server.peaks_mib()
        server.process.terminate()
        server.process.wait(30)
        assert calm.get("right") and not any(end.startswith("wrong") for end in calm), calm
        assert max(disk) < 3_000, f"{max(disk)} MB of disk"
        print(f"the server lives; calm commands of {len(reference)} files each: {calm}; peak memory {memory} MiB, "
              f"peak address space {space} MiB, peak disk {max(disk)} MB")
        if tried < len(found()):
            sys.exit(f"only {tried} inputs were tried in {SECONDS} s")


started = time.time()
main()
