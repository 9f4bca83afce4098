# SPDX-License-Identifier: Apache-2.0
"""Connects to port 8080 of each name: resolve.py [asyncio] NAME..."""
import asyncio
import socket
import sys


def plain(name):
    socket.create_connection((name, 8080), timeout=3).close()


async def streams(name):
    _, writer = await asyncio.open_connection(name, 8080)
    writer.close()


names = sys.argv[1:]
use_asyncio = names[0] == "asyncio"
for name in names[use_asyncio:]:
    try:
        asyncio.run(streams(name)) if use_asyncio else plain(name)
        print(name, "yes")
    except OSError:
        print(name, "no")
