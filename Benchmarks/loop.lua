local function run()
  local s = 0
  for i = 0, 2999 do
    for j = 0, 999 do s = s + i * j end
  end
  return s
end
print(run())
