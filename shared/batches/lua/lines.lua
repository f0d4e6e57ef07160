-- Where each line of a batch stands, one letter a line: w waiting, q queued, r running, s succeeded, f failed,
-- x expired, c canceled, i invalid. The counts `n:<letter>` change with the letters and only here.
local function line_state(batch, line)
  return redis.call('GETRANGE', 'batch:' .. batch .. ':lines', line - 1, line - 1)
end

-- A batch ends with its last line, and runs again when one is opened again.
local function settle(batch, at)
  local hash = 'batch:' .. batch
  local n = {}
  for _, state in ipairs({ 'w', 'q', 'r', 's' }) do
    n[state] = tonumber(redis.call('HGET', hash, 'n:' .. state) or 0)
  end
  local status, is_open = redis.call('HGET', hash, 'status'), n.w + n.q + n.r > 0
  redis.call('HINCRBY', hash, 'version', 1)
  if is_open and status ~= 'running' and status ~= 'canceling' then
    redis.call('HSET', hash, 'status', 'running')
    redis.call('HDEL', hash, 'finished_at', 'expires_at')
  elseif not is_open and (status == 'running' or status == 'canceling') then
    -- Whose failed lines run again after a cancel still lacks those that never will.
    local is_canceled = status == 'canceling' or redis.call('HGET', hash, 'was_canceled')
    local ended = is_canceled and 'canceled' or n.s > 0 and 'succeeded' or 'failed'
    local expires_at = at + redis.call('HGET', hash, 'retention_ms')
    redis.call('HSET', hash, 'status', ended, 'finished_at', at, 'expires_at', expires_at)
    redis.call('ZADD', 'batches:ended', expires_at, batch)
    tell('batch.completed', redis.call('HGET', hash, 'tenant'), batch, false, at)
  end
end

local function set_line(batch, line, to)
  local hash, from = 'batch:' .. batch, line_state(batch, line)
  if from == '' or from == to then return false end -- the batch is gone, or nothing changes
  redis.call('SETRANGE', hash .. ':lines', line - 1, to)
  redis.call('HINCRBY', hash, 'n:' .. from, -1)
  redis.call('HINCRBY', hash, 'n:' .. to, 1)
  return true
end

local function move_line(batch, line, to, at)
  if set_line(batch, line, to) then settle(batch, at) end
end

-- The flags are named in a set of their own: whoever forgets the batch need not look through all keys.
local function flag_line(batch, line, flag)
  redis.call('SADD', 'batch:' .. batch .. ':flags', flag)
  redis.call('SADD', 'batch:' .. batch .. ':flag:' .. flag, line)
end
