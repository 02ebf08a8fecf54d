#!/bin/sh
# Takes the symbols out of the program $1 and keeps them beside it, as $1.debug: where gdb, perf and addr2line look for them.
set -eu
program=$1

objcopy --only-keep-debug "$program" "$program.debug"
objcopy --strip-all "$program"
objcopy --add-gnu-debuglink="$program.debug" "$program"
chmod -x "$program.debug"
