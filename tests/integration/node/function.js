// SPDX-License-Identifier: Apache-2.0
// A function as people write them: every request shells out.  Called with a file of requests, one a line.
'use strict';
const { execSync } = require('node:child_process');
const fs = require('node:fs');

const sh = (command) => execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const handlers = {
	clone(name) {
		sh(`git clone --quiet ../in/repository ${name}`);
		return sh(`git -C ${name} log --format=%s`);
	},
	archive(name, text) {
		fs.mkdirSync(name);
		fs.writeFileSync(`${name}/text`, text + '\n');
		sh(`tar -cf ${name}.tar ${name} && gzip -n ${name}.tar`);
		return sh(`tar -tzf ${name}.tar.gz`);
	},
	fetch(path) {
		return sh(`curl --silent ${process.env.SERVER}/${path}`);
	},
	thumbnail(name, size) {
		sh(`convert ../in/picture.png -resize ${size} ${name}.png`);
		return sh(`identify -format %wx%h ${name}.png`) + '\n';
	},
};

for (const line of fs.readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
	const [action, name, ...rest] = line.split('|');
	process.stdout.write(`${action}: ${handlers[action](name, ...rest)}`);
}
