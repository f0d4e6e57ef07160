-- KEYS[1]: the job. Run for every poll, so it goes without what the other scripts begin with.
local tenant, status, version, expires_at, priority, model, id =
  unpack(redis.call('HMGET', KEYS[1], 'tenant', 'status', 'version', 'expires_at', 'priority', 'model', 'id'))
if not status then return false end
local position = status == 'queued' and redis.call('ZRANK', 'waiting:' .. priority, id) or 0
return { tenant, status, version, expires_at, position, redis.call('HGET', 'seconds_per_job', model) }
