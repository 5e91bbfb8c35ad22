import Foundation
import Interpreter
import Session
import Tensors
import Testing

/// Second derivatives of a whole network, entry by entry, against PyTorch.
@Suite struct HessianTests {
  struct Stored: Decodable {
    let shape: [Int]
    let data: [Double]
  }

  struct Golden: Decodable {
    let inputs: [String: Stored]
    let params: [String: Stored]
    let outputs: [String: Stored]
  }

  @Test func hessianOfATanhNetworkIsPyTorchs() throws {
    let home = SessionTests.Golden.home(of: "hessian.json", "Goldens")
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: home.appendingPathComponent("hessian.json")))
    let session = Session()
    for (values, isParameter) in [(golden.inputs, false), (golden.params, true)] {
      for (name, stored) in values {
        session.define(
          name, try Tensor(stored.data, shape: Shape(stored.shape)), isParameter: isParameter)
      }
    }
    try GoldenTests.run(
      session,
      """
      loss = mse_loss(linear(tanh(linear(x, w1, b1)), w2, b2), target)
      params = list(w1, b1, w2, b2)
      rows = list()
      for p in params {
        flat = reshape(grad(loss, p, create_graph=true), -1)
        for i in range(len(flat)) {
          for q in params { append(rows, reshape(grad(flat[i], q), -1)) }
        }
      }
      found = concat(rows)
      """)
    let found = try #require(GoldenTests.tensors(session.value("found")).first)
    let wanted = try #require(golden.outputs["hessian"]).data
    #expect(found.count == wanted.count)
    for (a, b) in zip(found.values, wanted) { #expect(abs(a - b) <= 1e-9 * max(1, abs(b))) }
  }
}
