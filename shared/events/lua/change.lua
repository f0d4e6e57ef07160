-- ARGV: endpoint id, then field and value pairs
local hash = 'webhook:' .. ARGV[1]
if redis.call('EXISTS', hash) == 0 then return end
for i = 2, #ARGV, 2 do
  redis.call('HSET', hash, ARGV[i], ARGV[i + 1])
  if ARGV[i] == 'enabled' and ARGV[i + 1] == '1' then
    redis.call('HDEL', hash, 'disabled_reason', 'failing_since')
  end
end
settle_listening(of(hash, 'tenant'))
