-- KEYS[1]: sched. ARGV: limit, redelivery ms
-- Each new ring of the same step waits twice as long as the last, up to 16 times: a backlog is not a loss.
local out = {}
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local id, step = string.match(entry, '^(%S+) (%S+)$')
  local hash = 'job:' .. id
  if redis.call('EXISTS', hash) == 0 then
    redis.call('ZREM', KEYS[1], entry)
  else
    local rings = redis.call('HINCRBY', hash, 'rings:' .. step, 1)
    redis.call('ZADD', KEYS[1], now + ARGV[2] * 2 ^ math.min(rings - 1, 4), entry)
    count('rescues')
    out[#out + 1] = { id, step, redis.call('HGET', hash, 'priority') }
  end
end
return out
