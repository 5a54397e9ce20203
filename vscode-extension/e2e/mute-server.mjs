#!/usr/bin/env node
// A loralint that answers and has nothing to say: the negative control of the tests in the editor.
if (process.argv[2] === '--version') {
  console.log('9.9.9');
  process.exit(0);
}
const results = {
  initialize: { capabilities: { textDocumentSync: 1 }, serverInfo: { name: 'loralint', version: '9.9.9' } },
  shutdown: null,
};
let received = Buffer.alloc(0);
process.stdin.on('end', () => process.exit(0));
process.stdin.on('data', data => {
  received = Buffer.concat([received, data]);
  for (;;) {
    const end = received.indexOf('\r\n\r\n');
    const length = Number(/Content-Length: (\d+)/i.exec(received.subarray(0, Math.max(end, 0)).toString())?.[1]);
    if (end < 0 || received.length < end + 4 + length)
      return;
    const message = JSON.parse(received.subarray(end + 4, end + 4 + length).toString());
    received = received.subarray(end + 4 + length);
    if (message.method === 'exit')
      process.exit(0);
    if (message.id !== undefined) {
      const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: results[message.method] ?? null });
      process.stdout.write(`Content-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`);
    }
  }
});
