-- Appends what the outside should hear of, in the very step that makes it true. Costs one look where nobody listens.
-- `own` is the job's own webhook as JSON, or false.
local function tell(kind, tenant, subject, own, at)
  local asked = own and string.find(own, '"' .. kind .. '"', 1, true)
  if not asked and redis.call('SISMEMBER', 'webhooks:listening', tenant) == 0 then return end
  redis.call('RPUSH', 'events', cjson.encode({
    type = kind, tenant = tenant, subject = subject, at = string.format('%.0f', at),
  }))
end
