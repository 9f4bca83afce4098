// SPDX-License-Identifier: Apache-2.0
// Children, a server, workers with compiled code.
const { execSync } = require('child_process')
const { Worker } = require('worker_threads')
const http = require('http')

console.log(execSync('echo node').toString(), process.title, Object.keys(process.env).filter(k => /^(LD_|BUCKLER)/.test(k)))
const server = http.createServer((q, r) => r.end('ok')).listen(0, '127.0.0.1', () => {
  http.get({ host: '127.0.0.1', port: server.address().port }, r => {
    let text = ''
    r.on('data', d => { text += d })
    r.on('end', () => { console.log(text); server.close(work) })
  })
})

function work () {
  let sum = 0, left = 4
  for (let i = 0; i < 4; i++) {
    new Worker('let s = 0; for (let i = 0; i < 1e6; i++) s += i; require("worker_threads").parentPort.postMessage(s)', { eval: true })
      .on('message', m => { sum += m })
      .on('exit', () => { if (--left === 0) console.log(sum) })
  }
}
