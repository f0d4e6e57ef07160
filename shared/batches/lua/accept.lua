-- KEYS[1]: batch. ARGV: batch id, letter of each line, problems, then field and value pairs of the counts
if redis.call('HGET', KEYS[1], 'status') ~= 'validating' then return 0 end
redis.call('SET', KEYS[1] .. ':lines', ARGV[2])
redis.call('HSET', KEYS[1], 'status', 'running', 'problems', ARGV[3])
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('ZREM', 'batches:receiving', ARGV[1])
join_feeding(ARGV[1])
settle(ARGV[1], now)
return 1
