// A receiver of webhooks as a partner writes one, with the library `standardwebhooks` of npm. It listens on a free port of this machine, says which,
// reads its secret as the first line of its input, answers 204 to what verifies and 400 to what does not, says each, and ends when its input does.
//
//   node consumer.mjs FOLDER-OF-NODE-MODULES
import http from 'node:http';
import readline from 'node:readline';
import { createRequire } from 'node:module';

const { Webhook } = createRequire(`${process.argv[2]}/`)('standardwebhooks');

const lines = readline.createInterface({ input: process.stdin });
const secret = new Promise((resolve) => lines.once('line', resolve));
lines.once('close', () => process.exit(0));

const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const receiver = new Webhook((await secret).trim());
  try {
    const message = receiver.verify(Buffer.concat(chunks), request.headers);
    console.log(`verified ${message.type} ${request.headers['webhook-id']}`);
    response.writeHead(204).end();
  } catch (error) {
    console.log(`refused ${error.message}`);
    response.writeHead(400).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port}`));
