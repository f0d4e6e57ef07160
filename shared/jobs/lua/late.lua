-- ARGV: error when it is late, job id
-- Whoever works on a job that has become late loses its lease, and stops at its next sign of progress.
local status = field('status')
if not status or is_final(status) then
  redis.call('ZREM', 'deadlines', ARGV[2])
  return 0
end
if is_late() then
  finish('expired', ARGV[1])
  return 1
end
-- It began in time; what is left is when it must be finished.
local finish_by = field('finish_by')
if finish_by then
  redis.call('ZADD', 'deadlines', finish_by, ARGV[2])
else
  redis.call('ZREM', 'deadlines', ARGV[2])
end
return 0
