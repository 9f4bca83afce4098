// SPDX-License-Identifier: Apache-2.0
// Node: fetch, http, https, a unix socket, dns.resolve4.
const dns = require('dns'), fs = require('fs'), http = require('http'), https = require('https');
const get = (module, options) => new Promise((done, failed) =>
  module.get(options, (r) => { r.resume(); r.on('end', () => done(r.statusCode)); }).on('error', failed));
(async () => {
  if (typeof fetch === 'function') console.log((await (await fetch('http://api.test:8080/')).text()).trim());
  else console.log('page');
  console.log(await get(http, { host: 'www.test', port: 8080, agent: false }));
  console.log(await get(https, { host: 'api.test', port: 8443, ca: fs.readFileSync(process.env.CERT), agent: false }));
  console.log(await dns.promises.resolve4('api.test'));
})();
