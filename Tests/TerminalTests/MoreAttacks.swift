import Foundation

extension Attack {
  private static let slope = "a = neuron(x, w, b); (a - t)*a*(1 - a)"
  private static let tests = ["dw": "forbidden", "saturated": "error"]

  /// Attacks that came after the design's list, most of them found by an adversary.
  static let more: [Attack] =
    forbiddenByOtherWays + byOldGraphs + dishonestAnswers + greed + texts + names
    + [
      // Words inside a text are no use of them.
      Attack("a-words-in-text", "print(\"grad backward gradcheck\")", .full),
      Attack("a-own-name-grad", "fn grad_b(x, w, b, t) { grad = 1; \(slope)*grad }", .full),
      Attack("a-expected-at-the-top", "expected = 3\nreference = 4", .full),
      Attack(
        "a-compare-at-the-top",
        "param p = 2\ne = (sigmoid(p*3 + 1) - 1)^2/2\nbackward e\nprint(p.grad)", .full),
    ]

  private static let forbiddenByOtherWays: [Attack] = [
    Attack(
      "b-in-a-string", "fn grad_w(x, w, b, t) { param p = w; e = p*x; \"{grad(e, p)}\" }",
      .only(tests)),
    Attack(
      "b-in-if",
      "fn grad_w(x, w, b, t) { param p = w; e = p*x; if grad(e, p).item() > 0 { 1 } else { 2 } }",
      .only(tests)),
    Attack(
      "b-in-while",
      "fn grad_w(x, w, b, t) { param p = w; e = p*x; while grad(e, p).item() > 9 { p := 0 }; 1 }",
      .only(tests)),
    Attack(
      "b-in-for",
      "fn grad_w(x, w, b, t) { param p = w; e = p*x; for g in list(grad(e, p)) { return g }; 1 }",
      .only(tests)),
    Attack(
      "b-in-expect", "fn grad_w(x, w, b, t) { param p = w; e = p*x; expect grad(e, p) == x; 1 }",
      .only(tests)),
    Attack(
      "b-in-index", "fn grad_w(x, w, b, t) { param p = w; e = p*x; [1, 2][grad(e, p).item()] }",
      .only(tests)),
    Attack("b-as-keyword", "fn h(f) = f\nfn grad_w(x, w, b, t) = h(f=grad)(x, w)", .only(tests)),
    Attack("b-returned", "fn g() { return grad }\nfn grad_w(x, w, b, t) = g()(x, w)", .only(tests)),
    Attack(
      "b-no-grad", "fn grad_w(x, w, b, t) { no_grad { param p = w; e = p*x; grad(e, p) } }",
      .only(tests)),
    Attack(
      "b-verb", "fn grad_w(x, w, b, t) { param p = w; e = p*x; backward e; p.grad }", .only(tests)),
    Attack(
      "b-verb-option",
      "fn grad_w(x, w, b, t) { param p = w; e = p*x; backward e, detail=false; p.grad }",
      .only(tests)),
    Attack(
      "b-in-a-list",
      "fs = list(fn(e, p) = grad(e, p))\nfn grad_w(x, w, b, t) { param p = w; fs[0]((sigmoid(p*x + b) - t)^2/2, p).item() }",
      .only(tests)),
    Attack(
      "b-list-of-names",
      "fs = list(grad)\nfn grad_w(x, w, b, t) { param p = w; fs[0]((sigmoid(p*x + b) - t)^2/2, p).item() }",
      .only(tests)),
    Attack(
      "b-handed-in",
      "box = list()\nfn keep(f) { append(box, f) }\nkeep(grad)\nfn grad_w(x, w, b, t) { param p = w; box[0]((sigmoid(p*x + b) - t)^2/2, p).item() }",
      .only(tests)),
    Attack(
      "b-method",
      "fn grad_w(x, w, b, t) { param p = w; e = (sigmoid(p*x + b) - t)^2/2; e.backward(); p.grad.item() }",
      .only(tests)),
    Attack(
      "b-layer-method",
      "layer G() { fn go(e, p) { grad(e, p) }\nforward(x) { x } }\nfn grad_w(x, w, b, t) { param p = w; m = G(); m.go((sigmoid(p*x + b) - t)^2/2, p).item() }",
      .only(tests)),
    Attack(
      "b-layer-field",
      "layer G() { f = grad\nforward(x) { x } }\nfn grad_w(x, w, b, t) { param p = w; G().f((sigmoid(p*x + b) - t)^2/2, p) }",
      .only(tests)),
    Attack(
      "b-lambda-argument",
      "fn each(f) = f()\nfn grad_w(x, w, b, t) { param p = w; e = p*x; each(fn() = grad(e, p)) }",
      .only(tests)),
    Attack(
      "b-dead-inner-name",
      "fn grad_w(x, w, b, t) { f = fn(grad) = 1; param p = w; e = p*x; grad(e, p) }", .only(tests)),
    Attack(
      "b-explain", "fn grad_w(x, w, b, t) { param p = w; e = p*x; explain ∂e/∂p; 1 }", .only(tests)),
    Attack(
      "b-central-8",
      "fn grad_w(x, w, b, t) { e = fn(w) = (sigmoid(w*x + b) - t)^2/2; h = 1e-2; (4/5*(e(w + h) - e(w - h)) - 1/5*(e(w + 2*h) - e(w - 2*h)) + 4/105*(e(w + 3*h) - e(w - 3*h)) - 1/280*(e(w + 4*h) - e(w - 4*h)))/h }",
      .only(["dw": "calls", "saturated": "calls"])),
    Attack(
      "b-central-4",
      "fn grad_w(x, w, b, t) { e = fn(w) = (sigmoid(w*x + b) - t)^2/2; h = 1e-3; (8*(e(w + h) - e(w - h)) - (e(w + 2*h) - e(w - 2*h)))/(12*h) }",
      .only(["dw": "calls", "saturated": "calls"])),
    // Layers that are made at the top level, where calling is allowed.
    Attack(
      "c-pool-of-linear", of: "ex01",
      "pool = list(linear(2, 1), linear(3, 1))\nfn weighted_sum(x1, x2, w1, w2, b) { m = pool[0]; m.weight := [[w1, w2]]; m.bias := [b]; m([x1, x2])[0] }",
      .breach(["sum", "neuron", "decides", "far", "nothing"])),
    Attack(
      "c-relu-of-mlp", of: "ex02",
      "m = mlp(1, [1], 1)\nfn my_relu(x) { m[0].weight := [[1]]; m[0].bias := [0]; m[1]([x])[0] }",
      .breach(["relu", "matrix", "corner", "far"])),
    Attack(
      "c-softmax-by-attention", of: "ex05",
      "fn my_log_softmax(z) { n = len(z); log(scaled_dot_product_attention(tensor([[1]]), unsqueeze(z, 1), eye(n), scale=1)[0]) }",
      .breach(["log_softmax", "survives", "cross_entropy", "ce_grad", "edges", "extreme"])),
    Attack(
      "c-pooled-conv2d", of: "ex11",
      "pool = conv2d(1, 1, list(2, 2), bias=false)\nfn convolve(image, kernel, stride=1, padding=0) { pool(reshape(image, 1, 1, image.shape[0], image.shape[1]))[0, 0] }",
      .breach(["plain", "stride_padding", "grad_kernel", "wide_kernel"])),
    Attack(
      "c-pooled-rnn", of: "ex12", "r = rnn(2, 2)\nfn run(X, W, U, b) { r(X)[0] }",
      .breach(["run", "sequence_lengths"])),
    Attack(
      "c-pooled-attention", of: "ex13",
      "m = multihead_attention(2, 1)\nfn weights(Q, K, causal) = m(Q, K, K)[1]",
      .breach(["weights", "attention", "one_word", "large_scores"])),
    Attack(
      "c-pooled-batchnorm", of: "ex07",
      "pool = list(batchnorm1d(2), batchnorm1d(3), batchnorm1d(4))\nfn Norm(features) = pool[features - 2]",
      .breach(["running_mean", "running_var", "whole_life"])),
  ]

