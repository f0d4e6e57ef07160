#!/bin/sh
# Runs a command again whenever it ends by itself with an error: a worker whose inference hangs, or whose heart has
# stopped, ends itself and counts on somebody to start another. Signals reach the whole process group, so the
# command hears them without our help; we only take note.
stopping=""
trap 'stopping=1' TERM INT
while :; do
  "$@" &
  child=$!
  wait "$child"
  status=$?
  while [ -n "$stopping" ] && kill -0 "$child" 2>/dev/null; do wait "$child"; done
  if [ -n "$stopping" ] || [ "$status" -eq 0 ]; then exit 0; fi
  echo "ended with status $status: starting it again" >&2
  sleep 1
done
