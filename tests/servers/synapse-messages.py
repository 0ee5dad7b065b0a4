#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tests/servers/synapse does through the server's own API: DIR VERB
[FROM TO]. Events by their numbers stand in DIR/events.json."""
import hashlib
import hmac
import json
import os
import sys
import urllib.parse
import urllib.request

ROOMS = 3
PASSWORD = "readerpassword1"


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.url = self.read("url").strip()
        self.token = None
        self.known = {"rooms": [], "events": {}, "n": 0}
        if os.path.exists(f"{folder}/events.json"):
            self.known = json.loads(self.read("events.json"))

    def read(self, name):
        with open(f"{self.folder}/{name}", encoding="utf-8") as f:
            return f.read()

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as f:
            f.write(text)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.load(reply)

    def client(self, method, path, body=None):
        return self.ask(method, "/_matrix/client/v3" + path, body)

    def register(self, name):
        path = "/_synapse/admin/v1/register"
        nonce = self.ask("GET", path)["nonce"]
        mac = hmac.new(b"canary-registration", digestmod=hashlib.sha1)
        mac.update("\0".join([nonce, name, PASSWORD, "notadmin"]).encode())
        return self.ask("POST", path, {
            "nonce": nonce, "username": name, "password": PASSWORD,
            "admin": False, "mac": mac.hexdigest()})["access_token"]

    def room(self, k):
        return urllib.parse.quote(self.known["rooms"][k % ROOMS])

    def send(self, k, kind, content):
        self.known["n"] += 1
        return self.client(
            "PUT", f"/rooms/{self.room(k)}/send/{kind}/{self.known['n']}",
            content)["event_id"]


def text(k, what):
    return f"{what} {k}: naïve, “{k}” & <b>\n\nsecond line"


def install(server):
    reader = server.register("reader")
    writer = server.register("writer")
    for k in range(ROOMS):
        server.token = writer
        room = server.client("POST", "/createRoom", {
            "name": f"Room {k}", "topic": f"About {k}", "preset":
            "public_chat", "room_alias_name": f"room{k}"})["room_id"]
        server.known["rooms"].append(room)
        server.token = reader
        server.client("POST", f"/join/{urllib.parse.quote(room)}", {})
    server.write("writer", writer)
    server.write("token", reader)


def seed(server, k):
    content = {"msgtype": "m.text", "body": text(k, "Message")}
    earlier = server.known["events"].get(str(k - ROOMS))
    if k % 10 == 0 and earlier:
        content["m.relates_to"] = {
            "rel_type": "m.thread", "event_id": earlier,
            "is_falling_back": True, "m.in_reply_to": {"event_id": earlier}}
    server.known["events"][str(k)] = server.send(k, "m.room.message", content)


def edit(server, k, what):
    server.send(k, "m.room.message", {
        "msgtype": "m.text", "body": "* " + text(k, what),
        "m.new_content": {"msgtype": "m.text", "body": text(k, what)},
        "m.relates_to": {"rel_type": "m.replace",
                         "event_id": server.known["events"][str(k)]}})


def delete(server, k):
    event = urllib.parse.quote(server.known["events"][str(k)])
    server.known["n"] += 1
    server.client("PUT", f"/rooms/{server.room(k)}/redact/{event}/"
                  f"{server.known['n']}", {})


def reader_does(server, k, what):
    server.token = server.read("token")
    server.client("POST", f"/rooms/{server.room(k)}/{what}", {})


VERBS = {
    "seed": seed, "delete": delete,
    "change": lambda server, k: edit(server, k, "Changed"),
    "rename": lambda server, k: edit(server, k, "Moved"),
    "hide": lambda server, k: reader_does(server, k, "leave"),
    "restore": lambda server, k: reader_does(server, k, "join")}


def main():
    server = Server(sys.argv[1])
    if sys.argv[2] == "install":
        install(server)
    else:
        server.token = server.read("writer")
        for k in range(int(sys.argv[3]), int(sys.argv[4]) + 1):
            VERBS[sys.argv[2]](server, k)
    server.write("events.json", json.dumps(server.known))


main()
