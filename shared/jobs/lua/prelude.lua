-- Shared by all scripts. KEYS[1] is the job's hash; `time` is Redis's own, so no worker's clock matters.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local job = KEYS[1]

local function field(name) return redis.call('HGET', job, name) end

local function is_final(status) return status ~= 'queued' and status ~= 'running' end

local function member(step) return field('id') .. ' ' .. step end

local function open_steps()
  local steps = {}
  for step in string.gmatch(field('open') or '', '%S+') do steps[#steps + 1] = step end
  return steps
end

local function touch() redis.call('HINCRBY', job, 'version', 1) end

-- A job that ends leaves no deadline, no lease and no place in the queue behind.
local function finish(status, err)
  for _, step in ipairs(open_steps()) do
    redis.call('ZREM', 'sched', member(step))
    redis.call('HDEL', job, 'token:' .. step, 'lease:' .. step)
  end
  redis.call('ZREM', 'waiting:' .. field('priority'), field('id'))
  redis.call('HSET', job, 'status', status, 'finished_at', now, 'open', '')
  if err then redis.call('HSET', job, 'error', err) end
  touch()
end

local function holds(step, token) return field('token:' .. step) == token end
