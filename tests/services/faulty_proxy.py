"""A proxy of HTTP on 127.0.0.1 that answers badly: `faulty_proxy.py PORT TARGET_PORT FAULT EVERY [LATENCY]`.

Every EVERYth request meets the FAULT: `503` (with Retry-After: 0), `429`, `500`, `cut` (the connection breaks before the
request goes on), `lost` (the request goes on, its answer does not come), `all-503` (all of them, always), `hang` (nothing
is answered from the EVERYth on; prints `hangs` then), `watch` (none; prints the head of each request as JSON), `form` (none; the query of a POST goes on as its form, which is
where moto looks for it). LATENCY are seconds that each request waits. Prints `ready` when it listens.
"""

import asyncio
import json
import sys

PORT, TARGET, FAULT, EVERY = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
LATENCY = float(sys.argv[5]) if len(sys.argv) > 5 else 0
seen = 0


async def message(reader):
    """Head and body of a request or an answer; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    body = b""
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while not body.endswith(b"0\r\n\r\n"):
            body += await reader.readuntil(b"\r\n")
    elif not head.startswith(b"HTTP/") or b"content-length" in fields:
        body = await reader.readexactly(int(fields.get(b"content-length", 0)))
    return head + body, head


async def serve(reader, writer):
    global seen
    try:
        upstream = await asyncio.open_connection("127.0.0.1", TARGET)
        while request := await message(reader):
            seen += 1
            number = seen
            await asyncio.sleep(LATENCY)
            if FAULT == "hang" and number >= EVERY:
                if number == EVERY:
                    print("hangs", flush=True)
                await asyncio.sleep(86400)
            if FAULT == "watch":
                lines = request[1].decode().strip().split("\r\n")
                fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
                print(json.dumps({"request": lines[0], **fields}), flush=True)
            bad = EVERY and number % EVERY == 0
            if bad and FAULT == "cut":
                break
            if FAULT == "all-503" or bad and FAULT in ("503", "429", "500"):
                code = FAULT.removeprefix("all-")
                writer.write(f"HTTP/1.1 {code} Bad\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
                continue
            if FAULT == "form":
                form = request[1].split(b" ", 2)[1].partition(b"?")[2]
                head = b"POST / HTTP/1.1\r\nHost: sts\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                request = head + b"Content-Length: %d\r\n\r\n" % len(form) + form, head
            upstream[1].write(request[0])
            await upstream[1].drain()
            head_only = request[1].startswith(b"HEAD ")
            answer = await upstream[0].readuntil(b"\r\n\r\n") if head_only else (await message(upstream[0]) or (b"",))[0]
            if bad and FAULT == "lost":
                break
            writer.write(answer)
            await writer.drain()
        upstream[1].close()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT, limit=1 << 26)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
