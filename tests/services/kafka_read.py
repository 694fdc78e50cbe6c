"""Reads a topic whole with confluent-kafka, a client of its own: one JSON line for each message.

    kafka_read.py SERVERS TOPIC [settled|read_committed|read_uncommitted] [registry=URL|cloudera=URL]
    kafka_read.py SERVERS TOPIC delete
    kafka_read.py SERVERS TOPIC groups

A line has partition, offset, key, value, timestamp and headers; texts where they are UTF-8, else `hex:…`. With a
registry, values (and keys that are framed) are read by confluent's AvroDeserializer; with Cloudera's, by fastavro with
the schema that the registry has for them. `settled` are committed messages where no transaction is open: one that is,
which keeps readers from what is behind it, is an error. `groups` are those whose names end with that of the topic.
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


def cloudera(url):
    """What METADATA_ID_VERSION frames: a one, the schema's id, the number of its version."""
    import io
    import struct
    import urllib.request

    import fastavro

    known = {}

    def get(path):
        with urllib.request.urlopen(f"{url}/api/v1/schemaregistry/{path}") as answer:
            return json.load(answer)

    def schema(identity, version):
        name = get(f"schemasById/{identity}")["schemaMetadata"]["name"]
        text = get(f"schemas/{name}/versions/{version}")["schemaText"]
        return fastavro.parse_schema(json.loads(text))

    def read(data):
        if not data or data[0] != 1:
            return text(data)
        place = struct.unpack(">qi", data[1:13])
        if place not in known:
            known[place] = schema(*place)
        return fastavro.schemaless_reader(io.BytesIO(data[13:]), known[place])

    return read


def delete(servers, topic):
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.delete_topics([topic]).values():
        future.result()


def groups(servers, topic):
    from confluent_kafka.admin import AdminClient

    listed = AdminClient({"bootstrap.servers": servers}).list_consumer_groups().result().valid
    print("".join(f"{group.group_id}\n" for group in listed if group.group_id.endswith(topic)), end="")


def refuse_open_transactions(servers, consumer, partitions):
    whole = Consumer({"bootstrap.servers": servers, "group.id": "reader", "isolation.level": "read_uncommitted"})
    for place in partitions:
        (_, stable), (_, end) = (client.get_watermark_offsets(place) for client in (consumer, whole))
        if stable != end:
            sys.exit(f"a transaction is open in partition {place.partition}: {stable} of {end}")
    whole.close()


def main(servers, topic, isolation="settled", *more):
    if isolation == "delete":
        return delete(servers, topic)
    if isolation == "groups":
        return groups(servers, topic)
    settled = isolation == "settled"
    read = text
    for setting in more:
        kind, _, url = setting.partition("=")
        read = {"registry": deserializer, "cloudera": cloudera}[kind](url)
    consumer = Consumer({
        "bootstrap.servers": servers,
        "group.id": "reader",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed" if settled else isolation,
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
    if settled:
        refuse_open_transactions(servers, consumer, [TopicPartition(topic, place) for place in known.partitions])
    consumer.close()
    print("\n".join(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
