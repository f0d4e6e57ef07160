-- ARGV: endpoint id, tenant, limit, then field and value pairs
if redis.call('EXISTS', 'webhook:' .. ARGV[1]) == 1 then return 1 end -- asked again after a lost answer
if redis.call('ZCARD', 'webhooks:' .. ARGV[2]) >= tonumber(ARGV[3]) then return 0 end
for i = 4, #ARGV, 2 do redis.call('HSET', 'webhook:' .. ARGV[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', 'webhook:' .. ARGV[1], 'created_at', now)
redis.call('ZADD', 'webhooks:' .. ARGV[2], now, ARGV[1])
settle_listening(ARGV[2])
return 1
