def run():
    xs = []
    for i in range(300000):
        xs.append(i % 7)
    s = 0
    for x in xs:
        s = s + x
    for i in range(300000):
        s = s + xs[i]
    return s
print(run())
