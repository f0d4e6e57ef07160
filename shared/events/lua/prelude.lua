-- Shared by all scripts of endpoints and deliveries. A target is an endpoint's id, or `own:<tenant>:<host>` for the
-- webhooks of single jobs. Redis's own time.
--   targets              target -> when to look at it next
--   outgoing:<target>    delivery -> when it is due; while under way, when its lease ends
--   sending:<who>        delivery -> when its lease ends; <who> is a target or `tenant:<tenant>`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local KEPT_MS = 7 * 86400 * 1000

local function of(hash, name) return redis.call('HGET', hash, name) end

local function first_score(zset)
  return tonumber(redis.call('ZRANGE', zset, 0, 0, 'WITHSCORES')[2])
end

local function under_way(who)
  redis.call('ZREMRANGEBYSCORE', 'sending:' .. who, '-inf', now)
  return redis.call('ZCARD', 'sending:' .. who)
end

-- When a target is worth a look: when its first delivery is due, or one of its places is free again.
local function look_later(target, limit)
  local due = first_score('outgoing:' .. target)
  if not due then
    redis.call('ZREM', 'targets', target)
    return
  end
  if limit and under_way(target) >= limit then due = math.max(due, first_score('sending:' .. target)) end
  redis.call('ZADD', 'targets', due, target)
end

local function deliver(id, what)
  local hash = 'delivery:' .. id
  redis.call('HSET', hash, 'id', id, 'tenant', what.tenant, 'target', what.target, 'endpoint', what.endpoint,
    'url', what.url, 'type', what.type, 'subject', what.subject, 'event_at', what.at, 'status', 'pending',
    'next_at', now, 'tries', 0, 'attempts', 0)
  redis.call('PEXPIRE', hash, KEPT_MS)
  redis.call('ZADD', 'outgoing:' .. what.target, now, id)
  if what.endpoint ~= '' then
    local log = 'deliveries:' .. what.endpoint
    redis.call('ZADD', log, now, id)
    redis.call('ZREMRANGEBYSCORE', log, '-inf', now - KEPT_MS)
    redis.call('PEXPIRE', log, KEPT_MS)
  end
  look_later(what.target)
end

-- A delivery that is not under way and never will be, unless it is replayed.
local function close(id, target, status)
  redis.call('ZREM', 'outgoing:' .. target, id)
  redis.call('HSET', 'delivery:' .. id, 'status', status)
  redis.call('HDEL', 'delivery:' .. id, 'next_at')
end

-- Transitions write events only for tenants that listen.
local function settle_listening(tenant)
  for _, id in ipairs(redis.call('ZRANGE', 'webhooks:' .. tenant, 0, -1)) do
    if of('webhook:' .. id, 'enabled') == '1' then
      redis.call('SADD', 'webhooks:listening', tenant)
      return
    end
  end
  redis.call('SREM', 'webhooks:listening', tenant)
end

local function disable(endpoint, reason)
  redis.call('HSET', 'webhook:' .. endpoint, 'enabled', 0, 'disabled_reason', reason)
  settle_listening(of('webhook:' .. endpoint, 'tenant'))
end
