local tenant, status, version, expires_at, priority, model =
  unpack(redis.call('HMGET', job, 'tenant', 'status', 'version', 'expires_at', 'priority', 'model'))
if not status then return false end
local position = status == 'queued' and redis.call('ZRANK', 'waiting:' .. priority, field('id')) or 0
return { tenant, status, version, expires_at, position, redis.call('HGET', 'seconds_per_job', model) }
