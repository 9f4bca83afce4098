#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
cd "${0%/*}/.." && exec sh tests/deps.sh build
