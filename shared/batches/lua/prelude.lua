-- Shared by all scripts, behind events/lua/outbox.lua and lines.lua. Redis's own time.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function of(batch, name) return redis.call('HGET', 'batch:' .. batch, name) end

local function count(batch, ...)
  local sum = 0
  for _, state in ipairs({ ... }) do sum = sum + (of(batch, 'n:' .. state) or 0) end
  return sum
end

-- All lines at these states go to another; returns how many.
local function move_all(batch, from, to)
  local hash = 'batch:' .. batch
  local lines, sum = redis.call('GET', hash .. ':lines') or '', 0
  for _, state in ipairs(from) do
    local moved
    lines, moved = string.gsub(lines, state, to)
    -- Not by none: Redis 6 writes Lua's -0 as "-0", which is no number to it.
    if moved > 0 then redis.call('HINCRBY', hash, 'n:' .. state, -moved) end
    sum = sum + moved
  end
  if sum > 0 then
    redis.call('SET', hash .. ':lines', lines)
    redis.call('HINCRBY', hash, 'n:' .. to, sum)
  end
  return sum
end

-- From the longest unserved place of the row of tenants; a newcomer is next.
local function join_feeding(batch)
  redis.call('ZADD', 'feeding', 'NX', 0, of(batch, 'tenant'))
  redis.call('ZADD', 'feeding:' .. of(batch, 'tenant'), 'NX', 0, batch)
end
