-- ARGV: endpoint id. Its deliveries vanish by themselves.
local hash = 'webhook:' .. ARGV[1]
local tenant = of(hash, 'tenant')
if not tenant then return end
redis.call('DEL', hash, 'outgoing:' .. ARGV[1], 'sending:' .. ARGV[1], 'deliveries:' .. ARGV[1])
redis.call('ZREM', 'targets', ARGV[1])
redis.call('ZREM', 'webhooks:' .. tenant, ARGV[1])
settle_listening(tenant)
