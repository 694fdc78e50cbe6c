#!/usr/bin/env python3
"""CPU seconds of the client for a million messages of 200 bytes, acks=all, idempotent: ours beside librdkafka's.

    benches/kafka.py BROKER [COUNT]

BROKER is `tests/services/kafka/run`'s, as 127.0.0.1:9092. Ours is `crates/kafka/examples/produce.rs`, whose batches
are made by the process that is measured; build it with `cargo build --release --example produce -p datagen-kafka`,
or name another build of it by PRODUCE. The other side is confluent-kafka, and kcat where it is installed, which is
librdkafka without Python. Topics have three partitions; each run has a topic of its own.
"""

import os
import resource
import shutil
import subprocess
import sys
import time

from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PRODUCE = os.environ.get("PRODUCE", os.path.join(ROOT, "target/release/examples/produce"))


def rows():
    for row in range(8192):
        mixed = row * 2654435761 % 1000000007
        text = (f'{{"id":{row},"name":"name {mixed}","email":"{mixed}@example.com","city":"Paris",'
                f'"amount":{mixed % 10000}.{mixed % 100:02},"note":"')
        text += "".join(chr(97 + (row * 7 + place * 13) % 26) for place in range(len(text), 198)) + '"}'
        yield text.encode()


def confluent(broker, topic, count, codec):
    from confluent_kafka import Producer

    failed = []
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "compression.type": codec,
                         "linger.ms": 20, "queue.buffering.max.messages": 1000000})
    texts = list(rows())
    report = lambda error, _: failed.append(error) if error else None
    for number in range(count):
        while True:
            try:
                producer.produce(topic, texts[number % 8192], on_delivery=report)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 10000 == 0:
            producer.poll(0)
    assert producer.flush(300) == 0 and not failed, failed[:1]


def measured(arguments, stdin=None):
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(arguments, check=True, stdin=stdin)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began


def main(broker, count="1000000"):
    admin, count = AdminClient({"bootstrap.servers": broker}), int(count)
    scale = 1_000_000 / count
    lines = "/tmp/datagen-bench-kafka-rows"
    kcat = shutil.which("kcat")
    if kcat:
        texts = list(rows())
        with open(lines, "wb") as file:
            file.writelines(texts[number % 8192] + b"\n" for number in range(count))
    print(f"{'codec':6} {'client':16} {'CPU s per million':>18} {'wall s':>8}")
    for codec in ["none", "lz4"]:
        ways = {"ours": [PRODUCE, broker, "{topic}", str(count), codec],
                "confluent-kafka": [sys.executable, __file__, "--confluent", broker, "{topic}", str(count), codec]}
        if kcat:
            ways["kcat"] = [kcat, "-P", "-b", broker, "-t", "{topic}", "-z", codec, "-l", lines,
                            "-X", "enable.idempotence=true", "-X", "linger.ms=20"]
        cpus = {}
        for name, arguments in ways.items():
            topic = f"bench-{os.getpid()}-{codec}-{name}"
            admin.create_topics([NewTopic(topic, 3, 1)])[topic].result()
            cpu, wall = measured([topic if argument == "{topic}" else argument for argument in arguments])
            admin.delete_topics([topic])[topic].result()
            cpus[name] = cpu * scale
            print(f"{codec:6} {name:16} {cpu * scale:18.2f} {wall:8.1f}", flush=True)
        others = [name for name in cpus if name != "ours"]
        print("       " + ", ".join(f"{cpus[name] / cpus['ours']:.1f} times {name}" for name in others) + " for ours")
    if kcat:
        os.remove(lines)


if __name__ == "__main__":
    if sys.argv[1] == "--confluent":
        confluent(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        main(*sys.argv[1:])
