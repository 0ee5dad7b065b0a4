#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proxy.py LOG [STATUS]: a proxy that knows CONNECT alone, or answers it with
STATUS. Prints its URL; LOG gets the head of each request."""
import os
import socket
import sys
import threading


def copy(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, log, status):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(4096)
        if not data:
            return
        head += data
    log.write(head.decode().split("\r\n\r\n")[0] + "\n")
    log.flush()
    method, target = head.decode().split()[:2]
    if status or method != "CONNECT":
        client.sendall(f"HTTP/1.1 {status or 501} No\r\n"
                       "Content-Length: 0\r\n\r\n".encode())
        client.close()
        return
    host, _, port = target.rpartition(":")
    server = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
    threading.Thread(target=copy, args=(server, client), daemon=True).start()
    copy(client, server)


def main():
    parent = os.getppid()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(1)
    status = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    with open(sys.argv[1], "a", encoding="utf-8") as log:
        while os.getppid() == parent:       # else the test died
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            client.settimeout(None)
            threading.Thread(target=serve, args=(client, log, status),
                             daemon=True).start()


main()
