-- KEYS[1]: batch. ARGV: batch id
local again = move_all(ARGV[1], { 'f', 'x' }, 'w')
if again > 0 then
  join_feeding(ARGV[1])
  settle(ARGV[1], now)
end
return again
