local function run()
  local xs = {}
  for i = 0, 299999 do xs[#xs + 1] = i % 7 end
  local s = 0
  for _, x in ipairs(xs) do s = s + x end
  for i = 1, 300000 do s = s + xs[i] end
  return s
end
print(run())
