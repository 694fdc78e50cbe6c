"""Counts rows by filters with Spark: `python spark.py JOB`, which needs `pyspark` and Java 17 or later.

JOB is a JSON file with folder and name of the files and a list of conditions; the last line of the output
is JSON with Spark's version and the counts per format. Knows nothing of what is right.
"""
import json
import sys

from pyspark.sql import SparkSession

# Filters of one query: each scans the file by itself, with its own predicate pushed down.
AT_ONCE = 40


def session():
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "2g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        # Compiling each query costs more than running it.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        # Files of others than Spark are of the Gregorian calendar, which Spark 3 wants to be told.
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    }
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def count(spark, table, filters):
    counts = []
    for start in range(0, len(filters), AT_ONCE):
        part = filters[start : start + AT_ONCE]
        each = (f"SELECT {index} AS i FROM {table} WHERE {made}" for index, made in enumerate(part))
        found = spark.sql(f"SELECT i, count(*) AS n FROM ({' UNION ALL '.join(each)}) GROUP BY i").collect()
        # What finds nothing has no row.
        found = {row.i: row.n for row in found}
        counts += [found.get(index, 0) for index in range(len(part))]
    return counts


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    spark = session()
    counts = {}
    for ending, label in {"parquet": "Parquet", "orc": "ORC"}.items():
        spark.read.format(ending).load(f"{job['folder']}/{job['name']}-0000000000.{ending}").createOrReplaceTempView(ending)
        counts[label] = count(spark, ending, job["filters"])
    print(json.dumps({"version": spark.version, "counts": counts}))


main()
