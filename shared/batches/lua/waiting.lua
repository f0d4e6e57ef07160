-- ARGV: window of a tenant, limit. Tenants take turns line by line, and so do the batches of a tenant.
local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Up to `room` waiting lines of a tenant's batches, one of each in turn.
local function take_turns(tenant, batches, room)
  local taken, places, texts = {}, {}, {}
  local is_more = true
  while is_more and #taken < room do
    is_more = false
    for _, batch in ipairs(batches) do
      texts[batch] = texts[batch] or redis.call('GET', 'batch:' .. batch .. ':lines') or ''
      local place = string.find(texts[batch], 'w', (places[batch] or 0) + 1, true)
      if place and #taken < room then
        places[batch], is_more = place, true
        taken[#taken + 1] = { batch, tenant, place, of(batch, 'request_id') }
      end
    end
  end
  for batch in pairs(places) do redis.call('ZADD', 'feeding:' .. tenant, now, batch) end
  return taken
end

-- The lines of one tenant that fit into its window; a tenant without open lines leaves the row.
local function lines_of(tenant)
  local row, open, with_waiting = 'feeding:' .. tenant, 0, {}
  for _, batch in ipairs(redis.call('ZRANGE', row, 0, -1)) do
    local fed, waiting = count(batch, 'q', 'r'), count(batch, 'w')
    open = open + fed
    if waiting > 0 and #with_waiting < 16 then with_waiting[#with_waiting + 1] = batch end
    if fed + waiting == 0 then redis.call('ZREM', row, batch) end
  end
  if redis.call('EXISTS', row) == 0 then redis.call('ZREM', 'feeding', tenant) end
  return take_turns(tenant, with_waiting, window - open)
end

local rows, longest = {}, 0
for _, tenant in ipairs(redis.call('ZRANGE', 'feeding', 0, limit - 1)) do
  local lines = lines_of(tenant)
  if #lines > 0 then
    rows[#rows + 1] = lines
    longest = math.max(longest, #lines)
    redis.call('ZADD', 'feeding', 'XX', now, tenant)
  end
end
local out = {}
for turn = 1, longest do
  for _, lines in ipairs(rows) do
    if lines[turn] and #out < limit then out[#out + 1] = lines[turn] end
  end
end
return out
