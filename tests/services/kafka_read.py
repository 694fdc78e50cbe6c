"""Reads a topic whole with confluent-kafka, a client of its own: one JSON line for each message.

    kafka_read.py SERVERS TOPIC [read_committed|read_uncommitted] [registry=URL]

A line has partition, offset, key, value, timestamp and headers; texts where they are UTF-8, else `hex:…`. With a
registry, values (and keys that are framed) are read by confluent's AvroDeserializer.
"""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


def text(data):
    if data is None or isinstance(data, dict):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "hex:" + data.hex()


def deserializer(url):
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.schema_registry.avro import AvroDeserializer

    read = AvroDeserializer(SchemaRegistryClient({"url": url}))
    return lambda data: read(data, None) if data and data[0] == 0 else text(data)


def main(servers, topic, isolation="read_committed", *more):
    registry = [setting[len("registry="):] for setting in more if setting.startswith("registry=")]
    read = deserializer(registry[0]) if registry else text
    consumer = Consumer({
        "bootstrap.servers": servers,
        "group.id": "reader",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": isolation,
        "check.crcs": True,
    })
    known = consumer.list_topics(topic, timeout=20).topics[topic]
    if known.error is not None:
        sys.exit(f"{topic}: {known.error}")
    open_partitions = set(known.partitions)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in open_partitions])
    out = []
    while open_partitions:
        for message in consumer.consume(10_000, timeout=1):
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    sys.exit(str(error))
                open_partitions.discard(message.partition())
                continue
            out.append(json.dumps({
                "partition": message.partition(),
                "offset": message.offset(),
                "key": read(message.key()),
                "value": read(message.value()),
                "timestamp": message.timestamp()[1],
                "headers": [[name, text(value)] for name, value in message.headers() or []],
            }, default=str))
    consumer.close()
    print("\n".join(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
