"""Apache HiveServer2 on loopback, for tests: Derby, a local warehouse, queries in one process.

Needs Java 17 and Maven. The jars (280 MB) are fetched once into `~/.cache/datagen/services`.
Knows nothing of what is asked of it.
"""
import fcntl
import glob
import os
import shutil
import signal
import socket
import subprocess
import time
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.expanduser("~/.cache/datagen/services")

# Twins of hadoop-common without its run-time half, an ANTLR that is older than what hive-exec carries, and
# a second logging back end: with any of them queries or statements die.
LEFT_OUT = "hadoop-client-api,antlr-runtime,stringtemplate,slf4j-reload4j"

# What Hive reaches into by reflection.
OPENED = [
    "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.text", "java.time",
    "java.util", "java.util.concurrent", "java.util.concurrent.atomic", "java.util.regex", "sun.nio.ch",
    "sun.security.action",
]


def version():
    pom = xml.etree.ElementTree.parse(os.path.join(HERE, "pom.xml"))
    return pom.find(".//{*}properties/{*}hive.version").text


def fetch():
    """The folder of the jars, which one process fetches at a time."""
    os.makedirs(CACHE, exist_ok=True)
    folder = os.path.join(CACHE, f"hive-{version()}")
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, ".ready")):
            fresh = folder + ".part"
            shutil.rmtree(fresh, ignore_errors=True)
            subprocess.run(
                ["mvn", "-q", "-B", "-f", os.path.join(HERE, "pom.xml"), "dependency:copy-dependencies",
                 "-DincludeScope=runtime", f"-DexcludeArtifactIds={LEFT_OUT}", f"-DoutputDirectory={fresh}/lib"],
                check=True,
            )
            open(os.path.join(fresh, ".ready"), "w", encoding="utf-8").close()
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(fresh, folder)
    return folder


class Server:
    """A server whose state lies in `folder`; it ends with the `with` block."""

    def __init__(self, folder, port):
        self.folder, self.port = os.path.abspath(folder), port

    def __enter__(self):
        jars = os.path.join(fetch(), "lib")
        for name in ("conf", "log", "tmp", "local", "scratch", "warehouse", "hadoop"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        for name in ("hive-site.xml", "core-site.xml", "log4j2.properties"):
            self.configure(name)
        shutil.copy(f"{self.folder}/conf/log4j2.properties", f"{self.folder}/conf/hive-log4j2.properties")
        # Hive's own jars first: hive-exec carries newer copies of some libraries.
        path = [f"{self.folder}/conf", *sorted(glob.glob(f"{jars}/hive-*.jar")), f"{jars}/*"]
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
        self.log = open(f"{self.folder}/log/hiveserver2.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            ["java", *opened, "--add-opens=java.sql/java.sql=ALL-UNNAMED", "-Xmx768m", "-XX:+UseSerialGC",
             "-Djava.net.preferIPv4Stack=true", f"-Djava.io.tmpdir={self.folder}/tmp", "-Duser.timezone=UTC",
             f"-Dderby.stream.error.file={self.folder}/log/derby.log", "-cp", ":".join(path),
             "org.apache.hive.service.server.HiveServer2"],
            cwd=self.folder, env={**os.environ, "HADOOP_HOME": f"{self.folder}/hadoop"},
            stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )
        return self

    def configure(self, name):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            text = file.read().replace("@DIR@", self.folder).replace("@PORT@", str(self.port))
        with open(f"{self.folder}/conf/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def wait(self, answers, seconds=600):
        """Until `answers()` does without an exception: the port opens before sessions work."""
        end = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return answers()
            except Exception as error:  # any client's own kind
                if self.process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"HiveServer2 does not answer ({error}): {self.log.name}") from error
            time.sleep(1)

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()
