// SPDX-License-Identifier: Apache-2.0
// A function on the platform's own client for Node.
const { execFileSync } = require("child_process");

exports.handler = async (event) => {
	if (event.fail)
		throw new Error("asked to fail");
	if (event.run)
		return { ran: execFileSync(event.run[0], event.run.slice(1)).toString().trim() };
	return { hello: event.name, child: execFileSync("/usr/bin/echo", ["child of", event.name]).toString().trim() };
};
