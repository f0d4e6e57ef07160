-- KEYS[1]: the tenant's index. ARGV: before or '', limit, most to look at, status or '', batch or ''
-- Ids sort by time, so the newest come last in the index.
local CHUNK = 200
local found, seen, upper = {}, 0, ARGV[1] == '' and '+' or '(' .. ARGV[1]
while seen < tonumber(ARGV[3]) do
  local ids = redis.call('ZREVRANGEBYLEX', KEYS[1], upper, '-', 'LIMIT', 0, CHUNK)
  for _, id in ipairs(ids) do
    local status, batch, expires_at = unpack(redis.call('HMGET', 'job:' .. id, 'status', 'batch', 'expires_at'))
    local is_here = status and tonumber(expires_at) > now
    if is_here and (ARGV[4] == '' or ARGV[4] == status) and (ARGV[5] == '' or ARGV[5] == batch) then
      found[#found + 1] = id
    end
    if #found == tonumber(ARGV[2]) then return { found, id } end
  end
  if #ids < CHUNK then return { found, '' } end
  seen, upper = seen + #ids, '(' .. ids[#ids]
end
return { found, string.sub(upper, 2) }
