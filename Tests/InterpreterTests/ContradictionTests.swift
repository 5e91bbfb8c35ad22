import Diagnostics
import Interpreter
import Session
import Testing

/// nan and inf are told where they are born, and values of one gradient that do not agree are an event.
@Suite struct ContradictionTests {
  /// The warnings of a run, by id and headline.
  private func warnings(_ code: String) throws -> [String] {
    var told: [String] = []
    let outcome = Session().run(code) {
      if case .warning(let warning) = $0 {
        told.append("\(warning.id.rawValue): \(warning.headline)")
      }
    }
    #expect(outcome.errors.map(\.headline) == [])
    return told
  }

  @Test(arguments: [
    // In the backward step: an infinite slope under a mask, at the origin, of a negative base.
    ("param a = 1000; q = where(a < 0, exp(a), a); backward q", "the gradient of `a` holds nan"),
    ("param u = zeros(3); l = sqrt(sum(u^2)); l.backward()", "the gradient of `u` holds nan"),
    ("param r = 2; y = (-2)^r; y.backward()", "the gradient of `r` holds nan"),
    (
      "param u = zeros(3); l = sqrt(sum(u^2)); g = grad(l, u)", "the gradient of `u` holds nan"
    ),
    (
      "param u = zeros(3); l = sqrt(u); l.backward(gradient=[1, 0, 0])",
      "the gradient of `u` holds inf"
    ),
    (
      "param x = [-inf, -inf]; l = logsumexp(x, dim=0); l.backward()", "`x` holds -inf at [0]"
    ),
    // A nan that comes of inf.
    ("p = softmax([[-inf, -inf], [1, 2]], dim=1)", "`softmax` of a tensor [2, 2] gave nan"),
    ("param a = 0; l = a*inf", "`mul` of 0 and inf gave nan"),
    ("param a = 1e308; b = a*10; l = b - b", "`mul` of 1e308 and 10 gave inf"),
    // In the data.
    ("X = [[1, inf]]; m = linear(2, 1); y = m(X)", "`X` holds inf at [0, 1]"),
    ("d = dataset([[1, 2]], [-inf])", "`y` holds -inf at [0]"),
    ("d = dataset([[1, 2]], [nan])", "`y` holds nan at [0]"),
    ("param w = [1, nan]", "`w` holds nan at [1]"),
    ("X = [[1, 2], [3, nan]]; m = linear(2, 1); y = m(X)", "`X` holds nan at [1, 1]"),
    ("d = dataset([[1, nan]], [1])", "`X` holds nan at [0, 1]"),
    // In a step, in a norm.
    (
      "param v = 2; y = v*1e200; y.backward(); opt = sgd(v, lr=1e200); opt.step()",
      "the step made `v` hold -inf"
    ),
    (
      "param u = zeros(3); l = sqrt(sum(u^2)); l.backward(); clip_grad_norm(u, 1)",
      "the joint norm of the gradients is nan"
    ),
    // In a loss of nothing.
    (
      "param s = [[0.1, 0.2]]; c = cross_entropy(s, [-100])",
      "`cross_entropy` was given no label that counts"
    ),
    (
      "p = softmax([[1, 2], [3, 4]])",
      "`softmax` was not told its axis; it took `dim=1`, as PyTorch does"
    ),
    // In a sum of gradients that is stepped along.
    (
      "param w = 1; o = sgd(w, lr=0.1); repeat 2 { l = w^2; l.backward(); o.step() }",
      "`w` still had the gradient of the step before"
    ),
    // What is told of a gradient.
    ("param a = 1000; q = where(a < 0, exp(a), a); explain ∂q/∂a", "`∂q/∂a` is nan"),
    ("param x = [1, 0]; l = sum(where(x > 0.5, x, 0/x)); explain ∂l/∂x[1]", "`∂l/∂x[1]` is nan"),
  ]) func firstBirthIsTold(_ code: String, _ headline: String) throws {
    let told = try warnings(code)
    #expect(told.contains { $0.hasSuffix(headline) }, "\(told)")
  }

  @Test(arguments: [
    "param w = [1, 2]; y = sum(w^2); explain ∂y/∂w[0]; y.backward()",
    "param w = 0; y = relu(w); explain ∂y/∂w", "param w = 2; y = w*w.detach(); explain ∂y/∂w",
    "set_default_dtype(\"float32\"); param w = 0.3; y = tanh(w)^2*exp(w); explain ∂y/∂w",
    "p = softmax([1, 2, 3])", "p = softmax([[1, 2]], dim=-1)",
    "param q = [[1, 2]]; s = q + [[0, -inf]]; p = softmax(s, dim=1); l = sum(p); l.backward()",
    // Two optimizers in turn, as a GAN has them: what one leaves behind is cleared before the other's step.
    """
    param g = 1; param d = 2; og = sgd(g, lr=0.1); od = sgd(d, lr=0.1)
    repeat 3 {
      a = (d*g.detach())^2; od.zero_grad(); a.backward(); od.step()
      b = (d*g)^2; og.zero_grad(); b.backward(); og.step()
    }
    """,
    "m = sequential(linear(2, 2), relu, linear(2, 1)); y = mean(m([[1, 2]])^2); y.backward()",
    "s = masked_fill([[1, 2]], [[0, 1]] > 0, -inf); param q = [[1, 1]]; y = softmax(q + s, dim=1)",
  ]) func soundProgramsAreNotAccused(_ code: String) throws {
    #expect(try warnings(code) == [])
  }

  @Test(arguments: [
    ("param u = zeros(3); l = sqrt(sum(u^2)); r = gradcheck(l, u).result", "not finite"),
    ("param z = [3]; l = var(z); r = gradcheck(l, z).result", "not finite"),
    ("param z = [3, 1]; l = var(z); r = gradcheck(l, z).result", "ok"),
  ]) func nanIsAVerdictOfItsOwn(_ code: String, _ verdict: String) throws {
    let session = Session()
    _ = session.run(code) { _ in }
    guard case .string(let found)? = session.value("r") else {
      Issue.record("no verdict")
      return
    }
    #expect(found.text == verdict)
  }

  /// A script of an earlier version is told once that it meets a changed meaning; one of this version is not.
  @Test(arguments: [
    "x = arange(4)*1.0; y = arange(3)*2.0", "p = softmax([[1, 2], [3, 4]])",
    "param w = 1; y = where(w > 0, w, 0); y.forward()", "m = [[1, 2], [3, 4]].max(1)",
  ]) func changedMeaningsAreToldToOldScripts(_ code: String) throws {
    for (version, count) in [(1, 1), (Machine.version, 0)] {
      var told = 0
      let session = Session()
      session.machine.scriptVersion = version
      _ = session.run(code) {
        if case .warning(let warning) = $0, warning.id == .changedMeaning { told += 1 }
      }
      #expect(told == count, "version \(version)")
    }
  }
}