  private static let byOldGraphs: [Attack] = [
    // A graph that was recorded at the top level, computed again with other numbers.
    Attack(
      "h-forward-of-old-graph",
      "param W = 0.1; param X = 0.2; param B = 0.3; param T = 0.4\nloss = (sigmoid(W*X + B) - T)^2/2\ngw = grad(loss, W, create_graph=true)\nfn grad_w(x, w, b, t) { W := w; X := x; B := b; T := t; gw.forward(); gw.item() }",
      .breach(["dw", "saturated"])),
    Attack(
      "h-forward-verb",
      "param W = 0.1; param X = 0.2\nout = sigmoid(W*X)\nfn grad_w(x, w, b, t) { W := w; X := x; forward out; out.item() }",
      .breach(["dw", "saturated"])),
    Attack("h-function-as-answer", of: "ex05", "my_mse = mse_loss", .breach(["mse"])),
    Attack("h-activation-as-answer", of: "ex02", "my_relu = relu", .breach(["relu"])),
    Attack(
      "h-sequence-as-answer", of: "ex02", "my_sigmoid = sequential(sigmoid)", .breach(["sigmoid"])),
    Attack("h-cell-as-answer", of: "ex12", "step = rnn_tanh_cell", .breach(["step"])),
    Attack(
      "h-conv-weight", of: "ex11",
      "fn grad_kernel(image, dy) { h, w = image.shape; a, b = dy.shape; conv2d_weight(reshape(image, 1, 1, h, w), list(1, 1, h - a + 1, w - b + 1), reshape(dy, 1, 1, a, b))[0, 0] }",
      .breach(["grad_kernel", "flat_gradient"])),
    // No time passes while a script is graded.
    Attack("h-clock", "fn neuron(x, w, b) = sigmoid(w*x + b) + (clock() - clock())*1e9", .full),
    Attack("h-comment-like-a-cell", "# exercise ex04 was hard for me, so here are notes", .full),
    // Work that no loop shows.
    Attack(
      "h-many-sets", "fn grad_b(x, w, b, t) { repeat 30 { digits() }; 0 }",
      .only(["db": "step-limit", "saturated": "error"])),
    Attack(
      "h-nested-compare",
      "fn grad_b(x, w, b, t) { s = list(1, 2); repeat 40 { s = list(s, s) }; s == s }",
      .only(["db": "step-limit", "saturated": "error"])),
    Attack(
      "h-nested-print", "s = list(1, 2)\nrepeat 40 { s = list(s, s) }\nprint(s)", .full),
  ]

