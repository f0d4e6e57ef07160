-- KEYS[1]: batch. ARGV: batch id, tenant, request id, retention ms
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'tenant', ARGV[2], 'request_id', ARGV[3], 'retention_ms', ARGV[4],
  'status', 'validating', 'created_at', now, 'version', 1)
-- One that was given up is begun anew, when its sender comes back with its Idempotency-Key.
redis.call('HDEL', KEYS[1], 'finished_at', 'expires_at', 'problems')
redis.call('ZREM', 'batches:ended', ARGV[1])
redis.call('ZADD', 'batches:' .. ARGV[2], now, ARGV[1])
redis.call('ZADD', 'batches:receiving', now, ARGV[1])
