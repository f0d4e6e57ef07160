-- ARGV: delivery id
local hash = 'delivery:' .. ARGV[1]
local target = of(hash, 'target')
if not target then return 0 end
redis.call('HSET', hash, 'status', 'pending', 'tries', 0, 'next_at', now)
redis.call('PEXPIRE', hash, KEPT_MS)
if tonumber(redis.call('ZSCORE', 'sending:' .. target, ARGV[1]) or 0) <= now then
  redis.call('ZADD', 'outgoing:' .. target, now, ARGV[1])
end
look_later(target)
return 1
