// Arlocal as a gateway, and a bundler in front of it, as Arweave has them. Run with the folder of an
// npm installation of arlocal as its working directory; tells the addresses on stdout, as JSON.
//
//   POST /tx            takes a data item, and posts it in a bundle of its own
//   POST /tx?unchecked  also one whose signature is wrong, as a bundler that lies would
//   GET  /tx/<id>/status
import { createHash } from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';

const installed = createRequire(path.join(process.cwd(), 'package.json'));
const ArLocal = installed('arlocal').default;
const Arweave = installed('arweave');
const { DataItem } = installed('arbundles');

/** A bundle of one item, as ANS-104 has it. */
function bundleOf(item, id) {
  const header = Buffer.alloc(96);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(item.byteLength, 32);
  id.copy(header, 64);
  return Buffer.concat([header, item]);
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const port = await freePort();
const arlocal = new ArLocal(port, false, path.join(process.cwd(), `.db-${port}`), false);
await arlocal.start();
const gateway = `http://127.0.0.1:${port}`;
const arweave = Arweave.init({ host: '127.0.0.1', port, protocol: 'http' });
const wallet = await arweave.wallets.generate();
const mint = (address) => fetch(`${gateway}/mint/${address}/1000000000000000`);
await mint(await arweave.wallets.jwkToAddress(wallet));
const taken = new Set();
const bundler = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const url = new URL(request.url, gateway);
  if (request.method === 'GET') {
    const id = url.pathname.split('/')[2];
    return response.writeHead(taken.has(id) ? 200 : 404).end('{}');
  }
  const bytes = Buffer.concat(parts);
  const isChecked = !url.searchParams.has('unchecked');
  const isRight = await new DataItem(bytes).isValid().catch(() => false);
  if (isChecked && !isRight) return response.writeHead(400).end('Invalid Data Item');
  const id = createHash('sha256').update(bytes.subarray(2, 66)).digest();
  // As bundlers answer to what they have.
  if (taken.has(id.toString('base64url'))) return response.writeHead(202).end('{}');
  // Arlocal takes no item of an owner without tokens, free as it is on Arweave.
  await mint(createHash('sha256').update(bytes.subarray(66, 98)).digest('base64url'));
  const transaction = await arweave.createTransaction({ data: bundleOf(bytes, id) }, wallet);
  transaction.addTag('Bundle-Format', 'binary');
  transaction.addTag('Bundle-Version', '2.0.0');
  await arweave.transactions.sign(transaction, wallet);
  const posted = await arweave.transactions.post(transaction);
  taken.add(id.toString('base64url'));
  response.writeHead(posted.status).end(JSON.stringify({ id: id.toString('base64url') }));
});
await new Promise((resolve) => bundler.listen(0, '127.0.0.1', resolve));
const told = { gateway, bundler: `http://127.0.0.1:${bundler.address().port}/tx` };
process.stdout.write(`${JSON.stringify(told)}\n`);
// Whoever started it is gone.
process.stdin.resume().on('end', () => process.exit(0));
