-- Shared by all scripts, behind events/lua/outbox.lua and batches/lua/lines.lua. KEYS[1] is the job's hash;
-- `time` is Redis's own, so no worker's clock matters.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local job = KEYS[1]

local function field(name) return redis.call('HGET', job, name) end

local function is_final(status) return status ~= 'queued' and status ~= 'running' end

local function member(step) return field('id') .. ' ' .. step end

local function words(text)
  local found = {}
  for word in string.gmatch(text or '', '%S+') do found[#found + 1] = word end
  return found
end

local function open_steps() return words(field('open')) end

-- A stage is one step of its own name unless the record names its parts.
local function steps_of(stage) return words(field('steps:' .. stage) or stage) end

local function is_open(step)
  for _, open in ipairs(open_steps()) do
    if open == step then return true end
  end
  return false
end

-- What shared/metrics.py shows: a field is a name and the values of its labels.
local function count(...) redis.call('HINCRBY', 'metrics', table.concat({ ... }, '|'), 1) end

local BUCKETS = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300 }

local function count_seconds(stage, seconds)
  local top = '+Inf'
  for place = #BUCKETS, 1, -1 do
    if seconds <= BUCKETS[place] then top = BUCKETS[place] end
  end
  count('stage_seconds_bucket', stage, top)
  redis.call('HINCRBYFLOAT', 'metrics', 'stage_seconds_sum|' .. stage, seconds)
end

-- Whoever follows this job listens to the channel of the record's own name; who waits for its end, to `<name>:end`.
local function touch() redis.call('PUBLISH', job, redis.call('HINCRBY', job, 'version', 1)) end

local function tell_of(what) tell('job.' .. what, field('tenant'), field('id'), field('webhook'), now) end

local LINE_STATES = {
  queued = 'q', running = 'r', succeeded = 's', failed = 'f', expired = 'x', canceled = 'c',
}

-- A job that stands for a line of a batch moves that line along: call it with every change of status.
local function move_own_line(status)
  local batch = field('batch')
  if batch then move_line(batch, field('line'), LINE_STATES[status], now) end
end

local function flag_own_line()
  local batch = field('batch')
  if not batch then return end
  local fields = redis.call('HGETALL', job)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 7) == 'result:' then
      local result = cjson.decode(fields[i + 1])
      for _, flag in ipairs(result.flags or result.quality and result.quality.flags or {}) do
        flag_line(batch, field('line'), flag)
      end
    end
  end
end

-- `start_within` and `finish_within` count from the moment the job is created or tried again.
local function set_deadlines()
  local soonest
  for _, what in ipairs({ 'start', 'finish' }) do
    local within = tonumber(field(what .. '_within'))
    if within then
      redis.call('HSET', job, what .. '_by', now + within)
      soonest = math.min(soonest or now + within, now + within)
    end
  end
  if soonest then redis.call('ZADD', 'deadlines', soonest, field('id')) end
end

local function is_late()
  local start_by, finish_by = tonumber(field('start_by')), tonumber(field('finish_by'))
  local may_start = field('started_at') or not start_by or now < start_by
  return not may_start or (finish_by ~= nil and now >= finish_by)
end

local function keep_for(ms)
  redis.call('HSET', job, 'expires_at', now + ms)
  redis.call('ZADD', 'expiring', now + ms, field('id'))
end

-- Where it is counted how many megapixels a tenant has used in this minute.
local function minute_of(tenant) return 'megapixels:' .. tenant .. ':' .. math.floor(now / 60000) end

local function use(tenant, megapixels)
  local used = redis.call('INCRBY', minute_of(tenant), megapixels)
  redis.call('EXPIRE', minute_of(tenant), 120)
  return used
end

-- What a job counts against its tenant's megapixels, in the minute in which that becomes known. Called again it
-- corrects what was charged before, so nothing counts twice.
local function charge(megapixels)
  local more = megapixels - (field('charged') or 0)
  if more == 0 then return end
  use(field('tenant'), more)
  redis.call('HSET', job, 'charged', megapixels)
end

-- A charge for a job that is about to be made: it waits here until create.lua takes it into the record.
local function charge_of(id) return 'charge:' .. id end

-- A job that ends leaves no deadline, no lease and no place in the queue behind.
local function finish(status, err)
  for _, step in ipairs(open_steps()) do
    redis.call('ZREM', 'sched', member(step))
    redis.call('HDEL', job, 'token:' .. step, 'lease:' .. step)
  end
  redis.call('ZREM', 'waiting:' .. field('priority'), field('id'))
  redis.call('ZREM', 'deadlines', field('id'))
  redis.call('SREM', 'running', field('id'))
  count('jobs_finished', status, field('model') or '')
  if err then count('jobs_failed', cjson.decode(err).code) end
  redis.call('HSET', job, 'status', status, 'finished_at', now, 'open', '')
  if err then redis.call('HSET', job, 'error', err) end
  if status == 'expired' then
    redis.call('HSET', job, 'refunded', field('charged') or 0)
    charge(0)
  end
  touch()
  redis.call('PUBLISH', job .. ':end', status)
  tell_of(status)
  if status == 'succeeded' then flag_own_line() end
  move_own_line(status)
end

local function holds(step, token) return field('token:' .. step) == token end

-- Steps to be rung, each with the time after which the keeper rings it again.
local function open(stage, deadline)
  local steps = steps_of(stage)
  redis.call('HSET', job, 'stage', stage, 'open', table.concat(steps, ' '))
  for _, step in ipairs(steps) do redis.call('ZADD', 'sched', deadline, member(step)) end
  return steps
end

local function learn_speed()
  -- A matte that was made by another job says nothing of how long the model takes.
  local made = field('result:segment')
  if made and type(cjson.decode(made).reused_matte_of) == 'string' then return end
  local model, ms = field('model'), 0
  for _, name in ipairs(words(field('stages'))) do ms = ms + (field('ms:' .. name) or 0) end
  local mean = tonumber(redis.call('HGET', 'seconds_per_job', model) or ms / 1000)
  redis.call('HSET', 'seconds_per_job', model, 0.9 * mean + 0.1 * ms / 1000)
end

local function stage_after(stage)
  local names = words(field('stages'))
  for place, name in ipairs(names) do
    if name == stage then return names[place + 1] end
  end
end

-- A step has its result or its error. After the last of its stage the job goes on if any has a result: whether
-- that is enough, the next stage knows. Returns the steps that this opened.
local function close(step, deadline)
  redis.call('HDEL', job, 'token:' .. step, 'lease:' .. step, 'progress:' .. step)
  redis.call('ZREM', 'sched', member(step))
  local still_open = {}
  for _, other in ipairs(open_steps()) do
    if other ~= step then still_open[#still_open + 1] = other end
  end
  redis.call('HSET', job, 'open', table.concat(still_open, ' '))
  touch()
  if #still_open > 0 then return {} end
  local stage, has_result, err = field('stage'), false, nil
  for _, part in ipairs(steps_of(stage)) do
    has_result = has_result or field('result:' .. part)
    err = err or field('error:' .. part)
  end
  local following = stage_after(stage)
  if has_result and following then return open(following, deadline) end
  if has_result then learn_speed() end
  finish(has_result and 'succeeded' or 'failed', not has_result and err)
  return {}
end
