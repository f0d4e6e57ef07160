-- ARGV: delivery id, number of the attempt, attempt, verdict, delay ms, ms of failures that disable
local id, hash = ARGV[1], 'delivery:' .. ARGV[1]
local target, tenant, endpoint, attempts =
  unpack(redis.call('HMGET', hash, 'target', 'tenant', 'endpoint', 'attempts'))
if attempts ~= ARGV[2] then return 0 end
if redis.call('HSETNX', hash, 'attempt:' .. ARGV[2], ARGV[3]) == 0 then return 0 end -- told twice
redis.call('HINCRBY', 'metrics', 'webhook_attempts|' .. ARGV[4], 1) -- shared/metrics.py
redis.call('ZREM', 'sending:' .. target, id)
redis.call('ZREM', 'sending:tenant:' .. tenant, id)

local webhook = 'webhook:' .. endpoint
local is_known = endpoint ~= '' and redis.call('EXISTS', webhook) == 1
if ARGV[4] == 'delivered' then
  close(id, target, 'succeeded')
  if is_known then redis.call('HDEL', webhook, 'failing_since') end
elseif ARGV[4] == 'again' then
  redis.call('HINCRBY', hash, 'tries', 1)
  redis.call('HSET', hash, 'next_at', now + ARGV[5])
  -- XX: gone from there, if its endpoint was deleted meanwhile.
  redis.call('ZADD', 'outgoing:' .. target, 'XX', now + ARGV[5], id)
else
  close(id, target, 'failed')
end
if is_known and ARGV[4] ~= 'delivered' then
  redis.call('HSETNX', webhook, 'failing_since', now)
  if ARGV[4] == 'gone' then
    disable(endpoint, 'gone')
  elseif tonumber(of(webhook, 'failing_since')) <= now - ARGV[6] then
    disable(endpoint, 'failing')
  end
end
look_later(target)
return 1
