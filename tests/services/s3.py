"""What a bucket holds, by clients that are not ours: boto3, and pyarrow and DuckDB over S3.

    s3.py ENDPOINT dump BUCKET PREFIX FOLDER   copies the objects into FOLDER; prints their keys
    s3.py ENDPOINT rows BUCKET FOLDER          prints how many rows the files of each format below FOLDER have
    s3.py ENDPOINT uploads BUCKET              prints the keys of uploads under way
    s3.py ENDPOINT about BUCKET KEY            prints class, encryption, tags and metadata of an object
    s3.py ENDPOINT put BUCKET KEY...           makes small objects
    s3.py ENDPOINT open BUCKET                 makes a bucket that everybody may read and write

Answers are one line of JSON. The key pair is S3_ACCESS_KEY_ID and S3_ACCESS_KEY_SECRET, `datagen` and `any` by default.
"""

import json
import os
import sys

import boto3
from botocore.config import Config

KEYS = os.environ.get("S3_ACCESS_KEY_ID", "datagen"), os.environ.get("S3_ACCESS_KEY_SECRET", "any")
CA = os.environ.get("S3_CA")


def client(endpoint):
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1],
        verify=CA or True, config=Config(s3={"addressing_style": "path"}),
    )


def keys(s3, bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def dump(endpoint, bucket, prefix, folder):
    s3 = client(endpoint)
    found = keys(s3, bucket, prefix)
    for key in found:
        path = os.path.join(folder, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        s3.download_file(bucket, key, path)
    return found


def rows(endpoint, bucket, folder):
    import duckdb
    import fastavro
    import pyarrow.dataset
    import pyarrow.fs

    scheme, host = endpoint.split("://")
    s3 = pyarrow.fs.S3FileSystem(
        access_key=KEYS[0], secret_key=KEYS[1], endpoint_override=host, scheme=scheme, region="us-east-1",
    )
    files = [found.path for found in s3.get_file_info(pyarrow.fs.FileSelector(f"{bucket}/{folder}", recursive=True))]
    counts = {}
    for ending in ("csv", "json", "parquet", "orc", "avro"):
        chosen = sorted(path for path in files if path.endswith("." + ending))
        if ending == "avro":
            counts[ending] = sum(sum(1 for _ in fastavro.reader(s3.open_input_stream(path))) for path in chosen)
            continue
        data = pyarrow.dataset.dataset(chosen, format=ending, filesystem=s3)
        counts[ending] = duckdb.sql("select count(*) from data").fetchall()[0][0]
    return counts


def uploads(endpoint, bucket):
    pages = client(endpoint).get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Uploads", [])]


def about(endpoint, bucket, key):
    s3 = client(endpoint)
    head = s3.head_object(Bucket=bucket, Key=key)
    return {
        "class": head.get("StorageClass"), "encryption": head.get("ServerSideEncryption"),
        "metadata": sorted(head["Metadata"]),
        "tags": {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]},
    }


def put(endpoint, bucket, *names):
    s3 = client(endpoint)
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"old")


def make_open(endpoint, bucket):
    client(endpoint).create_bucket(Bucket=bucket, ACL="public-read-write")


if __name__ == "__main__":
    endpoint, what, *arguments = sys.argv[1:]
    actions = {"dump": dump, "rows": rows, "uploads": uploads, "about": about, "put": put, "open": make_open}
    print(json.dumps(actions[what](endpoint, *arguments)))
