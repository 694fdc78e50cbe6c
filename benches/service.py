#!/usr/bin/env python3
"""Times a server under many commands: 1,000 posted by 50 clients at once, then queries and posts with
1,000 and with 100,000 finished commands in its store.

    benches/service.py [datagen]      (default: target/release/datagen below CARGO_TARGET_DIR)

Needs Python alone. Exits with 1 when a command is lost, run twice or not finished, or when a query takes
more than three times as long (and over 20 ms) with the full store.
"""
import http.client, json, os, sqlite3, statistics, subprocess, sys, tempfile, threading, time, uuid

CLIENTS, COMMANDS, FULL = 50, 1_000, 100_000
MODEL = json.dumps({"model_name": "tiny", "Fields": [{"name": "a", "type": "INTEGER"}]})


class Server:
    def __init__(self, program, folder, **settings):
        environment = dict(os.environ, HOME=folder)
        environment.update({f"DATAGEN_{key.upper()}": str(value) for key, value in settings.items()})
        arguments = [program, "serve", "--listen", "127.0.0.1:0", "--home", f"{folder}/home", "--output-root", f"{folder}/out"]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)
        self.address = self.process.stdout.readline().split()[2].rstrip(",").split("//")[1]

    def connect(self):
        return http.client.HTTPConnection(self.address, timeout=120)

    def stop(self):
        started = time.monotonic()
        self.process.terminate()
        assert self.process.wait() == 0
        return time.monotonic() - started


def ask(connection, method, path, body=None):
    connection.request(method, path, body, {"content-type": "application/json"} if body else {})
    answer = connection.getresponse()
    return answer.status, answer.getheader("retry-after"), json.loads(answer.read())


def post(connection):
    body = json.dumps({"model": json.loads(MODEL), "rows": 1, "batches": 1})
    started = time.perf_counter()
    status, retry_after, answer = ask(connection, "POST", "/datagen/csv", body)
    return status, retry_after, answer, time.perf_counter() - started


def quantiles(times):
    ordered = sorted(times)
    return f"p50 {1e3 * statistics.median(ordered):.2f} ms, p99 {1e3 * ordered[int(len(ordered) * 0.99) - 1]:.2f} ms"


def wait_until_idle(connection):
    while True:
        counts = [len(ask(connection, "POST", f"/command/getByStatus?limit=1&status={s}")[2]) for s in ("QUEUED", "STARTING", "RUNNING")]
        if not any(counts):
            return
        time.sleep(0.05)


def crowd(program, folder, queue):
    """50 clients at once; each accepted command must end FINISHED with exactly its one file."""
    server = Server(program, folder, max_queued_commands=queue)
    accepted, refused, times, lock = [], [], [], threading.Lock()

    def client():
        connection = server.connect()
        for _ in range(COMMANDS // CLIENTS):
            status, retry_after, answer, took = post(connection)
            with lock:
                times.append(took)
                if status == 200:
                    accepted.append(answer["commandUuid"])
                else:
                    assert status == 429 and int(retry_after) >= 1, (status, answer)
                    refused.append(answer)

    started = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted = time.monotonic() - started
    connection = server.connect()
    wait_until_idle(connection)
    ended = time.monotonic() - started
    listed = ask(connection, "POST", "/command/getAll?limit=10000")[2]
    finished = {c["commandUuid"] for c in listed if c["status"] == "FINISHED" and c["runs"] == 1}
    assert len(accepted) == len(set(accepted)) and len(accepted) + len(refused) == COMMANDS
    assert finished == set(accepted) == {c["commandUuid"] for c in listed}, "lost, run twice or not finished"
    for command in accepted:
        assert os.listdir(f"{folder}/out/{command}") == ["tiny-0000000000.csv"], command
    print(f"queue of {queue}: {len(accepted)} accepted, {len(refused)} told 429, none lost or run twice; "
          f"POST {quantiles(times)}; posted in {posted:.2f} s, all finished after {ended:.2f} s")
    server.stop()


def fill(folder, wanted):
    """Copies a finished command until the store holds `wanted`: ids are new, the rest is the same."""
    store = sqlite3.connect(f"{folder}/home/datagen.db")
    tables = {}
    for table in ("commands", "transitions", "connectors", "batches"):
        tables[table] = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
    have, source = store.execute("SELECT count(*), min(number) FROM commands").fetchone()
    for _ in range(wanted - have):
        columns = [c for c in tables["commands"] if c not in ("number", "id")]
        number = store.execute(
            f"INSERT INTO commands (id, {', '.join(columns)}) SELECT ?, {', '.join(columns)} FROM commands WHERE number = ?",
            (uuid.uuid4().bytes, source)).lastrowid
        for table in ("transitions", "connectors", "batches"):
            columns = [c for c in tables[table] if c not in ("number", "command")]
            store.execute(f"INSERT INTO {table} (command, {', '.join(columns)}) SELECT ?, {', '.join(columns)} FROM {table} WHERE command = ?", (number, source))
    store.commit()
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def queries(program, folder):
    started = time.monotonic()
    server = Server(program, folder)
    opened = time.monotonic() - started
    connection = server.connect()
    newest = ask(connection, "POST", "/command/getAll?limit=100")[2]
    questions = {
        "getAll limit 100": "/command/getAll?limit=100",
        "getAll limit 100 offset 900": "/command/getAll?limit=100&offset=900",
        "getByStatus FINISHED limit 100": "/command/getByStatus?status=FINISHED&limit=100",
        "getByStatus RUNNING": "/command/getByStatus?status=RUNNING",
        "getAllScheduled": "/command/getAllScheduled",
        "getCommandStatus": f"/command/getCommandStatus?commandUuid={newest[50]['commandUuid']}",
        "get": f"/command/get?commandUuid={newest[50]['commandUuid']}",
    }
    found = {"start": [opened]}
    for name, path in questions.items():
        found[name] = []
        for _ in range(50):
            started = time.perf_counter()
            assert ask(connection, "POST", path)[0] == 200, path
            found[name].append(time.perf_counter() - started)
    found["POST"] = [post(connection)[3] for _ in range(200)]
    wait_until_idle(connection)
    stopped = server.stop()
    size = os.path.getsize(f"{folder}/home/datagen.db")
    return found, size, stopped


def main():
    default = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "datagen")
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else default)
    with tempfile.TemporaryDirectory() as folder:
        crowd(program, folder, 50)
    with tempfile.TemporaryDirectory() as folder:
        crowd(program, folder, COMMANDS)
        few, few_bytes, _ = queries(program, folder)
        fill(folder, FULL)
        many, many_bytes, _ = queries(program, folder)
        print(f"store: {few_bytes / 1e6:.1f} MB with 1,000 commands, {many_bytes / 1e6:.1f} MB with {FULL:,}")
        slower = []
        for name in few:
            before, after = statistics.median(few[name]), statistics.median(many[name])
            print(f"{name:32} {quantiles(few[name])}  ->  {quantiles(many[name])}")
            if after > 3 * before and after > 0.02:
                slower.append(name)
        assert not slower, f"slower with a full store: {slower}"


if __name__ == "__main__":
    main()