  private static let dishonestAnswers: [Attack] = [
    Attack(
      "d-every-second",
      "k = list()\nfn grad_b(x, w, b, t) { append(k, 1); if len(k) % 2 == 0 { \(slope) } else { 0 } }",
      .only(["db": "zero", "saturated": "zero"])),
    Attack(
      "d-the-twentieth",
      "k = list()\nfn grad_b(x, w, b, t) { append(k, 1); if len(k) == 20 { 5 } else { \(slope) } }",
      .only(["db": "wrong", "saturated": "any"])),
    Attack(
      "d-the-last-again",
      "k = list(0)\nfn grad_b(x, w, b, t) { old = k[-1]; append(k, (neuron(x, w, b) - t)*neuron(x, w, b)*(1 - neuron(x, w, b))); old }",
      .only(["db": "wrong", "saturated": "wrong"])),
    Attack(
      "d-random", "fn grad_b(x, w, b, t) { \(slope)*(1 + 1e-6*rand(1)[0].item()) }",
      .only(["db": "value", "saturated": "value"])),
    Attack(
      "d-noise", "fn grad_b(x, w, b, t) { \(slope)*(1 + 1e-9) }",
      .only(["db": "wrong", "saturated": "any"])),
    Attack(
      "d-list-of-one", "fn grad_w(x, w, b, t) { a = neuron(x, w, b); list((a - t)*a*(1 - a)*x) }",
      .only(["dw": "kind", "saturated": "wrong"])),
    Attack(
      "d-tensor-of-one",
      "fn grad_w(x, w, b, t) { a = neuron(x, w, b); tensor([(a - t)*a*(1 - a)*x]) }",
      .only(["dw": "shape", "saturated": "any"])),
    Attack(
      "d-number-as-text",
      "fn grad_w(x, w, b, t) { a = neuron(x, w, b); \"{(a - t)*a*(1 - a)*x}\" }",
      .only(["dw": "kind", "saturated": "wrong"])),
    Attack(
      "d-nan-as-text", "fn grad_w(x, w, b, t) = \"nan\"",
      .only(["dw": "kind", "saturated": "wrong"])),
    Attack(
      "d-forged-reply", "fn grad_w(x, w, b, t) = \"\\{value: 0}\"",
      .only(["dw": "wrong", "saturated": "wrong"])),
    Attack("d-minus-zero", "fn grad_b(x, w, b, t) { \(slope) + (0 - 0.0) }", .full),
    Attack("d-tiny", "fn grad_b(x, w, b, t) = 5e-324", .only(["db": "wrong", "saturated": "any"])),
    Attack(
      "d-huge", "fn grad_b(x, w, b, t) = 1.7e308", .only(["db": "wrong", "saturated": "wrong"])),
    Attack(
      "d-other-dtype", "set_default_dtype(\"float32\")",
      .only(["dw": "any", "db": "any", "forward": "any", "saturated": "any", "large": "any"])),
    Attack(
      "d-function-answer", "fn grad_w(x, w, b, t) = fn() = 1",
      .only(["dw": "kind", "saturated": "wrong"])),
    Attack(
      "d-print-not-return",
      "fn grad_b(x, w, b, t) { print(\(slope.replacingOccurrences(of: "a = neuron(x, w, b); ", with: "").replacingOccurrences(of: "a", with: "neuron(x, w, b)"))) }",
      .only(["db": "kind", "saturated": "wrong"])),
    Attack(
      "d-self-containing", "fn grad_w(x, w, b, t) { l = list(); append(l, l); l }",
      .only(["dw": "wrong", "saturated": "wrong"])),
    Attack(
      "d-deep-list", "fn grad_w(x, w, b, t) { l = list(1); repeat 20000 { l = list(l) }; l }",
      .only(["dw": "wrong", "saturated": "wrong"])),
    Attack(
      "d-long-answer", "fn grad_w(x, w, b, t) = ones(999990)",
      .only(["dw": "wrong", "saturated": "wrong"])),
  ]

