import Testing

@testable import Interpreter
@testable import Session

/// A session that is left frees all it held: `:reset` may be typed any number of times.
@Suite struct MemoryTests {
  @Test(arguments: [
    "x = 1", "fn f(x) = x", "fn f(n) { if n == 0 { 0 } else { f(n - 1) } }; f(3)",
    "fn outer() { a = 1; fn inner() = a; inner }; g = outer(); g()",
    "fn outer() { fn inner(n) { if n < 1 { 1 } else { inner(n - 1) } }; inner }; outer()(2)",
    "m = linear(2, 3); y = m([1, 2])", "m = mlp(2, [3], 1); y = mean(m([[1, 2]])^2); y.backward()",
    "layer mine(n) { param w = ones(n); forward(x) { w*x } }; m = mine(3); m([1, 2, 3])",
    "l = list(fn(x) = x); append(l, l[0])", "r = record(f=fn(x) = x); r.g = r.f",
    "param w = 2; y = w^2; backward y; explain ∂y/∂w",
    "param w = 2; opt = adam(w, lr=0.1); y = w^2; y.backward(); opt.step(); y = w^2; y.backward(); opt.step()",
    "d = dataset([[1], [2]], [0, 1]); for b in batches(d, batch_size=1) { b }",
    "m = sequential(linear(1, 2), fn(x) = relu(x)); summary(m, [[1]])",
    "for i in range(3) { fn k(x) = x + i }", "fn bad() { missing }; bad()", "1 + 2; _",
    """
    param w = 2; opt = adam(w, lr=0.1)
    repeat 2 { y = w^2; y.backward(); opt.step() }
    """,
  ]) func aSessionThatIsLeftIsFreed(_ code: String) {
    var session: Session? = Session()
    weak let machine = session?.machine
    _ = session?.run(code, number: 1) { _ in }
    #expect(machine != nil)
    session = nil
    #expect(machine == nil)
  }
}
