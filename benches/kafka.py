#!/usr/bin/env python3
"""CPU seconds of the client for a million messages of 200 bytes, acks=all, idempotent: ours beside librdkafka's.

    benches/kafka.py BROKER [COUNT]

BROKER is `tests/services/kafka/run`'s, as 127.0.0.1:9092. `connector` is the whole program, `datagen generate`, with the
making of rows and encoding them (named by DATAGEN, else the release build); `client` is `crates/kafka/examples/produce.rs`,
our client alone, whose batches are made by the process that is measured (named by PRODUCE; built with `cargo build
--release --example produce -p datagen-kafka`; left out where it is not there). The other side is confluent-kafka, and
kcat where it is installed, which is librdkafka without Python: they send messages of the same sizes that are there
already. Topics have three partitions; each run has a topic of its own, which is there before it begins.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PRODUCE = os.environ.get("PRODUCE", os.path.join(ROOT, "target/release/examples/produce"))

DATAGEN = os.environ.get("DATAGEN", os.path.join(ROOT, "target/release/datagen"))
# 200 bytes as JSON, 129 as Avro.
MODEL = {"Fields": [
    {"name": "id", "type": "INCREMENT_LONG", "min": 1000000},
    {"name": "name", "type": "STRING", "length": 16},
    {"name": "email", "type": "STRING", "length": 24},
    {"name": "city", "type": "STRING", "possible_values": ["Paris", "Lille", "Arles"]},
    {"name": "amount", "type": "INTEGER", "min": 10000, "max": 99999},
    {"name": "note", "type": "STRING", "length": 82}]}
AVRO_BYTES = 137


def rows():
    for row in range(8192):
        mixed = row * 2654435761 % 1000000007
        text = (f'{{"id":{row},"name":"name {mixed}","email":"{mixed}@example.com","city":"Paris",'
                f'"amount":{mixed % 10000}.{mixed % 100:02},"note":"')
        text += "".join(chr(97 + (row * 7 + place * 13) % 26) for place in range(len(text), 198)) + '"}'
        yield text.encode()


def texts_of(values):
    """Messages of the size of ours; what they hold is no Avro."""
    return list(rows()) if values == "json" else [text[:AVRO_BYTES] for text in rows()]


def confluent(broker, topic, count, codec, values):
    from confluent_kafka import Producer

    failed = []
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "compression.type": codec,
                         "linger.ms": 20, "queue.buffering.max.messages": 1000000})
    texts = texts_of(values)
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
        for values in ("json", "avro"):
            texts = texts_of(values)
            with open(f"{lines}-{values}", "wb") as file:
                file.writelines(texts[number % 8192] + b"\n" for number in range(count))
    print(f"{'values':6} {'codec':6} {'client':16} {'CPU s per million':>18} {'wall s':>8}")
    folder = tempfile.mkdtemp()
    with open(os.path.join(folder, "model.json"), "w") as file:
        json.dump(MODEL, file)
    for values, codec in [("json", "none"), ("json", "lz4"), ("avro", "none"), ("avro", "lz4")]:
        ours = [DATAGEN, "generate", "-q", "-m", os.path.join(folder, "model.json"), "-c", "kafka", "-n", str(count // 10),
                "-b", "10", "--set", f"KAFKA_BROKERS={broker}", "--set", "KAFKA_TOPIC={topic}",
                "--set", f"KAFKA_COMPRESSION={codec}", "--set", f"KAFKA_MESSAGE_TYPE={values}"]
        ways = {"connector": ours,
                "confluent-kafka": [sys.executable, __file__, "--confluent", broker, "{topic}", str(count), codec, values]}
        if values == "json" and os.path.exists(PRODUCE):
            ways["client"] = [PRODUCE, broker, "{topic}", str(count), codec]
        if kcat:
            ways["kcat"] = [kcat, "-P", "-b", broker, "-t", "{topic}", "-z", codec, "-l", f"{lines}-{values}",
                            "-X", "enable.idempotence=true", "-X", "linger.ms=20"]
        cpus = {}
        for name, arguments in ways.items():
            topic = f"bench-{os.getpid()}-{values}-{codec}-{name}"
            admin.create_topics([NewTopic(topic, 3, 1)])[topic].result()
            while topic not in admin.list_topics(timeout=10).topics:
                time.sleep(0.1)
            cpu, wall = measured([argument.replace("{topic}", topic) for argument in arguments])
            admin.delete_topics([topic])[topic].result()
            cpus[name] = cpu * scale
            print(f"{values:6} {codec:6} {name:16} {cpu * scale:18.2f} {wall:8.1f}", flush=True)
        others = [name for name in cpus if name in ("confluent-kafka", "kcat")]
        for name in (name for name in cpus if name not in others):
            print(f"{name}: a " + ", a ".join(f"{cpus[other] / cpus[name]:.1f}th of {other}" for other in others))
    shutil.rmtree(folder)
    if kcat:
        for values in ("json", "avro"):
            os.remove(f"{lines}-{values}")


if __name__ == "__main__":
    if sys.argv[1] == "--confluent":
        confluent(sys.argv[2], sys.argv[3], int(sys.argv[4]), *sys.argv[5:])
    else:
        main(*sys.argv[1:])