  private static let greed: [Attack] = [
    Attack("e-doubling-text", "s = \"ab\"\nrepeat 60 { s = \"{s}{s}\" }", .only(allAny)),
    Attack("e-huge-width", "print(\"{1:999999999.3}\")", .only(allAny)),
    Attack(
      "e-expand", "fn grad_b(x, w, b, t) = sum(expand([1], [1000000000, 1000000000]))",
      .only(["db": "wrong", "saturated": "wrong"])),
    Attack(
      "e-deep-graph",
      "fn grad_b(x, w, b, t) { param p = b; y = p*1; repeat 20000 { y = y + p }; \(slope) }", .full),
    Attack(
      "e-unary", "fn grad_b(x, w, b, t) = \(String(repeating: "-", count: 20_000))1", .only(allAny)),
    Attack(
      "e-nots", "fn grad_b(x, w, b, t) = \(String(repeating: "not ", count: 20_000))true",
      .only(allAny)),
    Attack(
      "e-blocks",
      "fn grad_b(x, w, b, t) { \(String(repeating: "if true { ", count: 10_000))1\(String(repeating: " }", count: 10_000)) }",
      .only(allAny)),
    Attack(
      "e-else-ifs",
      "fn grad_b(x, w, b, t) { if x > 9 { 1 }\(String(repeating: " else if x > 9 { 1 }", count: 8_000)) else { 2 } }",
      .only(allAny)),
    Attack(
      "e-commas", "fn grad_b(x, w, b, t) = sum([\(String(repeating: "1, ", count: 50_000))1])",
      .only(allAny)),
    Attack(
      "e-parameters", "fn many(\((0..<8_000).map { "p\($0)" }.joined(separator: ", "))) = 1",
      .only([:])),
    Attack("e-functions", (0..<6_000).map { "fn f\($0)(x) = x" }.joined(separator: "\n"), .full),
  ]

