#!/usr/bin/env python3
"""Files to S3 beside the same files on the local disk, and many small objects where each answer takes 50 ms.

    benches/s3.py [ENDPOINT[=PID]...]       as http://127.0.0.1:5555=$(cat moto/pid); PID: whose CPU is the server's

The program is named by DATAGEN, else the release build. Beside the given servers (`tests/services/moto/run`,
`tests/services/ozone/run`) a server of this script's own takes part, which speaks just enough of the protocol, reads what
it is sent and forgets it: where a real server is the limit, it shows what the client could do.

The local disk is that of TMPDIR; /dev/shm is one that never waits. Rates are the best of RUNS. `client` and `server` are
their CPU seconds of that run: who is near the wall time times cores is the limit. One after the other is boto3, which puts
objects of the same size through the same delay.
"""

import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DATAGEN = os.environ.get("DATAGEN", os.path.join(ROOT, "target/release/datagen"))
RUNS = int(os.environ.get("RUNS", "3"))
ROWS = int(os.environ.get("ROWS", "10000000"))
LATENCY = 0.05
XML = '<?xml version="1.0"?><{0} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{1}</{0}>'


def forget(port_file, latency):
    """Serves S3 that forgets, until it is killed; a thread for each connection."""
    uploads = itertools.count()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    with open(port_file + ".new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(port_file + ".new", port_file)

    def answer(method, target):
        query = target.partition("?")[2]
        if method == "DELETE":
            return 204, ""
        if method == "PUT":
            return 200, ""
        if "uploadId" in query:
            return 200, XML.format("CompleteMultipartUploadResult", "<ETag>&quot;e&quot;</ETag>")
        if method == "POST":
            return 200, XML.format("InitiateMultipartUploadResult", f"<UploadId>u{next(uploads)}</UploadId>")
        kind = "ListMultipartUploadsResult" if "uploads" in query else "ListBucketResult"
        return 200, XML.format(kind, "<IsTruncated>false</IsTruncated><KeyCount>0</KeyCount>")

    def serve(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer, head = bytearray(1 << 20), b""
        while True:
            while b"\r\n\r\n" not in head:
                more = connection.recv(1 << 16)
                if not more:
                    return
                head += more
            head, _, body = head.partition(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            left = int(length[1]) - len(body) if length else 0
            if b"100-continue" in head:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            while left > 0:
                left -= connection.recv_into(buffer, min(left, len(buffer)))
            time.sleep(latency)
            code, text = answer(method, target)
            connection.sendall(f'HTTP/1.1 {code} OK\r\nETag: "e"\r\nContent-Length: {len(text)}\r\n\r\n{text}'.encode())
            head = b""

    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


class Forgetful:
    """Such a server in a process of its own."""

    def __init__(self, folder, latency=0.0):
        port_file = os.path.join(folder, f"port-{latency}")
        self.process = subprocess.Popen([sys.executable, __file__, "--forget", port_file, str(latency)])
        while not os.path.exists(port_file):
            time.sleep(0.05)
        with open(port_file) as file:
            self.endpoint = f"http://127.0.0.1:{file.read()}"


def cpu_of(pid):
    with open(f"/proc/{pid}/stat") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def generate(folder, connector, rows, batches, endpoint=None, pid=None):
    """Wall and CPU seconds of the best run, of the client and the server."""
    runs = []
    for _ in range(RUNS):
        more = [] if endpoint is None else [
            "--set", f"S3_ENDPOINT={endpoint}", "--set", "S3_BUCKET=bench", "--set", "S3_ACCESS_KEY_ID=datagen",
            "--set", "S3_ACCESS_KEY_SECRET=any", "--set", f"S3_DIRECTORY=b{os.getpid()}"]
        server = cpu_of(pid) if pid else 0
        began = time.monotonic()
        process = subprocess.Popen([
            DATAGEN, "generate", "-q", "-m", "sensor", "-c", connector, "-r", str(rows), "-b", str(batches),
            "--seed", "7", "--output-root", os.path.join(folder, "out"), "--set", "DELETE_PREVIOUS=true", *more])
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, (connector, endpoint)
        wall = time.monotonic() - began
        runs.append((wall, usage.ru_utime + usage.ru_stime, (cpu_of(pid) if pid else 0) - server))
    return min(runs)


def one_after_the_other(endpoint, size, objects):
    import boto3
    from botocore.config import Config
    from botocore.handlers import add_expect_header

    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="datagen",
                      aws_secret_access_key="any", config=Config(s3={"addressing_style": "path"}))
    # The proxy does not know of requests that ask before they send.
    s3.meta.events.unregister("before-call.s3", add_expect_header)
    began = time.monotonic()
    for number in range(objects):
        s3.put_object(Bucket="bench", Key=f"boto3/{number}", Body=b"x" * size)
    return (time.monotonic() - began) / objects


def main(servers):
    folder, started = tempfile.mkdtemp(), []
    try:
        forgetful = Forgetful(folder)
        started.append(forgetful.process)
        servers = [(server.partition("=")[0], server.partition("=")[2]) for server in servers]
        servers.append((forgetful.endpoint, forgetful.process.pid))
        cores = len(os.sched_getaffinity(0))
        print(f"{ROWS} rows of `sensor` in 20 batches, {cores} cores")
        print(f"{'':32} {'Mrows/s':>8} {'wall s':>7} {'client':>7} {'server':>7} {'of local':>9}")
        for name in ("csv", "parquet"):
            local = generate(folder, name, ROWS // 20, 20)
            rows = [(name, local)]
            for endpoint, pid in servers:
                mark = " (forgets)" if endpoint == forgetful.endpoint else ""
                measured = generate(folder, f"s3_{name}", ROWS // 20, 20, endpoint, pid)
                rows.append((f"s3_{name} {endpoint[7:]}{mark}", measured))
            for title, (wall, client, server) in rows:
                print(f"{title:32} {ROWS / wall / 1e6:8.2f} {wall:7.2f} {client:7.2f} {server:7.2f} {local[0] / wall:9.2f}", flush=True)
        print(f"1000 batches of 1000 rows, each answer {LATENCY * 1000:.0f} ms late")
        slow = [("a server that forgets", Forgetful(folder, LATENCY))]
        started.append(slow[0][1].process)
        ends = [(title, server.endpoint) for title, server in slow]
        for endpoint, _ in servers[:-1]:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            proxy = subprocess.Popen([sys.executable, os.path.join(ROOT, "tests/services/faulty_proxy.py"), str(port),
                                      endpoint.rpartition(":")[2], "503", "0", str(LATENCY)], stdout=subprocess.PIPE)
            proxy.stdout.readline()
            started.append(proxy)
            ends.append((endpoint[7:], f"http://127.0.0.1:{port}"))
        for title, endpoint in ends:
            wall, client, _ = generate(folder, "s3_csv", 1000, 1000, endpoint)
            alone = 1000 * one_after_the_other(endpoint, 72_000, 50)
            times = f"one after the other {alone:6.1f} s: {alone / wall:.1f} times"
            print(f"{title:32} {wall:7.1f} s, {times}, client {client:.1f} s of CPU", flush=True)
    finally:
        for process in started:
            process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--forget"]:
        forget(sys.argv[2], float(sys.argv[3]))
    else:
        main(sys.argv[1:])
