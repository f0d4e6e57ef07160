-- ARGV: silence in ms
local given_up = redis.call('ZRANGEBYSCORE', 'batches:receiving', '-inf', now - ARGV[1], 'LIMIT', 0, 100)
for _, batch in ipairs(given_up) do
  redis.call('ZREM', 'batches:receiving', batch)
  local hash = 'batch:' .. batch
  redis.call('HSET', hash, 'status', 'failed', 'finished_at', now, 'expires_at', now + of(batch, 'retention_ms'),
    'problems', '[{"line":0,"code":"upload_interrupted","detail":"the lines were not received to their end"}]')
  redis.call('HINCRBY', hash, 'version', 1)
  redis.call('ZADD', 'batches:ended', of(batch, 'expires_at'), batch)
end
return given_up
