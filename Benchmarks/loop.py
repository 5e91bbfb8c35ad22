def run():
    s = 0.0
    for i in range(3000):
        for j in range(1000):
            s = s + i * j
    return s
print(run())
