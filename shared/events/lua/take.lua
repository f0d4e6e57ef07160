-- ARGV: limit, lease ms, limit of a target, limit of a tenant
local limit, per_target, per_tenant = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])

-- The first delivery that is due and may be tried, marked as under way; or nil.
local function take_from(target)
  local id = redis.call('ZRANGEBYSCORE', 'outgoing:' .. target, '-inf', now, 'LIMIT', 0, 1)[1]
  if not id then return nil end
  local hash = 'delivery:' .. id
  local tenant, endpoint, kind = unpack(redis.call('HMGET', hash, 'tenant', 'endpoint', 'type'))
  if not tenant then -- older than anything is kept
    redis.call('ZREM', 'outgoing:' .. target, id)
    return nil
  end
  if endpoint ~= '' and of('webhook:' .. endpoint, 'enabled') ~= '1' and kind ~= 'webhook.test' then
    close(id, target, 'failed')
    return nil
  end
  if under_way(target) >= per_target or under_way('tenant:' .. tenant) >= per_tenant then return nil end
  redis.call('HINCRBY', hash, 'attempts', 1)
  redis.call('ZADD', 'outgoing:' .. target, now + ARGV[2], id)
  redis.call('ZADD', 'sending:' .. target, now + ARGV[2], id)
  redis.call('ZADD', 'sending:tenant:' .. tenant, now + ARGV[2], id)
  return { redis.call('HGETALL', hash), redis.call('HGETALL', 'webhook:' .. endpoint), string.format('%.0f', now) }
end

local out = {}
for _, target in ipairs(redis.call('ZRANGEBYSCORE', 'targets', '-inf', now, 'LIMIT', 0, 4 * limit)) do
  if #out == limit then break end
  local taken = take_from(target)
  if taken then out[#out + 1] = taken end
  look_later(target, per_target)
  -- Its tenant has too much under way: not again at once, or the others would not be reached.
  local next_look = tonumber(redis.call('ZSCORE', 'targets', target))
  if not taken and next_look and next_look <= now then redis.call('ZADD', 'targets', now + 300, target) end
end
return out
