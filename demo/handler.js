// SPDX-License-Identifier: Apache-2.0
// Counts the words of an uploaded file.  The file's name comes with the request, and goes into a command.
'use strict';
const { execSync } = require('node:child_process');

exports.handler = (event) => execSync(`cat ${event.file} | wc -w`, { encoding: 'utf8' }).trim();

if (require.main === module) {
	for (const event of process.argv.slice(2)) {
		try {
			console.log(`    ${event} -> ${exports.handler(JSON.parse(event))}`);
		} catch (error) {
			console.log(`    ${event} -> ${error.code ?? error.message}`);
			process.exitCode = 1;
		}
	}
}