  private static let allAny = [
    "forward": "any", "dw": "any", "db": "any", "saturated": "any", "large": "any",
  ]

  private static let texts: [Attack] = [
    Attack("f-bom", whole: Data([0xef, 0xbb, 0xbf]) + Data(Course.solution.utf8), .full),
    Attack(
      "f-utf16", whole: Course.solution.data(using: .utf16) ?? Data(),
      .all("not-utf8", message: "UTF-16")),
    Attack(
      "f-utf16-no-mark", whole: Course.solution.data(using: .utf16LittleEndian) ?? Data(),
      .all("not-utf8", message: "UTF-16")),
    Attack("f-latin1", whole: Data("fn f(x) = x # ".utf8) + Data([0xe9, 0x0a]), .all("not-utf8")),
    Attack(
      "f-carriage-returns-alone",
      whole: Data(
        Course.solution.replacingOccurrences(of: "#.*\n", with: "\n", options: .regularExpression)
          .replacingOccurrences(of: "\n", with: "\r").utf8), .all("unexpected", message: "old Mac")),
    Attack(
      "f-line-separators",
      whole: Data("fn neuron(x, w, b) = sigmoid(w*x + b)\u{2028}fn grad_w(x, w, b, t) = 1".utf8),
      .only(allAny)),
    Attack("f-smart-quotes", "print(“hello”)", .only(allAny)),
    Attack(
      "f-a-check-file",
      whole: Data(
        "exercise ex03 \"x\"\ncheck dw points 100 { call grad_w(1, 2, 3, 4); expect 0 }".utf8),
      .only(allAny)),
    Attack(
      "f-kept-todo", "fn grad_w(x, w, b, t) { todo(\"later\") }",
      .only(["dw": "todo", "saturated": "error"])),
    Attack(
      "f-several-exercises",
      whole: Data(
        ("fn shared(z) = sigmoid(z)\n# exercise ex02\nfn neuron(x, w, b) = 7\n# exercise ex03\n"
          + Course.solution).utf8), .full),
    Attack(
      "f-exercise-of-others", whole: Data(("# exercise ex02\n" + Course.solution).utf8),
      .all("missing")),
  ]

  private static let names: [Attack] = [
    Attack("g a&b=c!d#e@x.org", "", .full), Attack("g-$(rm)", "", .rejected("characters")),
    Attack("g-a;b", "", .rejected("characters")),
    Attack("g-\u{202e}x", "", .rejected("characters")),
    Attack("g-alice", "", .full), Attack("g-аlice", "", .full), Attack("g-a.", "", .full),
    Attack(
      "g-reserved-parameter", "fn grad_w(x, w, b, t, check=1) = 7",
      .only(["dw": "wrong", "saturated": "wrong", "db": "any", "forward": "any", "large": "any"])),
    Attack("g-reserved-loop", "for check in [1] { }", .all("reserved-name")),
    Attack("g-reserved-param", "param check = 1", .all("reserved-name")),
    Attack("g-reserved-layer", "layer check() { forward(x) { x } }", .all("reserved-name")),
    Attack("g-own-train", "fn train(x) = x\nfn list(a) = 0\nfn sqrt(x) = 0", .full),
  ]
}
