-- ARGV: limit of events, then an id for each delivery that this may make
-- Events leave the outbox in the same step in which their deliveries are made: none is lost, none is made twice.
local used, expanded = 1, 0
-- Its first answer was lost with the connection, so the client asks again: with these ids it has made deliveries.
if redis.call('EXISTS', 'delivery:' .. ARGV[2]) == 1 then return 0 end

local function own_of(event)
  if string.sub(event.type, 1, 4) ~= 'job.' then return nil end
  local own = of('job:' .. event.subject, 'webhook')
  if not own or not string.find(own, '"' .. event.type .. '"', 1, true) then return nil end
  local url = cjson.decode(own).url
  local host = string.match(url, '^%a+://([^/?#]+)') or ''
  return { endpoint = '', target = 'own:' .. event.tenant .. ':' .. host, url = url }
end

local function listeners_of(event)
  local found = { own_of(event) }
  for _, id in ipairs(redis.call('ZRANGE', 'webhooks:' .. event.tenant, 0, -1)) do
    local enabled, events = unpack(redis.call('HMGET', 'webhook:' .. id, 'enabled', 'events'))
    if enabled == '1' and string.find(events, '"' .. event.type .. '"', 1, true) then
      found[#found + 1] = { endpoint = id, target = id, url = '' }
    end
  end
  return found
end

for _, text in ipairs(redis.call('LRANGE', 'events', 0, ARGV[1] - 1)) do
  local event = cjson.decode(text)
  local listeners = listeners_of(event)
  if used + #listeners > #ARGV and expanded > 0 then break end
  for _, listener in ipairs(listeners) do
    used = used + 1
    listener.tenant, listener.type, listener.subject, listener.at =
      event.tenant, event.type, event.subject, event.at
    deliver(ARGV[used], listener)
  end
  redis.call('LPOP', 'events')
  expanded = expanded + 1
end
return expanded
