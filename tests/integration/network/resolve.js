// SPDX-License-Identifier: Apache-2.0
// Connects to port 8080 of each name: resolve.js lookup|cares NAME...  lookup is getaddrinfo, cares is Node's dns.resolve4.
const dns = require('dns'), net = require('net');
const [how, ...names] = process.argv.slice(2);
const connect = (host) => new Promise((done) => {
  const s = net.connect(8080, host, () => { s.destroy(); done(true); });
  s.on('error', () => done(false));
});
const cares = async (name) => net.isIP(name) ? name : (await dns.promises.resolve4(name))[0];
(async () => {
  for (const name of names) {
    let good = false;
    try { good = await connect(how === 'cares' ? await cares(name) : name); } catch { }
    console.log(name, good ? 'yes' : 'no');
  }
})();
