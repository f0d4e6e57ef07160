-- KEYS: the job's hash, then the sets of shared/jobs/tombstones.py. ARGV: job id, tenant, number, how long in ms,
-- the version that was seen. A job that was queued again since stays.
local version = redis.call('HGET', KEYS[1], 'version')
if version and version ~= ARGV[5] then return end
local FULL = 512 -- Redis's `set-max-intset-entries`: beyond it a number takes 70 bytes
local set
for level = 2, #KEYS do
  set = KEYS[level]
  if redis.call('SCARD', set) < FULL then break end
end
redis.call('SADD', set, ARGV[3])
redis.call('PEXPIRE', set, ARGV[4])
redis.call('DEL', KEYS[1])
redis.call('ZREM', 'jobs:' .. ARGV[2], ARGV[1])
redis.call('ZREM', 'expiring', ARGV[1])
