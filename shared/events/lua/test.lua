-- ARGV: delivery id, endpoint id
local tenant = of('webhook:' .. ARGV[2], 'tenant')
if not tenant then return 0 end
deliver(ARGV[1], {
  tenant = tenant, target = ARGV[2], endpoint = ARGV[2], url = '', type = 'webhook.test', subject = ARGV[2],
  at = string.format('%.0f', now),
})
return 1
