# SPDX-License-Identifier: Apache-2.0
"""A loop on the Runtime API, as the platform's client for Python is one."""
import json
import os
import subprocess
import urllib.request

BASE = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]


def handler(event):
    if event.get("fail"):
        raise ValueError("asked to fail")
    if event.get("run"):
        return {"ran": subprocess.check_output(event["run"], text=True).strip()}
    child = subprocess.check_output(["/usr/bin/echo", "child of", event["name"]], text=True)
    return {"hello": event["name"], "child": child.strip()}


while True:
    with urllib.request.urlopen(BASE + "next") as answer:
        request, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    try:
        kind, result = "response", handler(event)
    except Exception as e:
        kind, result = "error", {"errorMessage": str(e)}
    urllib.request.urlopen(BASE + request + "/" + kind, data=json.dumps(result, separators=(",", ":")).encode())
