-- Ended batches whose time is over, and nobody's retry has opened again.
local due = redis.call('ZRANGEBYSCORE', 'batches:ended', '-inf', now, 'LIMIT', 0, 100)
local out = {}
for _, batch in ipairs(due) do
  local expires_at = of(batch, 'expires_at')
  if expires_at and tonumber(expires_at) <= now then
    out[#out + 1] = batch
  else
    redis.call('ZREM', 'batches:ended', batch)
  end
end
return out
