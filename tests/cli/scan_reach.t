#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the handler's own imports come to: it ranks, so each package is there whatever the answer.
. "${0%/*}/../support/tap.sh"

module() {		# FOLDER NAME TEXT: an npm package whose index.js is the text
	mkdir -p "$1/node_modules/$2"
	printf '{"name": "%s", "version": "1.0.0", "dependencies": {"loaded": "1"}%s}' "$2" "${4:-}" >"$1/node_modules/$2/package.json"
	printf '%s\n' "$3" >"$1/node_modules/$2/index.js"
}
reached() {		# TARGET WANTED NAME
	run "$BUCKLER" scan --list --format json "$1"
	is "$(python3 -c '
import json, sys
print(*[c["name"] + "=" + str(c.get("reached", "unknown")) for c in json.load(open(sys.argv[1]))["components"]])' "$T/out")" "$2" "$3"
}

mkdir -p node/src
printf "const a = require('a'); import('./src/own.mjs'); // require('c')\n" >node/index.js
printf "export {x} from 'b/sub'; import '#inner'\n" >node/src/own.mjs
printf '{"imports": {"#inner": {"node": "./src/inner.js"}}}' >node/package.json
printf "require('inner')\n" >node/src/inner.js
module node a "require('deep')"
module node deep "module.exports = name => require(name)"
module node loaded "1"
module node b "require('c')" ', "exports": {".": "./index.js", "./*": {"default": "./lib/*.js"}}'
mkdir -p node/node_modules/b/lib
printf "import 'd'\n" >node/node_modules/b/lib/sub.js
module node c "1"
module node d "1"
module node inner "1"
reached node 'a=yes b=yes c=no d=yes deep=yes inner=yes loaded=yes' 'Node: require, import, exports, imports, what a package loads by name'
printf "require(process.env.X)\n" >>node/index.js
reached node 'a=yes b=yes c=unknown d=yes deep=yes inner=yes loaded=yes' 'Node: own code that loads by name leaves the rest unknown'

mkdir -p links/node_modules/.pnpm/a@1.0.0/node_modules
module links/node_modules/.pnpm/a@1.0.0 a "require('b')"
module links/node_modules/.pnpm/b@1.0.0 b "1"
ln -s ../../b@1.0.0/node_modules/b links/node_modules/.pnpm/a@1.0.0/node_modules/b
ln -s .pnpm/a@1.0.0/node_modules/a links/node_modules/a
ln -s / links/root
printf "require('a'); require('./root/etc/hostname')\n" >links/index.js
reached links 'a=yes b=yes' 'Node: the links that pnpm makes'

dist() {		# NAME MODULE
	mkdir -p "python/$1-1.0.dist-info" "python/$2"
	printf 'Name: %s\nVersion: 1.0\n' "$1" >"python/$1-1.0.dist-info/METADATA"
	printf '%s/__init__.py,,\n' "$2" >"python/$1-1.0.dist-info/RECORD"
	printf '%s\n' "$3" >"python/$2/__init__.py"
}
mkdir python
dist PyYAML yaml 'from . import reader'
printf 'import deep\n' >python/yaml/reader.py
dist Deep deep ''
dist Other other ''
printf 'import json\nfrom helper import x\n' >python/lambda_function.py
printf 'def x():\n\timport yaml\n' >python/helper.py
reached python 'deep=yes other=no pyyaml=yes' 'Python: modules and the packages that have them'

mkdir sam && cp -r node sam/code && printf "require('c')\n" >sam/code/src/two.js
cat >sam/template.yaml <<'.'
Resources:
  Two:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: src/two.handler, Runtime: nodejs20.x}
.
reached sam/template.yaml 'a=no b=no c=yes d=no deep=no inner=no loaded=no' "a template's handler"
done_testing
