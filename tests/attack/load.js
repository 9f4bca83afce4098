// SPDX-License-Identifier: Apache-2.0
// A native module from anywhere.  Called as `load.js WAY` or `load.js WAY twin`, see attack.h.  The library is no Node.js module, so that
// "did not self-register" means that its code has run.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const load = (file) => {
	try {
		process.dlopen({ exports: {} }, path.resolve(file));
	} catch (error) {
		if (!/self-register/.test(error.message))
			throw error;
	}
};

const ways = {
	'listed-folder': () => load('../lib/evil.so'),
	'dropped': () => { fs.copyFileSync('../lib/evil.so', 'module.node'); load('./module.node'); },
};

try {
	if (process.argv[3] === 'twin')
		load('../lib/good.so');
	else
		ways[process.argv[2]]();
	console.log('loaded');
} catch (error) {
	console.error(`stopped: ${error.message}`);
	process.exitCode = 1;
}
