#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mongoproxy.py TARGET-PORT PORT-FILE RULES-FILE: stands before a server that
speaks MongoDB's protocol and does what that one cannot. Each line of the rules,
which are read for each message, is an object:
  command, collection   which requests (a getMore is of its collection);
                        without them all
  without               not those that have this member
  after                 not the first so many of these on a connection
  error, message        answered with that code
  reply                 answered with that
  merge                 added to the server's reply
  swap                  [HEX, HEX] bytes of the reply, for others
  note                  written to that file, as extended JSON, one a line
  cut                   the reply is cut after so many bytes, and the
                        connection with it
Rules that are gone from the file are gone."""
import json
import os
import socket
import struct
import sys
import threading

import bson
from bson import json_util

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013


def read(sock, n):
    data = b''
    while len(data) < n:
        part = sock.recv(min(n - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return data


def message(sock):
    head = read(sock, 16)
    return head + read(sock, struct.unpack('<i', head[:4])[0] - 16)


def body_at(op, data):
    if op == OP_MSG:
        return 21
    if op == OP_REPLY:
        return 36
    return data.index(b'\0', 20) + 1 + 8


def body_of(op, data):
    at = body_at(op, data)
    size = struct.unpack('<i', data[at:at + 4])[0]
    return bson.decode(data[at:at + size])


def answer(op, request, document):
    body = bson.encode(document)
    if op == OP_MSG:
        body, reply = struct.pack('<ib', 0, 0) + body, OP_MSG
    else:
        body, reply = struct.pack('<iqii', 8, 0, 0, 1) + body, OP_REPLY
    return struct.pack('<iiii', 16 + len(body), 1, request, reply) + body


class Connection:
    def __init__(self, client, port, rules):
        self.client, self.rules, self.seen = client, rules, {}
        self.server = socket.create_connection(('127.0.0.1', port))

    def applies(self, text, command):
        rule = json_util.loads(text)
        name = next(iter(command))
        if rule.get('command', name) != name:
            return None
        collection = command.get('collection', command[name])
        if rule.get('collection', collection) != collection:
            return None
        if rule.get('without') in command:
            return None
        self.seen[text] = self.seen.get(text, 0) + 1
        return rule if self.seen[text] > rule.get('after', 0) else None

    def chosen(self, command):
        with open(self.rules, encoding='utf-8') as lines:
            rules = [self.applies(x, command) for x in lines if x.strip()]
        return [r for r in rules if r]

    def one(self):
        data = message(self.client)
        request, op = struct.unpack('<4xi4xi', data[:16])
        command = body_of(op, data)
        rules = self.chosen(command)
        for r in rules:
            if 'note' in r:
                with open(r['note'], 'a', encoding='utf-8') as notes:
                    notes.write(json_util.dumps(command) + '\n')
            if 'error' in r:
                document = {'ok': 0.0, 'errmsg': r['message'],
                            'code': r['error']}
            elif 'reply' in r:
                document = dict(r['reply'], ok=1.0)
            else:
                continue
            self.client.sendall(answer(op, request, document))
            return
        self.server.sendall(data)
        reply = message(self.server)
        for r in rules:
            if 'merge' in r:
                document = body_of(struct.unpack('<i', reply[12:16])[0],
                                   reply)
                document.update(r['merge'])
                reply = answer(op, request, document)
            if 'swap' in r:
                old, new = map(bytes.fromhex, r['swap'])
                assert len(old) == len(new)
                reply = reply.replace(old, new)
            if 'cut' in r and len(reply) > r['cut']:
                self.client.sendall(reply[:r['cut']])
                raise EOFError
        self.client.sendall(reply)

    def run(self):
        try:
            while True:
                self.one()
        except (EOFError, OSError):
            pass
        self.client.close()
        self.server.close()


def main():
    port, rules = int(sys.argv[1]), sys.argv[3]
    listener = socket.create_server(('127.0.0.1', 0))
    with open(sys.argv[2] + '.new', 'w', encoding='utf-8') as out:
        json.dump(listener.getsockname()[1], out)
    os.rename(sys.argv[2] + '.new', sys.argv[2])
    while True:
        client, _ = listener.accept()
        threading.Thread(target=Connection(client, port, rules).run,
                         daemon=True).start()


main()
