-- ARGV: batch id, line
if line_state(ARGV[1], ARGV[2]) == 'w' then move_line(ARGV[1], ARGV[2], 'f', now) end
