#!/usr/bin/env python3
"""How long an editor waits: from a keystroke to the diagnostics for it, with the language server as a process.

    bench/editor.py [--edits N] COMMAND...        such as: bench/editor.py ./loralint lsp

A line is typed letter by letter into a config of 300 lines and deleted again, over and over; every keystroke waits for the diagnostics
of its version. Prints the median, the 99th percentile and the longest of the first 1,000 edits after a warm-up of 100, and the server's
resident memory after the warm-up and after all edits.
"""
import json
import os
import statistics
import subprocess
import sys
import time

LINE = 'max_grad_norm: 1.0  # typed'


def config():
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, 'config-60-lines.yml'), encoding='utf-8') as file:
        lines = file.read().rstrip('\n').split('\n')
    lines.append('test_datasets:')
    while len(lines) < 300:
        number = len(lines)
        lines += [f'  - path: data/part-{number}.jsonl', '    type: alpaca', f'    # part {number}']
    return lines[:300]


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, message):
        body = json.dumps({'jsonrpc': '2.0', **message}).encode()
        self.process.stdin.write(b'Content-Length: %d\r\n\r\n' % len(body) + body)
        self.process.stdin.flush()

    def read(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, value = line.split(b':')
            if name.lower() == b'content-length':
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def wait(self, wanted):
        while not wanted(message := self.read()):
            pass
        return message

    def memory(self):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as status:
            return next(int(line.split()[1]) for line in status if line.startswith('VmRSS')) / 1024


def main():
    arguments = sys.argv[1:]
    edits = 10000
    if arguments[:1] == ['--edits']:
        edits, arguments = int(arguments[1]), arguments[2:]
    if not arguments:
        sys.exit(__doc__)
    lines = config()
    lines.insert(100, '')
    uri = 'file:///tmp/loralint-bench/train.yml'
    server = Server(arguments)
    server.send({'id': 1, 'method': 'initialize', 'params': {'processId': None, 'rootUri': None, 'capabilities': {}}})
    server.wait(lambda m: m.get('id') == 1)
    server.send({'method': 'initialized', 'params': {}})
    server.send({'method': 'textDocument/didOpen', 'params': {'textDocument': {
        'uri': uri, 'languageId': 'yaml', 'version': 0, 'text': '\n'.join(lines) + '\n'}}})
    server.wait(lambda m: m.get('method') == 'textDocument/publishDiagnostics')
    times, before, typed, step, found = [], 0, 0, 1, 0
    for version in range(1, edits + 1):
        at = {'line': 100, 'character': typed}
        if step > 0:
            change = {'range': {'start': at, 'end': at}, 'text': LINE[typed]}
        else:
            change = {'range': {'start': {'line': 100, 'character': typed - 1}, 'end': at}, 'text': ''}
        typed += step
        step = -1 if typed == len(LINE) else 1 if typed == 0 else step
        start = time.perf_counter()
        server.send({'method': 'textDocument/didChange', 'params': {
            'textDocument': {'uri': uri, 'version': version}, 'contentChanges': [change]}})
        answer = server.wait(lambda m: m.get('method') == 'textDocument/publishDiagnostics' and m['params'].get('version') == version)
        times.append((time.perf_counter() - start) * 1000)
        found += len(answer['params']['diagnostics'])
        if version == 100:
            before = server.memory()
    if found == 0:
        sys.exit('no diagnostics at all: this measures nothing')
    after = server.memory()
    first = sorted(times[100:1100])
    print(f'{len(first)} edits of {len(lines)} lines: median {statistics.median(first):.2f} ms, '
          f'99th percentile {first[int(len(first) * 0.99)]:.2f} ms, longest {first[-1]:.2f} ms')
    print(f'memory after 100 edits {before:.1f} MiB, after {edits} edits {after:.1f} MiB, difference {after - before:+.1f} MiB')
    server.send({'id': 2, 'method': 'shutdown'})
    server.wait(lambda m: m.get('id') == 2)
    server.send({'method': 'exit'})
    sys.exit(server.process.wait())


if __name__ == '__main__':
    main()
